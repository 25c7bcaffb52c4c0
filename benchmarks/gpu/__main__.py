"""`python -m benchmarks.gpu`: the parts, each in a process of its own, and what all of them found as JSON.

    python -m benchmarks.gpu [--device cuda|cpu] [--out FILE.json] [--small] [--parts 1,2,…] [--seconds N]

`--small` makes the models tiny, to try the script itself: `--device cpu --small` runs anywhere. The file is
written anew after each part, so that what was found stays whatever happens then. Exit code 1 says that a part
failed or was late.
"""

import argparse
import importlib
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.gpu.goals import judge
from benchmarks.gpu.runner import Report, run_parts
from benchmarks.gpu.schedule import ALL, NUMBERS, PARTS, Part, chosen
from benchmarks.gpu.summary import show, show_goals
from benchmarks.gpu.task import Figures, SkippedError, Task
from fada_tui.core.atomic import write_whole

SCHEMA = "fada-tui/gpu/1"


def main(arguments: list[str]) -> int:
    """Run the parts that the arguments name, or the one that they say this process is."""
    options = _parser().parse_args(arguments)
    if options.part:
        return _be(options)
    whole = {
        "schema": SCHEMA,
        "command": " ".join([Path(sys.executable).name, "-m", "benchmarks.gpu", *arguments]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": options.device,
        "small": options.small,
        "seconds": 0.0,
        "goals": [],
        "parts": [],
    }
    reports: list[Report] = whole["parts"]
    begun = time.monotonic()

    def take(report: Report) -> None:
        reports.append(report)
        whole["seconds"] = time.monotonic() - begun
        whole["goals"] = judge(reports, proves=options.device != "cpu" and not options.small)
        _write(options.out, whole)
        show(report)

    with tempfile.TemporaryDirectory(prefix="fada-tui-gpu-") as name:
        folder = Path(name)

        def command(part: Part, figures: Path, seconds: float) -> list[str]:
            of_part = ["--part", part.name, "--folder", str(folder), "--figures", str(figures)]
            common = ["--device", options.device, "--seconds", str(seconds)]
            small = ["--small"] if options.small else []
            return [sys.executable, "-m", "benchmarks.gpu", *of_part, *common, *small]

        run_parts(chosen(options.parts), options.seconds, folder, command, take)
    show_goals(whole["goals"])
    print(f"{whole['seconds']:.0f} s in all; figures in {options.out}")
    return int(any(report["status"] in ("failed", "late") for report in reports))


def _be(options: argparse.Namespace) -> int:
    """Be the process of one part."""
    figures = Figures(options.figures)
    task = Task(options.folder, options.device, options.small, time.monotonic() + options.seconds)
    try:
        name, _, model = options.part.partition("-")
        part = importlib.import_module(f"benchmarks.gpu.{name}")
        part.measure(task, figures, *([model] if model else []))
    except SkippedError as reason:
        figures.put("skipped", str(reason))
    return 0


def _write(file: Path, whole: dict[str, object]) -> None:
    write_whole(file.absolute(), json.dumps(whole, indent=2, allow_nan=False).encode() + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description="Prove on a GPU what only one can prove."
    )
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1 … or cpu")
    parser.add_argument(
        "--out", type=Path, default=Path("gpu.json"), metavar="FILE", help="written anew after each part"
    )
    parser.add_argument("--small", action="store_true", help="tiny models: to try the script itself")
    parser.add_argument(
        "--parts",
        type=_numbers,
        default=NUMBERS,
        metavar="N,N,…",
        help="; ".join(f"{part.number} {part.about}" for part in PARTS if part.number),
    )
    parser.add_argument(
        "--seconds", type=float, default=ALL, metavar="N", help=f"for all parts (default: {ALL:.0f})"
    )
    parser.add_argument("--part", choices=[part.name for part in PARTS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--figures", type=Path, help=argparse.SUPPRESS)
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(number) for number in text.split(","))
    if unknown := set(numbers) - set(NUMBERS):
        raise argparse.ArgumentTypeError(f"no part {', '.join(map(str, sorted(unknown)))}")
    return numbers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
