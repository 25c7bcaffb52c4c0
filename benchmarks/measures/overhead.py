"""Overhead: what keeping each result safe, and watching memory meanwhile, costs beside answering it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from benchmarks.options import Options, small_model
from benchmarks.rounds import Spread, percentile, spread
from fada_tui.client import Deadlines
from fada_tui.events import AnswerFinished
from fada_tui.images.catalogue import scan
from fada_tui.job import Job
from fada_tui.protocol import Finished, decode_event, encode
from fada_tui.records import Generation, Plan, Question, Result, Selection
from fada_tui.registry import Registry
from fada_tui.session import Session
from fada_tui.store.journal import MemoryLine, ResultLine, append
from fada_tui.telemetry import Telemetry

APPENDED = 500
"""Journal lines of each kind."""

IDLE = 3.0
"""Seconds that the sampler is watched while nothing else happens."""


class Cost(Struct, frozen=True):
    """Milliseconds for each result."""

    what: str
    milliseconds: Spread
    p95: float | None
    """What 95 of 100 do not exceed; `None` where it was measured as a whole."""
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
    result = runs[-1].result
    line = MemoryLine(path=result.path, question_id=result.question_id, memory=result.memory)
    journal = scratch / "journal.jsonl"
    alone = {
        "result into the journal, fsynced (worker)": _times(
            lambda: append(journal, ResultLine(result=result))
        ),
        "memory into the journal, not fsynced": _times(lambda: append(journal, line, durable=False)),
        "result through the protocol": _times(lambda: _through_protocol(result)),
        "memory at begin and end of an answer": _telemetry_times(),
    }
    costs = [
        Cost(what, spread(times), percentile(times, 0.95), spread(times).median / taken.median)
        for what, times in alone.items()
    ]
    kept = sum(cost.milliseconds.median for cost in costs)
    costs.append(Cost("these together", Spread(kept, kept, kept), None, kept / taken.median))
    used = spread([run.processor for run in runs])
    costs.append(
        Cost("processor time of the session, these and all else", used, None, used.median / taken.median)
    )
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


def _times(do: Callable[[], object], count: int = APPENDED) -> list[float]:
    """Milliseconds of each time that something is done."""
    found: list[float] = []
    for _ in range(count):
        begun = time.perf_counter()
        do()
        found.append((time.perf_counter() - begun) * 1000)
    return found


def _through_protocol(result: Result) -> object:
    return decode_event(encode(Finished(result=result, torch_peak_reserved=None)))


def _telemetry_times() -> list[float]:
    telemetry = Telemetry(None)
    telemetry.start()
    try:
        telemetry.begin()

        def around() -> None:
            telemetry.begin()
            telemetry.peaks()

        return _times(around)
    finally:
        telemetry.stop()


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
