"""Time the catalogue against a bare `os.walk` of the same tree.

    python benchmarks/catalogue.py [FILES]

Budget: 100,000 files in one second.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fada_tui.images.catalogue import scan

FOLDERS = 50
ROUNDS = 5


def main() -> None:
    """Make a tree of empty files, list it both ways in turn, print medians and their ratio."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        plant(root, files)
        listings: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            walked = timed(lambda: sum(len(names) for _, _, names in os.walk(root)), files)
            scanned = timed(lambda: len(scan(root).images), files)
            listings.append((walked, scanned))
    walk, catalogue = (statistics.median(column) for column in zip(*listings, strict=True))
    ratio = statistics.median(scanned / walked for walked, scanned in listings)
    print(f"{files} files: os.walk {walk:.3f} s, catalogue {catalogue:.3f} s, ratio {ratio:.1f}")


def plant(root: Path, files: int) -> None:
    """Make empty image files, spread over folders."""
    for index in range(files):
        folder = root / f"Category {index % FOLDERS}"
        if index < FOLDERS:
            folder.mkdir()
        (folder / f"Image_{index:06d}.png").touch()


def timed(listing: Callable[[], int], files: int) -> float:
    """Seconds that a listing takes, which must find all files."""
    begun = time.perf_counter()
    found = listing()
    seconds = time.perf_counter() - begun
    assert found == files, f"{found} of {files} files found"
    return seconds


if __name__ == "__main__":
    main()
