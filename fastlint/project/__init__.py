"""The project: the facts of all files linked into what rules ask."""
