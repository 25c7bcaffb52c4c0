"""What the worker has of the run that it belongs to: the file that it prints to, and what it holds open."""

import os
import sys
from collections.abc import Sequence


class Attachment:
    """File descriptors of one run at a time."""

    def __init__(self) -> None:
        self._held: list[int] = []
        self.runs = 0
        """How many it has belonged to."""

    def take(self, files: Sequence[int]) -> None:
        """Belong to a run.

        Args:
            files: descriptors of the file that standard output and error go to, then of what to hold open.
        """
        self.let_go()
        log, *self._held = files
        _print_to(log)
        self.runs += 1

    def let_go(self) -> None:
        """Belong to none: what is printed is dropped, and what was held is closed."""
        _print_to(os.open(os.devnull, os.O_WRONLY))
        for descriptor in self._held:
            os.close(descriptor)
        self._held = []


def _print_to(descriptor: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
