"""The command line, and the front end without a screen."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; see `entry.main`.

    Args:
        arguments: of the command line, without the program's name; by default this process's own.
    """
    from fada_tui.cli.entry import main

    return main(arguments)
