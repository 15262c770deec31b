"""Secrets, passwords, tokens, cookies, origins: what rules of security ask."""
