"""What becomes of an exception that nobody caught: a notice of one line and the details in a log.

Textual ends the program on each, wherever it comes from: a worker, a timer, a message handler, the layout,
the drawing of a widget. `FadaApp` has the names that it calls then; what to do is said here.
"""

import errno
import os
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any, Protocol

from rich.segment import Segment
from textual.app import ComposeResult
from textual.events import Compose, Mount
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkerFailed

from fada_tui import __version__
from fada_tui.core.errors import FadaError, reason
from fada_tui.core.secrets import hide
from fada_tui.core.text import printable

LARGEST_LOG = 1_000_000
"""Bytes from which on a log makes room for another; the one before it is kept."""

LONGEST_ENTRY = 20_000
"""Characters of what is logged of one fault."""

TIMES_LOGGED = 3
"""How often the same fault is told and logged; from then on it is only counted."""

WRITER = "textual-output"
"""Name of Textual's thread that writes to the terminal."""

TERMINAL_GONE = frozenset({errno.EIO, errno.EPIPE, errno.EBADF})
"""Errors of a terminal that has hung up, which is no fault: `terminal.shutdown` sees to it."""


class Faults:
    """The exceptions that nobody caught while the dashboard is open.

    Args:
        log: the file for their details, which need not exist.
        tell: shows a line.
    """

    def __init__(self, log: Path, tell: Callable[[str], None]) -> None:
        self._log = log
        self._tell = tell
        self._seen: Counter[tuple[str, str]] = Counter()

    def take(self, error: BaseException, what: str = "") -> None:
        """Log a fault and tell of it.

        Args:
            error: what nobody caught.
            what: what it happened to, where the error does not say so.
        """
        while isinstance(error, WorkerFailed):
            error = error.error
        where = place(error)
        self._seen[type(error).__name__, where] += 1
        if self._seen[type(error).__name__, where] > TIMES_LOGGED:
            return
        logged = self._write(error, what)
        said = (
            str(error)
            if isinstance(error, FadaError)
            else f"unexpected {reason(error, named=True)} in {where}"
        )
        about = f"{what}: " if what else ""
        details = f"; details in {self._log}" if logged else ""
        self._tell(printable(hide(f"{about}{said}{details}")))

    def _write(self, error: BaseException, what: str) -> bool:
        """Append an error and its traceback, without variables' values; return whether it is there."""
        text = "".join(traceback.format_exception(error))
        if len(text) > LONGEST_ENTRY:
            text = f"{text[: LONGEST_ENTRY // 2]}\n…\n{text[-LONGEST_ENTRY // 2 :]}"
        head = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} fada-tui {__version__} {what}".rstrip()
        lines = [head, *hide(text).splitlines()]
        data = "".join(f"{printable(line)}\n" for line in (*lines, "")).encode(errors="replace")
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                if self._log.stat().st_size > LARGEST_LOG:
                    self._log.replace(self._log.with_suffix(".old.log"))
            descriptor = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(data)
        except OSError:
            return False
        return True

    def of_threads(self, call: Callable[..., object]) -> Callable[[threading.ExceptHookArgs], None]:
        """Return a `threading.excepthook`; `call` calls a function with its arguments in the event loop."""

        def hook(args: threading.ExceptHookArgs) -> None:
            error, name = args.exc_value, args.thread.name if args.thread else ""
            gone = name == WRITER and isinstance(error, OSError) and error.errno in TERMINAL_GONE
            if error is not None and not isinstance(error, SystemExit) and not gone:
                with suppress(RuntimeError):  # the loop has ended
                    call(self.take, error, name)

        return hook

    def guard_drawing(self, widget: Widget) -> None:
        """Let a widget that cannot be drawn or measured show words, and the others be drawn.

        It is tried again whenever it would be drawn; nothing is drawn because it failed.
        """
        draw, width, height = widget.render_lines, widget.get_content_width, widget.get_content_height

        def render_lines(crop: Region) -> list[Strip]:
            try:
                return draw(crop)
            except Exception as error:
                self.take(error, _named(widget))
                return _words(f"{_named(widget)} cannot be drawn: {reason(error, named=True)}", crop)

        def get_content_width(container: Size, viewport: Size) -> int:
            try:
                return width(container, viewport)
            except Exception as error:
                self.take(error, _named(widget))
                return container.width

        def get_content_height(container: Size, viewport: Size, columns: int) -> int:
            try:
                return height(container, viewport, columns)
            except Exception as error:
                self.take(error, _named(widget))
                return 1

        _replace(
            widget,
            render_lines=render_lines,
            get_content_width=get_content_width,
            get_content_height=get_content_height,
        )


class Failed(Protocol):
    """Told of a widget's handler that failed."""

    def __call__(self, widget: Widget, error: Exception, /, *, opening: bool) -> None:
        """`opening`: the widget was not open yet, and may lack some of its parts."""


def guard_messages(widget: Widget, failed: Failed) -> None:
    """Let a widget go on with the next message after one whose handler failed.

    Otherwise its loop of messages ends with the first error: it would hear of nothing any more.
    """
    dispatch, compose = widget._dispatch_message, widget.compose

    async def dispatch_message(message: Message) -> None:
        try:
            await dispatch(message)
        except Exception as error:
            failed(widget, error, opening=isinstance(message, (Compose, Mount)))

    def composed() -> ComposeResult:
        try:
            yield from compose()
        except Exception as error:
            failed(widget, error, opening=True)

    _replace(widget, _dispatch_message=dispatch_message, compose=composed)


def _replace(widget: Widget, **functions: Callable[..., Any]) -> None:
    for name, function in functions.items():
        setattr(widget, name, function)


def place(error: BaseException) -> str:
    """Return the innermost line of ours that an error passed, `file.py:12`; of others' if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}fada_tui{os.sep}" in frame.filename]
    if not frames:
        return "an unknown place"
    frame = (ours or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _named(widget: Widget) -> str:
    return f"{type(widget).__name__}#{widget.id}" if widget.id else type(widget).__name__


def _words(text: str, crop: Region) -> list[Strip]:
    """Return a text as lines of a region's size."""
    said = wrap(printable(text), max(crop.width, 1))[: crop.height]
    lines = [Strip([Segment(line)]).crop_extend(0, crop.width, None) for line in said]
    return [*lines, *(Strip.blank(crop.width) for _ in range(crop.height - len(lines)))]
