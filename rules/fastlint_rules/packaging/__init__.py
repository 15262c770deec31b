"""Packages: what the manifests require, and what their lock files hold."""
