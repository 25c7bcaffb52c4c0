"""The program with engines of others, as `make engines` runs them."""
