"""Contracts of routes: what comes in and what goes out."""
