"""Security: who may call, with which secrets, from which sites."""
