"""Request data on its way to where it does harm."""
