"""Progress of loading weights, counted through transformers' progress bars."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers.utils import logging

OnCount = Callable[[int, int], None]
"""Takes the loaded and the total number of tensors."""


class _Counting(logging.EmptyTqdm):
    """A progress bar that draws nothing and reports each step."""

    def __init__(self, iterable: Any, on_count: OnCount) -> None:
        super().__init__(iterable)
        self._items = iterable
        self._on_count = on_count

    def __iter__(self) -> Iterator[Any]:
        total = len(self._items)
        step = max(1, total // 50)
        for done, item in enumerate(self._items, start=1):
            yield item
            if done % step == 0 or done == total:
                self._on_count(done, total)


@contextmanager
def weights_counted(on_count: OnCount) -> Iterator[None]:
    """Report the loading of weights to `on_count` within this context, at most about 50 times."""

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if kwargs.get("desc") == "Loading weights" and args:
            return _Counting(args[0], on_count)
        return factory(*args, **kwargs)

    previous = logging.set_tqdm_hook(hook)
    try:
        yield
    finally:
        logging.set_tqdm_hook(previous)
