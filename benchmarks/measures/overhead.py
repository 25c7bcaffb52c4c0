"""Overhead: what keeping each result safe, and watching memory meanwhile, costs beside answering it."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.options import Options, small_model
from benchmarks.rounds import Spread, alternately, percentile, spread
from fada_tui.core.protocol import Finished, decode_event, encode
from fada_tui.core.records import Generation, Plan, Question, Result, Selection
from fada_tui.images.catalogue import scan
from fada_tui.models.registry import Registry
from fada_tui.runs.events import AnswerFinished
from fada_tui.runs.job import Job
from fada_tui.runs.session import Session
from fada_tui.runs.telemetry import Telemetry
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.store.journal import MemoryLine, ResultLine, append

APPENDED = 300
"""Journal lines of each kind."""

YARDSTICK = "the same bytes written and fsynced, no more"

IDLE = 2.0
"""Seconds that the sampler is watched while nothing else happens."""


class Cost(Struct, frozen=True):
    """Milliseconds for each result."""

    what: str
    milliseconds: Spread
    p95: float | None
    """What 95 of 100 do not exceed; `None` where it was measured as a whole."""
    processor: float
    """Median of the processor time; the rest is waiting, for the disk or for others on a busy machine."""
    share: float
    """Of a result's time in the run."""


class Overhead(Struct, frozen=True, kw_only=True):
    """Costs beside a run."""

    model: str
    answers: int
    """Of each run."""
    per_result: Spread
    """Milliseconds from one result to the next, by run."""
    costs: list[Cost]
    idle_sampler: float
    """Share of one core that the sampler takes while nothing else happens."""


def measure(options: Options, scratch: Path, say: Callable[[str], None]) -> Overhead:
    """Measure runs of a model and the parts of the store by themselves.

    Args:
        options: images, rounds, tokens and model.
        scratch: an empty folder on the disk to be measured.
        say: told what goes on.
    """
    runs: list[_Run] = []
    for number in range(options.rounds):
        say(f"overhead: run {number + 1} of {options.rounds}")
        runs.append(asyncio.run(_run(options, scratch / f"results-{number}")))
    taken = spread([run.wall for run in runs])
    say("overhead: journal and sampler by themselves")
    parts = _alone(runs[-1].result, scratch)
    costs = [
        Cost(
            what=what,
            milliseconds=(wall := spread([one.wall for one in times])),
            p95=percentile([one.wall for one in times], 0.95),
            processor=statistics.median(one.processor for one in times),
            share=wall.median / taken.median,
        )
        for what, times in parts.items()
    ]
    costs.append(_together([cost for cost in costs if cost.what != YARDSTICK], taken.median))
    used = spread([run.processor for run in runs])
    whole = "processor time of the session, these and all else"
    costs.append(Cost(whole, used, None, used.median, used.median / taken.median))
    return Overhead(
        model=small_model(options).name,
        answers=runs[-1].answers,
        per_result=taken,
        costs=costs,
        idle_sampler=_idle_sampler(),
    )


class _Run(Struct, frozen=True):
    """A run in this process, its worker in another; milliseconds for each result after the first."""

    wall: float
    processor: float
    """Of this process: session, client, sampler and journal."""
    answers: int
    result: Result


async def _run(options: Options, results: Path) -> _Run:
    """Drive a session as the front ends do; it shows nothing."""
    clocks: list[tuple[float, float]] = []
    last: Result | None = None
    session = Session.new(_job(options), results, Deadlines(), Registry(entries=()))
    async for event in session.events():
        if isinstance(event, AnswerFinished):
            clocks.append((time.perf_counter(), time.process_time()))
            last = event.result
    if last is None or last.error or len(clocks) < 2:
        raise RuntimeError(f"the run in {results} gave no two answers: {last and last.error}")
    (begun, used_before), (ended, used) = clocks[0], clocks[-1]
    between = (len(clocks) - 1) / 1000
    return _Run((ended - begun) / between, (used - used_before) / between, len(clocks), last)


def _job(options: Options) -> Job:
    catalogue = scan(options.images)
    questions = options.questions or (Question(id="plane", text="Which anatomical plane is shown?"),)
    plan = Plan(
        model=small_model(options),
        device=options.device,
        images=catalogue.images[: options.limit],
    )
    return Job(
        plan=plan,
        root=options.images,
        dataset=catalogue.name,
        selection=Selection(),
        questions=questions,
        generation=Generation(max_new_tokens=options.tokens, do_sample=False, seed=0, batch_size=1),
    )


class _Times(Struct, frozen=True):
    """Milliseconds of one doing."""

    wall: float
    processor: float


def _alone(result: Result, scratch: Path) -> dict[str, list[_Times]]:
    """What is done for each result, by itself and in turn, and the least that keeping one safe can take."""
    memory = MemoryLine(path=result.path, question_id=result.question_id, memory=result.memory)
    journal = scratch / "journal.jsonl"
    encoded = msgspec.json.encode(ResultLine(result=result)) + b"\n"
    bare = os.open(scratch / "bare.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    telemetry = Telemetry(None)
    telemetry.start()
    try:
        telemetry.begin()
        doings = {
            YARDSTICK: lambda: _write(bare, encoded),
            "result into the journal, fsynced (worker)": lambda: append(journal, ResultLine(result=result)),
            "memory into the journal, not fsynced": lambda: append(journal, memory, durable=False),
            "result through the protocol": lambda: decode_event(
                encode(Finished(result=result, torch_peak_reserved=None))
            ),
            "memory at begin and end of an answer": lambda: _peaks(telemetry),
        }
        return alternately({what: _timed(do) for what, do in doings.items()}, APPENDED)
    finally:
        telemetry.stop()
        os.close(bare)


def _timed(do: Callable[[], object]) -> Callable[[], _Times]:
    def times() -> _Times:
        begun, used = time.perf_counter(), time.process_time()
        do()
        return _Times((time.perf_counter() - begun) * 1000, (time.process_time() - used) * 1000)

    return times


def _together(costs: list[Cost], per_result: float) -> Cost:
    wall = sum(cost.milliseconds.median for cost in costs)
    used = sum(cost.processor for cost in costs)
    return Cost("store, protocol and telemetry together", spread([wall]), None, used, wall / per_result)


def _idle_sampler() -> float:
    telemetry = Telemetry(None)
    telemetry.start()
    try:
        telemetry.begin()
        used, begun = time.process_time(), time.perf_counter()
        time.sleep(IDLE)
        return (time.process_time() - used) / (time.perf_counter() - begun)
    finally:
        telemetry.stop()


def _write(descriptor: int, data: bytes) -> None:
    os.write(descriptor, data)
    os.fsync(descriptor)


def _peaks(telemetry: Telemetry) -> None:
    telemetry.begin()
    telemetry.peaks()
