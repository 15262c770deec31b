"""Python itself: scopes, names, types, values, and what runs when a body runs; FastAPI is not known here."""
