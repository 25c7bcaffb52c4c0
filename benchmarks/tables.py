"""Figures as tables for a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.measures.memory import Memory
from benchmarks.measures.overhead import Overhead
from benchmarks.measures.start import Start
from benchmarks.measures.throughput import LOOP, Measured, Throughput
from benchmarks.rounds import spread

SHOWN = 5
"""Differing answers that are shown; all are in the JSON file."""


def show_machine(console: Console, where: dict[str, Any]) -> None:
    """Say what is measured on."""
    device = where.get("card", where["device"])
    console.print(
        f"{where['processor']}, {where['cores']} cores, {where['threads']} threads, "
        f"{where['memory'] / 1e9:.0f} GB; device {device}; python {where['python']}, torch {where['torch']}, "
        f"transformers {where['transformers']}, "
        f"fada-tui {where['fada_tui']} ({where['commit'] or 'no checkout'})",
        highlight=False,
        markup=False,
    )
    if where["load"] > 0.5:
        console.print(
            f"the machine is busy (load {where['load']:.1f}): trust ratios, not seconds", style="yellow"
        )


def show_throughput(console: Console, found: Throughput) -> None:
    """Show all ways with one model, and each answer that differs from the loop's."""
    answers = found.images * found.questions
    generated = next((way.inside.generated for way in found.ways if way.inside), None)
    asked = f"{found.images} images × {found.questions} questions, {found.tokens} tokens at most"
    table = _table(
        f"{found.model}: {found.parameters / 1e6:.1f}M parameters, {found.dtype}, {found.device}; {asked}",
        "way", "s/answer", "tokens/s", f"× {LOOP}", "× by processor time", "same answers", "inside forward",
    )  # fmt: skip
    for way in found.ways:
        if way.failure:
            table.add_row(way.name, Text(f"fails: {way.failure}", style="red"), *[""] * 5)
            continue
        seconds = spread(way.seconds).median
        table.add_row(
            way.name,
            f"{seconds / answers:.3f}",
            f"{generated / seconds:.0f}" if generated else "",
            way.ratio.show() if way.ratio else "",
            way.processor_ratio.show() if way.processor_ratio else "",
            _same(way.identical, way.answers),
            _inside(way),
        )
    console.print(table)
    console.print(
        f"{LOOP}: {found.distinct} different answers among {answers}", markup=False, highlight=False
    )
    for command in found.commands:
        name = f"fada-tui --batch --batch-size {command.batch}"
        if command.failure:
            console.print(f"{name} fails: {command.failure}", style="red", markup=False)
            continue
        console.print(
            f"{name}: {command.seconds:.1f} s for the whole command, {command.generating:.1f} s of them "
            f"generating; same answers: {command.identical} of {command.answers}",
            markup=False,
            highlight=False,
        )
    for way in found.ways:
        _show_differing(console, way)


def show_overhead(console: Console, found: Overhead) -> None:
    """Show what is spent beside answering."""
    table = _table(
        f"{found.model}: a result every {found.per_result.show('.1f')} ms, {found.answers} in a run",
        "for each result", "ms, median (range)", "p95", "processor, ms", "of the run",
    )  # fmt: skip
    for cost in found.costs:
        p95 = "" if cost.p95 is None else f"{cost.p95:.3f}"
        table.add_row(
            cost.what, cost.milliseconds.show(".3f"), p95, f"{cost.processor:.3f}", f"{cost.share:.2%}"
        )
    console.print(table)
    console.print(f"sampler while nothing else happens: {found.idle_sampler:.2%} of a core", highlight=False)


def show_memory(console: Console, found: Memory) -> None:
    """Show memory along the run."""
    table = _table(
        f"{found.results} results in {found.seconds:.0f} s, batch size {found.batch_size}",
        "results",
        "program, MB",
        "worker, MB",
    )
    for point in found.points:
        worker = "" if point.worker is None else f"{point.worker / 1e6:.1f}"
        table.add_row(str(point.results), f"{point.program / 1e6:.1f}", worker)
    console.print(table)
    console.print(
        f"for each 1,000 results: program {found.program_slope / 1e3:+.0f} KB, "
        f"worker {found.worker_slope / 1e3:+.0f} KB\n"
        f"the program's peak: {found.program_peak / 1e6:.0f} MB until the last result, "
        f"{found.ending_peak / 1e6:.0f} MB in the {found.ending_seconds:.1f} s after it, "
        f"in which run.json ({found.run_bytes / 1e6:.1f} MB) and the pages are written",
        highlight=False,
    )


def show_start(console: Console, found: Start) -> None:
    """Show seconds until a model answers."""
    table = _table(
        f"{found.model}: seconds, median (range) of {len(found.worker)} rounds",
        "until", "worker", "transformers alone", "ratio",
    )  # fmt: skip
    rows = (
        ("greeting; libraries imported", "up", found.up_ratio),
        ("model loaded", "loaded", found.loaded_ratio),
        ("first token", "first_token", found.first_token_ratio),
    )
    for what, name, ratio in rows:
        ours, bare = ([getattr(one, name) for one in side] for side in (found.worker, found.bare))
        table.add_row(f"process start → {what}", spread(ours).show(), spread(bare).show(), ratio.show())
    table.add_row(
        "loading alone, same process",
        spread(found.load_ours).show(".3f"),
        spread(found.load_bare).show(".3f"),
        found.load_ratio.show(),
    )
    console.print(table)


def _show_differing(console: Console, way: Measured) -> None:
    for one in way.differing[:SHOWN]:
        where = f"{way.name}, round {one.round}, {one.path}, {one.question_id}"
        console.print(f"differs: {where}:\n  loop   {one.loop!r}\n  answer {one.answer!r}", markup=False)
    if len(way.differing) > SHOWN:
        console.print(f"… and {len(way.differing) - SHOWN} more of {way.name}: --json FILE has them all")


def _same(identical: int, answers: int) -> Text:
    return Text(f"{identical} of {answers}", style="" if identical == answers else "yellow")


def _inside(way: Measured) -> str:
    if not way.inside:
        return ""
    total = sum(way.inside.seconds.values())
    parts = {name: way.inside.share * seconds / total for name, seconds in way.inside.seconds.items()}
    told = [f"{name} {share:.0%}" for name, share in parts.items() if share >= 0.005]
    text = f"{way.inside.share:.0%} ({', '.join(told)})"
    if way.inside.bandwidth is not None:
        text += f"; {way.inside.bandwidth:.0%} of the bandwidth"
    if way.peak is not None:
        text += f"; {way.peak / 1e9:.2f} GB beside the weights"
    return text


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table
