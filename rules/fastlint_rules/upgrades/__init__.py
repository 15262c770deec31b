"""What newer FastAPI, Starlette and Pydantic have changed."""
