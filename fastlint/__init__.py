"""fastlint: a linter that understands FastAPI applications."""
