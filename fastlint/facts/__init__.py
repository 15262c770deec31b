"""Facts: one file and what it says, as plain data that knows no other file."""
