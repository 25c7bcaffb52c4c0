"""Every fault at every call that changes a file: `python -m tests.faults`, or `make faults`.

Prints a table, and what was wrong; exits with 1 if anything was. About 17 minutes on two cores.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from tests.conftest import write_image
from tests.endpoint_server import serving
from tests.faults.library import Fault, Mode, build
from tests.faults.place import Place
from tests.faults.scenes import SCENES, Scene
from tests.faults.trial import Stage, Tried


@dataclass
class Figures:
    """What came of a scene."""

    scene: str
    calls: int
    possible: int
    tried: list[Tried] = field(default_factory=list)

    def count(self) -> dict[str, Any]:
        """The figures, by name."""
        reached = [tried for tried in self.tried if tried.reached]
        return {
            "scene": self.scene,
            "calls": self.calls,
            "possible": self.possible,
            "tried": len(self.tried),
            "reached": len(reached),
            "told": sum(tried.told for tried in reached),
            "lost": sum(len(tried.lost) for tried in reached),
            "failed": sum(tried.failed for tried in reached),
        }

    def failures(self) -> list[dict[str, Any]]:
        """What was wrong, fault by fault."""
        return [
            {"scene": self.scene, "fault": str(tried.fault), "lost": tried.lost, "wrong": tried.wrong}
            for tried in self.tried
            if tried.failed
        ]


@contextmanager
def workshop(*, keep: bool = False) -> Iterator[Place]:
    """A temporary folder with the library, images and a server that answers, for the time of the block."""
    with serving() as server:
        folder = Path(tempfile.mkdtemp(prefix="fada-tui-faults-")).resolve()
        try:
            images = folder / "images"
            for number, name in enumerate(("A/a.png", "B/b.png")):
                write_image(images / name, number, (32, 24))
            yield Place(folder, build(folder), images, server.source)
        finally:
            if keep:
                sys.stderr.write(f"left in {folder}\n")
            else:
                shutil.rmtree(folder, ignore_errors=True)


def try_scene(
    scene: Scene,
    place: Place,
    *,
    jobs: int,
    sample: int | None,
    seed: int,
    modes: Sequence[Mode] | None = None,
) -> Figures:
    """Try a scene's faults, all of them or so many, and return what came of it.

    Args:
        scene: what is done.
        place: the workshop.
        jobs: trials at once.
        sample: how many of the faults; all if there is no number.
        seed: of which they are.
        modes: the ways to fail that are tried; all if there are none.
    """
    here = Place(place.folder / scene.name.replace(" ", "-"), place.library, place.images, place.model)
    here.folder.mkdir()
    stage = Stage.set(scene, here)
    chosen = [fault for fault in stage.faults if not modes or fault.mode in modes]
    if sample is not None:
        chosen = random.Random(f"{seed} {scene.name}").sample(chosen, min(sample, len(chosen)))
    figures = Figures(scene.name, stage.calls, len(stage.faults))

    def attempt(numbered: tuple[int, Fault]) -> Tried:
        number, fault = numbered
        return stage.attempt(fault, here.folder / str(number))

    with ThreadPoolExecutor(jobs) as pool:
        figures.tried.extend(pool.map(attempt, enumerate(chosen)))
    return figures


HEADINGS = ("what is done", "calls", "faults", "tried", "came about", "told durable", "lost", "went wrong")


def table(counted: Sequence[dict[str, Any]]) -> str:
    """The figures as a Markdown table, with a row for all."""
    rows = [[str(value) for value in count.values()] for count in counted]
    rows.append(["all", *(str(sum(count[name] for count in counted)) for name in list(counted[0])[1:])])
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in (HEADINGS, ["---", *["---:"] * (len(HEADINGS) - 1)], *rows)
    )


def main() -> int:
    """Try all; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--scene", action="append", choices=[scene.name for scene in SCENES])
    parser.add_argument("--mode", action="append", choices=get_args(Mode), help="only these ways to fail")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many faults of each scene")
    parser.add_argument("--seed", type=int, default=0, help="which ones those are (default: 0)")
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count(),
        metavar="N",
        help="trials at once (default: as many as cores)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and failures there, too")
    parser.add_argument("--keep", action="store_true", help="leave the folders of trials that went wrong")
    options = parser.parse_args()
    scenes = [scene for scene in SCENES if not options.scene or scene.name in options.scene]
    all_figures = []
    with workshop(keep=options.keep) as place:
        for scene in scenes:
            figures = try_scene(
                scene, place, jobs=options.jobs, sample=options.sample, seed=options.seed, modes=options.mode
            )
            all_figures.append(figures)
            count = figures.count()
            sys.stderr.write(f"{scene.name}: {count['failed']} of {count['reached']} went wrong\n")
    counted = [figures.count() for figures in all_figures]
    failures = [failure for figures in all_figures for failure in figures.failures()]
    for failure in failures:
        print(f"{failure['scene']}: {failure['fault']}: {'; '.join([*failure['lost'], *failure['wrong']])}")
    print(table(counted))
    if options.json:
        options.json.write_text(json.dumps({"figures": counted, "failures": failures}, indent=1) + "\n")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
