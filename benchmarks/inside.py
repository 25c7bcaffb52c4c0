"""How long a model itself computes: what no way of asking it can save is the limit of all of them."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.loaded import settle


class Inside:
    """Seconds and calls inside a model's `forward`, by what it was called for.

    Parts that are called by themselves, such as a vision tower whose output serves several questions, count
    under their own names; what is called from within another part counts with that.
    """

    def __init__(self, device: str) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._device = device
        self._depth = 0
        self._kind = ""
        self._began = 0.0

    @contextmanager
    def watch(self, model: Any) -> Iterator["Inside"]:
        """Count while this lasts."""
        hooks = []
        for name, part in _parts(model):
            hooks.append(part.register_forward_pre_hook(self._before(name), with_kwargs=True))
            hooks.append(part.register_forward_hook(self._after, always_call=True))
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _before(self, name: str) -> Any:
        def before(part: Any, args: Any, kwargs: dict[str, Any]) -> None:
            self._depth += 1
            if self._depth == 1:
                self._kind = name or _purpose(kwargs)
                settle(self._device)
                self._began = time.perf_counter()

        return before

    def _after(self, part: Any, args: Any, output: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            settle(self._device)
            self.seconds[self._kind] += time.perf_counter() - self._began
            self.calls[self._kind] += 1


def _parts(model: Any) -> Iterator[tuple[str, Any]]:
    """The whole, whose name is empty, and its parts down to towers and heads."""
    yield "", model
    for name, part in model.named_children():
        yield name, part
        yield from part.named_children()


def _purpose(kwargs: dict[str, Any]) -> str:
    """What the whole model is called for: `decode` for one token more, `prefill` for a prompt."""
    given = [kwargs.get(name) for name in ("input_ids", "decoder_input_ids", "inputs_embeds")]
    lengths = [value.shape[1] for value in given if value is not None]
    return "decode" if lengths and lengths[0] == 1 else "prefill"
