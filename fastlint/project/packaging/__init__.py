"""Manifests, lock files, and the versions that a project may run on."""
