"""A stand-in for file systems that have no `flock`: a library, preloaded, whose `flock` fails."""

import os
from pathlib import Path

from tests.compiled import compile_library

SOURCE = Path(__file__).with_name("flock.c")


def without_flock(folder: Path, error: str = "ENOLCK") -> dict[str, str]:
    """Return the environment of a program for which no file system has `flock`.

    Args:
        folder: where the library is compiled.
        error: name of the error that `flock` gives.
    """
    library = compile_library(folder / f"no_flock_{error}.so", [SOURCE], f"-DREFUSAL={error}")
    return {**os.environ, "LD_PRELOAD": str(library)}
