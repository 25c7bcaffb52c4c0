"""Throughput: the same questions about the same images, answered in every way, in turn."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from benchmarks import card
from benchmarks.asking import Asking
from benchmarks.inside import Inside
from benchmarks.loaded import Subject, load_bare, load_ours, settle
from benchmarks.options import BatchSize, Options
from benchmarks.ours import Worker
from benchmarks.peers import Peers
from benchmarks.program import run_batch
from benchmarks.rounds import Spread, ratios, spread
from fada_tui.core.errors import reason

LOOP = "one-by-one loop"


class Way(Struct, frozen=True):
    """A way of answering."""

    name: str
    family: str
    """`loop`, `streamer`, `pipeline` or `ours`."""
    batch: BatchSize
    ask: Callable[[Asking], list[str]]


class Differing(Struct, frozen=True):
    """An answer that is not the loop's."""

    round: int
    path: str
    question_id: str
    loop: str
    answer: str


class Inward(Struct, frozen=True):
    """Of one round that was watched: how much of its time the model itself took."""

    share: float
    """Seconds inside `forward` over all."""
    seconds: dict[str, float]
    """By what it was called for."""
    calls: dict[str, int]
    generated: int
    """Tokens of all answers."""
    bandwidth: float | None
    """Weights read for each call of the whole, over what the card's memory could have given in that time."""


class Measured(Struct, kw_only=True):
    """A way and what came of it."""

    name: str
    family: str
    batch: BatchSize
    seconds: list[float]
    """For all answers, by round."""
    processor: list[float]
    """Seconds of processor time of the same, by round: less disturbed where others use the machine."""
    ratio: Spread | None
    """The loop's seconds over these, within each round."""
    processor_ratio: Spread | None
    """The same of the processor time; `None` where another device computes."""
    identical: int
    """Answers that are the loop's of the first round, over all rounds."""
    answers: int
    """Over all rounds."""
    differing: list[Differing]
    failure: str | None
    """Why there are no answers."""
    inside: Inward | None
    peak: int | None
    """Most bytes that torch had allocated on the card beside the weights, in the last round."""


class Command(Struct, frozen=True):
    """The real command, once."""

    batch: BatchSize
    seconds: float
    """From its start to its end."""
    generating: float
    """Of these, the ones in which answers were generated, by its own figures."""
    identical: int
    answers: int
    failure: str | None


class Throughput(Struct, frozen=True, kw_only=True):
    """All ways with one model."""

    model: str
    parameters: int
    weights: int
    """Bytes."""
    device: str
    dtype: str
    images: int
    questions: int
    tokens: int
    """Of each answer at most."""
    bandwidth: float | None
    """Bytes a second of the card's memory; `None` without one."""
    distinct: int
    """Different answers among those of the loop: where all are alike, sameness says little."""
    ways: list[Measured]
    commands: list[Command]


def measure(
    options: Options, subject: Subject, asked: Asking, scratch: Path, say: Callable[[str], None]
) -> Throughput:
    """Measure one model.

    Args:
        options: rounds, tokens, batch sizes.
        subject: the model.
        asked: what it is asked.
        scratch: a folder to write in.
        say: told what goes on.
    """
    processor, model = load_bare(subject)
    peers = Peers(processor, model, subject, options.tokens)
    worker = Worker(load_ours(subject), scratch, options.tokens)
    ways = list(_ways(peers, worker, options))
    found = {way.name: _unmeasured(way) for way in ways}
    for way in ways:
        say(f"{subject.name}: warming up: {way.name}")
        _attempt(way, asked.first(2), found[way.name])
    reference: list[str] = []
    for number in range(options.rounds):
        for way in reversed(ways) if number % 2 else ways:
            measured = found[way.name]
            if measured.failure:
                continue
            say(f"{subject.name}: round {number + 1} of {options.rounds}: {way.name}")
            if timed := _timed(way, asked, subject.device, measured):
                answers, seconds, used = timed
                reference = reference or answers
                measured.seconds.append(seconds)
                measured.processor.append(used)
                _compare(measured, number, asked, reference, answers)
    speed = card.bandwidth(subject.device)
    weights = model.get_memory_footprint()
    for way in ways:
        measured = found[way.name]
        if measured.failure is None:
            measured.ratio = spread(ratios(found[LOOP].seconds, measured.seconds))
            if subject.device == "cpu":
                measured.processor_ratio = spread(ratios(found[LOOP].processor, measured.processor))
            if way.family == "ours":
                say(f"{subject.name}: looking inside: {way.name}")
                measured.inside = _inward(worker, asked, way.batch, subject.device, weights, speed)
    return Throughput(
        model=subject.name,
        parameters=model.num_parameters(),
        weights=weights,
        device=subject.device,
        dtype=subject.dtype,
        images=len(asked.items) // len(asked.questions),
        questions=len(asked.questions),
        tokens=options.tokens,
        bandwidth=speed,
        distinct=len(set(reference)),
        ways=list(found.values()),
        commands=_commands(options, subject, asked, scratch, reference, say),
    )


def _ways(peers: Peers, worker: Worker, options: Options) -> Iterator[Way]:
    """The loop comes first, since the others are held against its answers."""
    yield Way(LOOP, "loop", 1, peers.loop)
    yield Way("TextIteratorStreamer", "streamer", 1, peers.streamed)
    for size in options.batch_sizes:
        if size != "auto":
            yield Way(f"pipeline, batch {size}", "pipeline", size, _piped(peers, size))
    for size in options.batch_sizes:
        yield Way(f"fada-tui, batch {size}", "ours", size, _by_worker(worker, size))


def _piped(peers: Peers, size: int) -> Callable[[Asking], list[str]]:
    return lambda asked: peers.piped(asked, size)


def _by_worker(worker: Worker, size: BatchSize) -> Callable[[Asking], list[str]]:
    return lambda asked: worker.answers(asked, size)


def _unmeasured(way: Way) -> Measured:
    return Measured(
        name=way.name,
        family=way.family,
        batch=way.batch,
        seconds=[],
        processor=[],
        ratio=None,
        processor_ratio=None,
        identical=0,
        answers=0,
        differing=[],
        failure=None,
        inside=None,
        peak=None,
    )


def _timed(way: Way, asked: Asking, device: str, measured: Measured) -> tuple[list[str], float, float] | None:
    """Ask in one way; return the answers, seconds, and seconds of processor time."""
    settle(device)
    before = card.allocated(device)
    begun, used_before = time.perf_counter(), time.process_time()
    answers = _attempt(way, asked, measured)
    settle(device)
    seconds, used = time.perf_counter() - begun, time.process_time() - used_before
    measured.peak = card.grown(device, before)
    return None if answers is None else (answers, seconds, used)


def _attempt(way: Way, asked: Asking, measured: Measured) -> list[str] | None:
    """Ask in one way; a peer that breaks is said to be broken, and asked no more."""
    try:
        return way.ask(asked)
    except Exception as error:  # a peer may fail in any way with a model that it does not know
        if way.family in ("loop", "ours"):
            raise
        measured.failure = reason(error, named=True)
        return None


def _compare(
    measured: Measured, number: int, asked: Asking, reference: list[str], answers: list[str]
) -> None:
    measured.answers += len(answers)
    for item, expected, answer in zip(asked.items, reference, answers, strict=True):
        if answer == expected:
            measured.identical += 1
        else:
            measured.differing.append(Differing(number + 1, item.path, item.question_id, expected, answer))


def _inward(
    worker: Worker, asked: Asking, batch: BatchSize, device: str, weights: int, speed: float | None
) -> Inward:
    inside = Inside(device)
    begun = time.perf_counter()
    with inside.watch(worker.model):
        results = worker.results(asked, batch)
    seconds = time.perf_counter() - begun
    steps = inside.calls["decode"] + inside.calls["prefill"]
    return Inward(
        share=sum(inside.seconds.values()) / seconds,
        seconds=dict(inside.seconds),
        calls=dict(inside.calls),
        generated=sum(result.tokens.generated or 0 for result in results),
        bandwidth=weights * steps / seconds / speed if speed else None,
    )


def _commands(
    options: Options,
    subject: Subject,
    asked: Asking,
    scratch: Path,
    reference: list[str],
    say: Callable[[str], None],
) -> list[Command]:
    """The real command with the first and the last of the batch sizes."""
    file = scratch / "questions.txt"
    file.write_text("\n".join(question.text for question in asked.questions), encoding="utf-8")
    found: list[Command] = []
    for size in dict.fromkeys((options.batch_sizes[0], options.batch_sizes[-1])):
        say(f"{subject.name}: fada-tui --batch --batch-size {size}")
        try:
            ended = run_batch(
                scratch / f"command-{size}",
                *("--model", subject.folder, "--images", asked.root, "--questions", file),
                *("--max-new-tokens", str(options.tokens), "--batch-size", str(size)),
                *("--device", subject.device, "--dtype", subject.dtype),
            )
        except RuntimeError as error:
            found.append(Command(size, 0.0, 0.0, 0, len(reference), str(error)))
            continue
        results = ended.run["results"]
        answers = {(one["path"], one["question"]): one["response"] for one in results}
        same = [
            answers[item.path, item.question] == expected
            for item, expected in zip(asked.items, reference, strict=True)
        ]
        generating = sum(_generating(one["timing"]) for one in results)
        found.append(Command(size, ended.seconds, generating, sum(same), len(same), None))
    return found


def _generating(timing: dict[str, Any]) -> float:
    """A result's share of the time that its answer was generated in, alone or with others."""
    return timing.get("share", timing["generate"]) or 0.0
