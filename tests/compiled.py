"""Shared libraries, compiled from C, that tests put before the system's own or in its place."""

import shutil
import subprocess
from pathlib import Path


class NoCompilerError(Exception):
    """There is no C compiler."""


def compile_library(library: Path, sources: list[Path], *options: str) -> Path:
    """Compile a shared library and return it; raises `NoCompilerError`."""
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        raise NoCompilerError(f"these tests compile {library.name}: install a C compiler")
    always = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *always, "-o", library, *sources, *options], check=True)
    return library
