"""What a part is given, and how it tells what it found: at once, since it may be ended at any moment."""

import json
import math
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from fada_tui.core.atomic import write_whole

SMALLER, LARGER = "500M", "2B"
"""The two models' names, also where they are made small."""


class SkippedError(Exception):
    """Something cannot be measured here; says why."""


class Task(Struct, frozen=True):
    """Where a part works, on what, and until when."""

    folder: Path
    """Shared by all parts: the models, the images, and each part's own scratch folder."""
    device: str
    small: bool
    """The models are tiny and there are few images: for trying the script itself."""
    until: float
    """By `time.monotonic`."""

    @property
    def left(self) -> float:
        """Seconds until the part is ended."""
        return self.until - time.monotonic()

    @property
    def on_gpu(self) -> bool:
        """Whether the device is a CUDA one."""
        return self.device.startswith("cuda")

    @property
    def tokens(self) -> int:
        """Of each answer."""
        return 8 if self.small else 64

    @property
    def images(self) -> Path:
        """Folder of the images.

        Raises:
            SkippedError: they were not made.
        """
        return self._made(self.folder / "images")

    def model(self, name: str) -> Path:
        """Return a model's folder.

        Raises:
            SkippedError: it was not made.
        """
        return self._made(self.folder / "models" / name)

    def scratch(self, name: str) -> Path:
        """Return a new folder for a part's own files."""
        place = self.folder / "scratch" / name
        place.mkdir(parents=True)
        return place

    @staticmethod
    def _made(place: Path) -> Path:
        if not place.is_dir():
            raise SkippedError(
                f"there is no {place.parent.name}/{place.name}: the part 'models' did not make it"
            )
        return place


class Figures:
    """What a part found, in a file that is whole after each figure.

    Args:
        file: to write.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.found: dict[str, Any] = {}

    def put(self, name: str, value: Any) -> None:
        """Take a figure, or a later state of one."""
        self.found[name] = value
        write_whole(self._file, json.dumps(finite(self.found), allow_nan=False).encode())

    def attempt(self, name: str, measure: Callable[[], Any]) -> Any:
        """Take what is measured, or the reason why it is not there; return it, or `None`."""
        print(f"{name} …", flush=True)
        begun = time.perf_counter()
        try:
            value = measure()
        except SkippedError as reason:
            self.put(name, {"skipped": str(reason)})
            return None
        except Exception as error:  # the other measures of the part don't depend on this one
            traceback.print_exc(file=sys.stdout)
            earlier = self.found.get(name)
            self.put(name, {**(earlier if isinstance(earlier, dict) else {}), "failed": line_of(error)})
            return None
        self.put(name, value)
        print(f"{name}: {time.perf_counter() - begun:.1f} s", flush=True)
        return value


def line_of(error: BaseException) -> str:
    """Return an error as a line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def finite(value: Any) -> Any:
    """Return a figure as JSON can hold it: what is no number is `None`."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return value
