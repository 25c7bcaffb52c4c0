"""Opening the dashboard: querying the terminal first, and restoring it at the end."""

import os
import sys
import termios
import threading
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.terminal_symbols import drawn_symbols
from fada_tui.core.text import printable
from fada_tui.models.registry import Registry
from fada_tui.store.image_list import read_image_list
from fada_tui.tui.app import FadaApp
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.terminal.graphics.detect import PATIENCE, Choice, detect
from fada_tui.tui.terminal.graphics.late import driver
from fada_tui.tui.terminal.graphics.tmux_watch import watched
from fada_tui.tui.terminal.screen_output import own_output
from fada_tui.tui.terminal.shutdown import Shutdown

Attributes = list[Any]
"""A terminal's mode, as `termios` gives it."""


def check_terminal(environ: Mapping[str, str]) -> None:
    """Raise an error if there is no terminal to draw on.

    Raises:
        UsageError: there is none, or it can move no cursor.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("the dashboard needs a terminal; add --batch to run without a screen")
    if environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        raise UsageError(
            "this terminal can draw no screen (TERM is 'dumb' or not set); add --batch to run without one"
        )


def open_dashboard(
    settings: Settings,
    given: frozenset[str],
    registry: Registry,
    warnings: tuple[str, ...],
    resume: str | None,
    label: str | None,
) -> int:
    """Run the dashboard to its end; return the program's exit code.

    Args:
        settings: the settings in force.
        given: names of those that a person gave.
        registry: the model list.
        warnings: parts of the settings and lists that were not understood.
        resume: a run to resume at once.
        label: added to the folder names of new runs.

    Raises:
        UsageError: an unknown rubric or question set, settings that exclude each other, or a list of images
            that cannot be read.
        Exception: the dashboard could not be opened, by a fault of its own.
    """
    if settings.images_from and resume is None:  # told in the shell, where it can be mended
        read_image_list(settings.images_from)
    before = termios.tcgetattr(sys.stdin.fileno())
    app_context = AppContext(
        settings=settings,
        given=given,
        registry=registry,
        rubric=load_rubric(settings.rubric),
        graphics=detect(graphics_wanted(settings, os.environ), os.environ, sys.stdin.fileno()),
        warnings=warnings,
        resume=resume,
        label=label,
    )
    app_context.questions()
    app_context.frames()
    watch = (
        watched(os.environ, sys.stdin.fileno(), PATIENCE) if app_context.graphics.watched else nullcontext()
    )
    with own_output(), watch:
        app = FadaApp(app_context, driver_class=driver(app_context.graphics))
        shutdown = Shutdown(lambda hung_up: app.leave_soon(hung_up=hung_up), lambda: _mend(before))
        shutdown.install(sys.stdin.fileno())
        try:
            code = app.run()
        finally:
            threading.excepthook = threading.__excepthook__
            _mend(before)
    if app.fault is not None:
        raise app.fault
    if app.farewell:
        with suppress(OSError):  # a terminal that has hung up
            sys.stderr.write(f"fada-tui: {printable(app.farewell)}\n")
            sys.stderr.flush()
    return 128 + shutdown.signal if shutdown.signal else (code or app.return_code or 0)


def graphics_wanted(settings: Settings, environ: Mapping[str, str]) -> Choice:
    """Return how pictures are to be drawn: on a slow link as characters, unless a way of drawing was chosen.

    The finest characters cost no more than half blocks.
    """
    if settings.low_bandwidth and settings.graphics == "auto":
        return drawn_symbols(environ)
    return settings.graphics


def _mend(attributes: Attributes) -> None:
    """Restore the terminal's mode, unless it has hung up."""
    with suppress(termios.error, OSError):
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, attributes)
