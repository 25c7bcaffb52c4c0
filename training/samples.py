"""Draw the samples that come with the program, and what they show: `python -m training.samples OUT`."""

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from training.dialogue import CANONICAL, reference
from training.lessons import SAMPLE_SEEDS
from training.phantoms import CATEGORIES, Phantom, phantom

PER_CATEGORY = 4

REFERENCES = "references.csv"
"""The name of the file of references, below the samples' folder."""


def samples() -> Iterator[tuple[Path, Phantom]]:
    """Yield each sample with its path below the samples' folder."""
    for category in CATEGORIES:
        for number in range(PER_CATEGORY):
            name = f"{category}_{number + 1:03}.png"
            yield Path(category, name), phantom(category, SAMPLE_SEEDS + number)


def references(drawn: Mapping[Path, Phantom]) -> list[list[str]]:
    """Return the rows of the references' file: what each sample shows, by the questions of the set `demo`."""
    rows = [["folder", "image", *CANONICAL]]
    for path, shown in drawn.items():
        rows.append([path.parent.name, path.name, *(reference(question, shown) for question in CANONICAL)])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the samples and their references into a folder, over what is there."""
    parser = argparse.ArgumentParser(prog="python -m training.samples", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write one folder per category into")
    folder: Path = parser.parse_args(arguments).out
    drawn = dict(samples())
    for path, shown in drawn.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shown.image.save(folder / path, optimize=True)
    with (folder / REFERENCES).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(references(drawn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
