"""Dependencies, background tasks, lifespans, websockets and middleware."""
