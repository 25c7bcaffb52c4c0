"""The program against servers that are not ours: `transformers serve`, nginx, and those of `make servers`."""
