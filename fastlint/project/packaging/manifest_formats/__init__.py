"""The formats of manifests and lock files: one module a family, each from bytes to requirements with positions."""
