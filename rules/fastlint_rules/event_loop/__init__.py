"""Work that blocks the event loop, and coroutines, tasks and loops used the wrong way."""
