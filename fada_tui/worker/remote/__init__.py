"""Models behind a server: connecting, requesting answers, several requests at once."""
