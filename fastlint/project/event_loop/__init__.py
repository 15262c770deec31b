"""What runs on the event loop, and the blocking work that is reached from there."""
