"""Terminal input and output, and restoring the terminal at the end."""
