"""Rules on paths, routers and what is included where."""
