"""How many threads torch computes with on the CPU: as many as help the model at hand on this machine, now.

More threads make a large model faster and do nothing for a small one. Where other programs keep the cores
busy they do harm: each operation waits for the thread that the system has not scheduled. So the model's own
layers are timed with several numbers of threads, for a fraction of a second: on loading, when batches of
another size begin, and when answers come at another pace than before. It never changes within an answer.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence

import torch

from fada_tui.core.records import Result

SECONDS = 0.05
"""How long the layers are timed with each number of threads; all together four times as long at most."""

PROMPT_ROWS, PROMPT, ANSWER = 32, 256, 64
"""Rows with which the layers' work on a prompt is timed, and the tokens of a usual prompt and answer."""

WORTH = 1.15
"""How many times as long as with the best number of threads the work may take with fewer of them."""

CHANGED = 1.5
"""How many times faster or slower than at first answers must come for the layers to be timed again."""

SHARE = 0.05
"""Share of the time that may be spent on timing layers."""

FEWEST_TOKENS = 4
"""Tokens of an answer that has a pace."""

LARGEST_LAYER = 20_000_000
"""Elements of a layer beyond which it takes too long to be timed."""

PART = 500_000
"""Elements of the layers that are timed in turn before the number of threads is changed."""

FIXED_BY = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables by which a person sets the number."""

OWN = torch.get_num_threads()
"""The number that torch takes by itself, before any model is given another."""

log = logging.getLogger("fada_tui.worker")


def restore(most: int | None = None) -> None:
    """Give torch its first number again, before another model is loaded in the same process.

    Args:
        most: this number, where workers share the CPU; `None` for torch's own.
    """
    torch.set_num_threads(most or OWN)


class Threads:
    """Chooses the number of threads for a model that runs on the CPU.

    Args:
        model: the model, in evaluation mode.
        shared: whether the environment has this worker's share of the cores, and not a person's number.
    """

    def __init__(self, model: torch.nn.Module, *, shared: bool = False) -> None:
        fixed = not shared and any(map(os.environ.get, FIXED_BY))
        self._layers = [] if fixed else _layers(model)
        self._most = torch.get_num_threads()
        self._together = 0
        self._pace: float | None = None
        self._not_before = 0.0

    def now(self) -> int:
        """Return the number of threads that torch computes with."""
        return torch.get_num_threads()

    def choose(self, together: int = 1) -> None:
        """Set the number of threads that is best now, for so many answers made together.

        Only between answers, from the thread that computes them.
        """
        self._together, self._pace = together, None
        numbers = candidates(self._most)
        if not self._layers or len(numbers) == 1:
            return
        begun = time.perf_counter()
        before = self.now()
        costs = {number: _Cost() for number in numbers}
        try:
            with torch.inference_mode():
                _time(self._layers, costs, together)
        except Exception as error:  # a layer of a kind that wants other inputs: torch's own number stays
            log.warning("layers cannot be timed: %s", error)
            self._layers = []
            torch.set_num_threads(self._most)
            return
        torch.set_num_threads(best({number: cost.of(together) for number, cost in costs.items()}))
        seconds = time.perf_counter() - begun
        self._not_before = time.perf_counter() + seconds / SHARE
        log.info("%d threads (before: %d), chosen in %.2f s", self.now(), before, seconds)

    def answered(self, results: Sequence[Result], together: int) -> None:
        """Take note of a batch's results, and choose anew if their pace says so."""
        pace = pace_of(results)
        if together.bit_length() != self._together.bit_length():
            self.choose(together)
        elif pace is None:
            return
        elif self._pace is None:
            self._pace = pace
        elif not 1 / CHANGED < pace / self._pace < CHANGED and time.perf_counter() > self._not_before:
            self.choose(together)


def candidates(most: int) -> list[int]:
    """Return the numbers of threads that are tried: 1, 2, 4 and so on, and the most."""
    return sorted({*(2**power for power in range(most.bit_length()) if 2**power < most), most})


def best(seconds: dict[int, float]) -> int:
    """Return the fewest threads that take at most `WORTH` times as long as the best number of them."""
    least = min(seconds.values())
    return min(number for number, its in seconds.items() if its <= WORTH * least)


def pace_of(results: Sequence[Result]) -> float | None:
    """Return the seconds for each token of answers made together; for the answer if it has no tokens.

    The time to the first token is left out: it is that of the prompt, whose length differs. `None` where too
    few tokens were made to tell.
    """
    last = max(results, key=lambda result: result.time or 0.0, default=None)
    if last is None or last.time is None:
        return None
    tokens, first = last.tokens.generated, last.timing.first_token
    if tokens is None or first is None:
        return last.time
    return (last.time - first) / (tokens - 1) if tokens >= FEWEST_TOKENS else None


class _Cost:
    """The seconds that the same layers took for one row of a prompt, and for a step of answers together."""

    def __init__(self) -> None:
        self._row = self._step = 0.0

    def add(self, row: float, step: float) -> None:
        self._row += row
        self._step += step

    def of(self, together: int) -> float:
        return self._row * PROMPT * together + self._step * ANSWER


def _layers(model: torch.nn.Module) -> list[torch.nn.Linear]:
    """Return the layers whose work is most of an answer's."""
    linear = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    return [layer for layer in linear if 0 < layer.weight.numel() <= LARGEST_LAYER]


def _time(layers: Sequence[torch.nn.Linear], costs: dict[int, _Cost], together: int) -> None:
    """Time layers with all numbers of threads in turn, the same ones with each, until the time is over."""
    numbers = list(costs)
    end = time.perf_counter() + SECONDS * min(len(numbers), 4)
    known: set[int] = set()
    for turn, part in enumerate(_parts(layers)):
        rows = {id(layer): (_rows(layer, PROMPT_ROWS), _rows(layer, together)) for layer in part}
        if new := set(rows) - known:  # the first time costs more: kernels are chosen
            known |= new
            _passes(part, rows)
        taken = {}
        for number in numbers:
            if turn and time.perf_counter() > end:
                return
            torch.set_num_threads(number)
            taken[number] = _passes(part, rows)
        for number, (row, step) in taken.items():
            costs[number].add(row, step)
        numbers = [*numbers[1:], numbers[0]]


def _parts(layers: Sequence[torch.nn.Linear]) -> Iterator[list[torch.nn.Linear]]:
    """Yield the layers, a few at a time, over and over."""
    part: list[torch.nn.Linear] = []
    size = 0
    while True:
        for layer in layers:
            part.append(layer)
            size += layer.weight.numel()
            if size >= PART:
                yield part
                part, size = [], 0
        if part:
            yield part
            part, size = [], 0


def _passes(
    part: Sequence[torch.nn.Linear], rows: dict[int, tuple[torch.Tensor, torch.Tensor]]
) -> tuple[float, float]:
    """Return the seconds that some layers took for one row of a prompt, and for one step."""

    def run(which: int) -> None:
        for layer in part:
            layer(rows[id(layer)][which])

    return _seconds(lambda: run(0)) / PROMPT_ROWS, _seconds(lambda: run(1))


def _rows(layer: torch.nn.Linear, count: int) -> torch.Tensor:
    dtype = layer.weight.dtype if layer.weight.dtype.is_floating_point else torch.float32
    return torch.zeros(count, layer.in_features, dtype=dtype)


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
