"""What a model needs before it is loaded: told from its configuration and the sizes of its files alone."""
