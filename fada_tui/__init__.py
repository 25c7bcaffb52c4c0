"""fada-tui: try vision-language models on folders of images, in the terminal."""

__version__ = "0.1.0"
