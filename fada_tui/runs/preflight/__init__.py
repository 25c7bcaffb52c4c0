"""Requirements of a model before it is loaded, from its configuration and file sizes alone."""
