"""Output to stdout, which carries data only."""

import sys

from fada_tui.core.records import encode


def print_line(line: str) -> None:
    """Write a line and flush it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """Write a value as JSON on one line."""
    print_line(encode(value).decode())
