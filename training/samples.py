"""Draw the samples that come with the program: `python -m training.samples OUT`."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.lessons import SAMPLE_SEEDS
from training.phantoms import CATEGORIES, Phantom, phantom

PER_CATEGORY = 4


def samples() -> Iterator[tuple[Path, Phantom]]:
    """Yield each sample with its path below the samples' folder."""
    for category in CATEGORIES:
        for number in range(PER_CATEGORY):
            name = f"{category}_{number + 1:03}.png"
            yield Path(category, name), phantom(category, SAMPLE_SEEDS + number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the samples into a folder, over what is there."""
    parser = argparse.ArgumentParser(prog="python -m training.samples", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write one folder per category into")
    folder: Path = parser.parse_args(arguments).out
    for path, shown in samples():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shown.image.save(folder / path, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
