"""Part 2: tokens a second of each way of asking, in bfloat16 and with a question for each image.

The ways are those of `python -m benchmarks throughput`. A loop over as many images as a batch holds would
take minutes: each way answers a batch or two of its own size, and is told in tokens a second.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from msgspec import Struct

from benchmarks import card, streaming
from benchmarks.asking import QUESTIONS, Asking, listed
from benchmarks.gpu.rates import decoding, limit, rate, reading_of
from benchmarks.gpu.task import SMALLER, Figures, Task
from benchmarks.loaded import Subject, load_bare, load_ours, settle
from benchmarks.ours import Worker
from benchmarks.peers import Peers
from benchmarks.rounds import alternately, ratios, spread
from fada_tui.images.decode import decode
from fada_tui.worker.generation.interfaces import LoadedModel

BATCHES = {SMALLER: (32, 8)}
ELSE = (32,)
"""Beside single answers, the sizes of batches: the largest first, since a goal hangs on it."""

GOALS = 3
"""So many ways, the first ones, have goals."""

ALONE = 2
"""Answers of a way that makes one at a time."""

ROUNDS = 3
"""At most."""

MARGIN = 4.0
"""Seconds that are left when no further round is begun."""


class Way(Struct, frozen=True):
    """A way of answering, and how many questions it is given."""

    name: str
    batch: int
    count: int
    ask: Callable[[Asking], Any]
    results: bool = False
    """It gives results, which say how the time was spent; others give texts."""


def measure(task: Task, figures: Figures, name: str) -> None:
    """Go all ways once, then again while there is time; hold streaming against bare `generate`."""
    subject = Subject(name=name, folder=task.model(name), device=task.device, dtype="bfloat16")
    asked = listed(task.images, QUESTIONS[:1])
    figures.put("bandwidth", card.bandwidth(task.device))
    processor, bare = load_bare(subject)
    loaded = load_ours(subject)
    place = task.scratch(f"pace-{name}")
    figures.put("tokens", task.tokens)
    figures.put("image_processor", type(loaded.adapter.processor.image_processor).__name__)
    figures.put("reading", reading_of(loaded.model, figures.found["bandwidth"]))
    peers, worker = Peers(processor, bare, subject, task.tokens), Worker(loaded, place, task.tokens)
    _warm_up(subject, processor, bare, loaded, place, asked)
    seconds: dict[str, list[float]] = {}
    texts: dict[str, list[str]] = {}

    def go(way: Way) -> Any:
        part = asked.first(way.count)
        settle(task.device)
        begun = time.perf_counter()
        answers = way.ask(part)
        settle(task.device)
        taken = time.perf_counter() - begun
        seconds.setdefault(way.name, []).append(taken)
        count = len(part.items)
        made = sum(one.tokens.generated or 0 for one in answers) if way.results else count * task.tokens
        found = rate(way.batch, count, made, seconds[way.name])
        if way.results:
            found |= decoding(answers, way.batch, limit(figures.found["reading"], way.batch))
            errors = [one.error.message for one in answers if one.error]
            found["errors"] = {"count": len(errors), "first": errors[0] if errors else None}
            keys = {one.key: one.response or "" for one in answers}
            texts[way.name] = [keys[item.key] for item in part.items]
        else:
            texts[way.name] = answers
        return found | _alike(texts[way.name], texts.get("loop", []))

    ways = list(_ways(peers, worker, name, len(asked.items)))
    begun = time.monotonic()
    for way in ways:
        figures.attempt(way.name, partial(go, way))
        if way is ways[GOALS - 1]:
            figures.attempt("streaming", lambda: streamed(loaded, asked, task))
    whole = time.monotonic() - begun
    for _ in range(1, 1 if task.small else ROUNDS):
        if task.left < whole + MARGIN:
            break
        for way in ways:
            if way.name in seconds:
                figures.attempt(way.name, partial(go, way))


def streamed(loaded: LoadedModel, asked: Asking, task: Task, prepare: Any = None) -> dict[str, Any]:
    """Hold a streamed answer against bare `generate`, in turn.

    Args:
        loaded: the model.
        asked: the first of it is asked.
        task: says how many tokens.
        prepare: what else is done to the inputs of each answer.
    """
    item = asked.items[0]
    image = decode(asked.root / item.path)
    prepared = loaded.adapter.prepare([(image.pixels, item.question)], None)
    inputs = prepared.inputs.to(loaded.model.device, dtype=loaded.model.dtype)
    tokens, ready = task.tokens, prepare or dict

    def one(*, streamed: bool) -> float:
        with torch.inference_mode():
            given = ready(inputs)
        return streaming.seconds(loaded, given, tokens, streamed=streamed)

    taken = alternately({"bare": lambda: one(streamed=False), "streamed": lambda: one(streamed=True)}, 3)
    bare, ours = taken["bare"][1:], taken["streamed"][1:]  # the first round warms up
    return {
        "ratio": spread(ratios(bare, ours)).median,
        "bare": tokens / spread(bare).median,
        "streamed": tokens / spread(ours).median,
        "seconds": taken,
    }


def _ways(peers: Peers, worker: Worker, name: str, most: int) -> Iterator[Way]:
    """Those that goals hang on come first: there may be no time for all of them."""
    alone = min(ALONE, most)
    yield Way("loop", 1, alone, peers.loop)
    yield Way("ours 1", 1, alone, lambda asked: worker.results(asked, 1), results=True)
    for size in BATCHES.get(name, ELSE):
        count = min(2 * size if name == SMALLER else size, most)
        yield Way(f"ours {size}", size, count, _by_worker(worker, size), results=True)
        yield Way(f"pipeline {size}", size, min(size, most), _piped(peers, size))
    yield Way("streamer", 1, alone, peers.streamed)
    yield Way("pipeline 1", 1, alone, _piped(peers, 1))


def _by_worker(worker: Worker, size: int) -> Callable[[Asking], Any]:
    return lambda asked: worker.results(asked, size)


def _piped(peers: Peers, size: int) -> Callable[[Asking], Any]:
    return lambda asked: peers.piped(asked, size)


def _warm_up(
    subject: Subject, processor: Any, bare: Any, loaded: LoadedModel, place: Any, asked: Asking
) -> None:
    """Have each model answer once: kernels are chosen and memory is taken the first time."""
    Peers(processor, bare, subject, 4).loop(asked.first(1))
    Worker(loaded, place, 4).results(asked.first(1), 1)


def _alike(texts: list[str], loop: list[str]) -> dict[str, Any]:
    """How many of the loop's answers this way has, too: in bfloat16 a batch may well differ."""
    pairs = list(zip(texts, loop, strict=False))
    return {"as_the_loop": sum(one.strip() == other.strip() for one, other in pairs), "compared": len(pairs)}
