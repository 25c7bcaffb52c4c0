"""The command: measures, shows tables, writes figures and picture."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import transformers
from rich.console import Console

from benchmarks import machine, picture, tables
from benchmarks.asking import QUESTIONS, Asking, gather
from benchmarks.checkpoints import SIZES, save_random
from benchmarks.loaded import Subject
from benchmarks.measures import memory, overhead, start, throughput
from benchmarks.options import Options, parse

SCHEMA = "fada-tui/benchmarks/1"

WIDTH = 170
"""Of tables in cells, where they go to a file or a pipe."""


def main(arguments: list[str]) -> int:
    """Measure what the arguments say and return the exit code."""
    options = parse(arguments)
    transformers.utils.logging.disable_progress_bar()
    shown = Console(width=None if sys.stdout.isatty() else WIDTH)
    told = Console(stderr=True)
    begun = time.perf_counter()
    where = machine.describe(options.device)
    tables.show_machine(shown, where)
    with tempfile.TemporaryDirectory(prefix="fada-tui-benchmarks-") as name:
        found = _measured(
            options, Path(name), shown, lambda line: told.print(line, style="dim", markup=False)
        )
    seconds = time.perf_counter() - begun
    if options.json:
        figures = {
            "schema": SCHEMA,
            "command": machine.command_line(arguments),
            "machine": where,
            "seconds": seconds,
            **{measure: msgspec.to_builtins(figure) for measure, figure in found.items()},
        }
        options.json.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    if options.picture and "throughput" in found:
        options.picture.write_text(picture.draw(found["throughput"]), encoding="utf-8")
    shown.print(f"measured in {seconds / 60:.1f} min", style="dim")
    return 0


def _measured(options: Options, scratch: Path, shown: Console, say: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for measure in options.measures:
        place = scratch / measure
        place.mkdir()
        match measure:
            case "throughput":
                found[measure] = []
                for name in options.models:
                    subject, asked = _subject(options, name, place, say)
                    folder = place / f"{subject.name}-work"
                    folder.mkdir()
                    figures = throughput.measure(options, subject, asked, folder, say)
                    tables.show_throughput(shown, figures)
                    found[measure].append(figures)
            case "overhead":
                found[measure] = overhead.measure(options, place, say)
                tables.show_overhead(shown, found[measure])
            case "memory":
                found[measure] = memory.measure(options, place, say)
                tables.show_memory(shown, found[measure])
            case "start":
                found[measure] = start.measure(options, place, say)
                tables.show_start(shown, found[measure])
    return found


def _subject(
    options: Options, name: str, scratch: Path, say: Callable[[str], None]
) -> tuple[Subject, Asking]:
    """A model on disk, built where it is one of ours, and what it is asked."""
    folder, limit, count = Path(name), options.limit, 1
    if size := SIZES.get(name):
        say(f"{name}: building the model")
        folder = scratch / name
        save_random(size, folder)
        limit, count = limit or size.images, size.questions
    questions = options.questions or QUESTIONS[:count]
    asked = gather(options.images, limit, questions, scratch / f"{folder.name}-images")
    return Subject(name=folder.name, folder=folder, device=options.device, dtype=options.dtype), asked
