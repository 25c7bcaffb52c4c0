"""The interface of the screen that shows the actions' outcomes."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from fada_tui.tui.state.image_rows import Slot
from fada_tui.tui.state.views import NoticeKind


class Companion(Protocol):
    """The interface of a screen above the main one that shows the workspace, too."""

    def draw(self) -> None:
        """Draw the current state at once."""

    def draw_answer(self) -> None:
        """Draw the growing answer."""

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line, as the main view does."""


class MainView(Protocol):
    """The interface of a screen that shows the workspace."""

    @property
    def is_open(self) -> bool:
        """Return whether the program is running; data from disk may arrive after its end."""

    @property
    def highlighted_model(self) -> str | None:
        """The name of the model under the cursor of the model list."""

    @property
    def seconds_in_sight(self) -> float:
        """Return for how long the user can have seen what is shown, since it last changed by itself."""

    def join(self, companion: Companion) -> None:
        """From now on, draw a screen above whenever this one is drawn, and say there what is said here."""

    def part(self, companion: Companion) -> None:
        """No longer do so."""

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line; an error, or a line to `keep`, stays until the next, or until it no longer holds."""

    def copy(self, text: str) -> None:
        """Copy a text to the clipboard, where the terminal allows that."""

    def draw(self) -> None:
        """Draw the current state at once."""

    def draw_soon(self) -> None:
        """Draw the current state soon: for changes that occur many times a second."""

    def draw_answer_soon(self) -> None:
        """Draw the growing answer soon."""

    def show_images(self) -> None:
        """Show other images, and update everything that depends on them."""

    def show_answer(self) -> None:
        """Show the answer, if tabs hide it."""

    def highlight(self, slot: Slot | None) -> None:
        """Move the cursor of the image list there."""

    def moved(self) -> None:
        """Record that what is shown has just changed by itself."""

    def refilter_soon(self) -> None:
        """Apply the filter again soon, as the data that it checks have changed."""

    def ask_name(self, doing: Callable[[], Awaitable[object]], unchanged: Callable[[], bool]) -> None:
        """Ask for the assessor's name above what is shown; once there is one, do what needed it.

        Args:
            doing: what a key asked for.
            unchanged: whether the answer that it was meant for is as it was; else nothing is done.
        """

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine while the user goes on working."""

    def exit(self, code: int) -> None:
        """End the program with this exit code."""
