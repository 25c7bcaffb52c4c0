"""Models behind a server: reaching it, asking it, several requests at once."""
