"""What earlier runs found out, on disk: whole reports to replay, and the facts of files."""
