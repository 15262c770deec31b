"""Fixes: findings turned into edits, and edits into files. The only user of libcst."""
