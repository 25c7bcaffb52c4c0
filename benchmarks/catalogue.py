"""Time the catalogue against a bare `os.walk` of the same tree.

    python -m benchmarks.catalogue [FILES]

Budget: 100,000 files in one second.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.rounds import alternately, ratios, spread
from fada_tui.images.catalogue import scan

FOLDERS = 50
ROUNDS = 5


def main() -> None:
    """Make a tree of empty files, list it both ways in turn, print medians and their ratio."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        plant(root, files)
        seconds = alternately(
            {
                "walk": lambda: timed(lambda: sum(len(names) for _, _, names in os.walk(root)), files),
                "catalogue": lambda: timed(lambda: len(scan(root).images), files),
            },
            ROUNDS,
        )
    walk, catalogue = spread(seconds["walk"]).median, spread(seconds["catalogue"]).median
    ratio = spread(ratios(seconds["catalogue"], seconds["walk"])).median
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
