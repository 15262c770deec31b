"""The effective route table as plain data."""
