"""A separate output for the screen, so that nothing else in the process writes over it.

Libraries that decode pictures print to standard output and error by themselves, below Python: libjpeg its
warnings, Rust the trace of a panic. While the dashboard is open those two lead nowhere, and what Textual
draws goes through a copy of standard error's descriptor, which it takes from `sys.__stderr__`. The terminal's
size is asked for at `sys.__stdout__`, so that is the screen's, too.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STANDARD = (1, 2)


@contextmanager
def own_output() -> Iterator[None]:
    """Let only Python's standard error reach the terminal; undone at the end."""
    before = sys.stderr, sys.__stderr__, sys.__stdout__
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept = [os.dup(number) for number in _STANDARD]
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    screen = os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors)
    try:
        for number in _STANDARD:
            os.dup2(nowhere, number)
        sys.stderr = sys.__stderr__ = sys.__stdout__ = screen  # type: ignore[misc]
        yield
    finally:
        with suppress(OSError):  # a terminal that has hung up
            screen.flush()
        for copy, number in zip(kept, _STANDARD, strict=True):
            os.dup2(copy, number)
        sys.stderr, sys.__stderr__, sys.__stdout__ = before  # type: ignore[misc]
        for descriptor in (*kept, nowhere):
            os.close(descriptor)
        with suppress(OSError):
            screen.close()
