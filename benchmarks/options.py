"""The command's options."""

import argparse
from pathlib import Path
from typing import Literal

from msgspec import Struct

from benchmarks.checkpoints import SIZES
from fada_tui.config.questions import load_questions
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import demo_weights, samples_dir
from fada_tui.core.records import ModelEntry, Question
from fada_tui.images.catalogue import scan

MEASURES = ("throughput", "overhead", "memory", "start")
DTYPES = ("float32", "float16", "bfloat16")

BatchSize = int | Literal["auto"]


class Options(Struct, frozen=True, kw_only=True):
    """What is measured, and how long."""

    measures: tuple[str, ...]
    models: tuple[str, ...]
    """Names of `checkpoints.SIZES`, or folders."""
    images: Path
    limit: int | None
    questions: tuple[Question, ...] | None
    """`None` leaves the choice to the model."""
    tokens: int
    rounds: int
    batch_sizes: tuple[BatchSize, ...]
    device: str
    dtype: str
    results: int
    """Of the run whose memory is watched."""
    json: Path | None
    picture: Path | None


def parse(arguments: list[str]) -> Options:
    """Read the command line; ends the program with a message where it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if unknown := set(given.measures) - {*MEASURES, "all"}:
        parser.error(f"no measure {', '.join(sorted(unknown))}; there are: {', '.join(MEASURES)}, all")
    for name in given.model or ():
        if name not in SIZES and not Path(name).is_dir():
            parser.error(f"--model: no folder {name}; name a checkpoint's, or {' or '.join(SIZES)}")
    for option, file in (("--json", given.json), ("--picture", given.picture)):
        if file and not file.absolute().parent.is_dir():
            parser.error(f"{option}: no folder {file.parent} to write in")
    everything = not given.measures or "all" in given.measures
    try:
        questions = load_questions(given.questions) if given.questions else None
        images = given.images or samples_dir()
        scan(images)
    except UsageError as error:
        parser.error(str(error))
    return Options(
        measures=MEASURES if everything else tuple(dict.fromkeys(given.measures)),
        models=tuple(given.model or SIZES),
        images=images,
        limit=given.limit,
        questions=questions,
        tokens=given.tokens,
        rounds=given.rounds,
        batch_sizes=given.batch_sizes,
        device=given.device,
        dtype=given.dtype,
        results=given.results,
        json=given.json,
        picture=given.picture,
    )


def small_model(options: Options) -> ModelEntry:
    """The model of the measures that are not about models: the embedded one where no folder was named."""
    folder = next((Path(name) for name in options.models if name not in SIZES), None)
    if folder is None:
        return ModelEntry(name="embedded model", source=str(demo_weights()))
    return ModelEntry(name=folder.name, source=str(folder))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure fada-tui on this machine, beside its peers."
    )
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)} or all")
    parser.add_argument(
        "--model", action="append", metavar="FOLDER", help=f"a checkpoint, or {', '.join(SIZES)}; repeatable"
    )
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder of images (default: the samples)")
    parser.add_argument("--limit", type=_count, metavar="N", help="so many images")
    parser.add_argument("--questions", metavar="SET_OR_FILE", help="asked of each image")
    parser.add_argument("--tokens", type=_count, default=32, metavar="N", help="of each answer at most")
    parser.add_argument("--rounds", type=_count, default=5, metavar="N", help="each takes every way once")
    parser.add_argument(
        "--batch-sizes",
        type=_batch_sizes,
        default=(1, 2, 4, 8, 16, "auto"),
        metavar="N,N,…",
        help="with auto",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 …")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument(
        "--results", type=_count, default=10_000, metavar="N", help="of the run whose memory is watched"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rounds, machine and versions")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write throughput by batch size as SVG")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _batch_sizes(text: str) -> tuple[BatchSize, ...]:
    return tuple("auto" if size == "auto" else _count(size) for size in text.split(","))
