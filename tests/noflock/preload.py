"""A stand-in for file systems that have no `flock`: a library, preloaded, whose `flock` fails."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("flock.c")


def without_flock(folder: Path, error: str = "ENOLCK") -> dict[str, str]:
    """Return the environment of a program for which no file system has `flock`.

    Args:
        folder: where the library is compiled.
        error: name of the error that `flock` gives.
    """
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        pytest.fail("these tests compile a library that takes flock away: install a C compiler")
    library = folder / f"no_flock_{error}.so"
    options = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-DREFUSAL={error}"]
    subprocess.run([compiler, *options, "-o", library, SOURCE], check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}
