"""What the actions need of the screen that shows their outcome: all that they know of it."""

from collections.abc import Coroutine
from typing import Any, Protocol

from fada_tui.tui.state.image_rows import Slot
from fada_tui.tui.state.views import NoticeKind


class MainView(Protocol):
    """Shows the workspace."""

    @property
    def is_open(self) -> bool:
        """Whether the program goes on; what is read from disk may arrive after its end."""

    @property
    def highlighted_model(self) -> str | None:
        """The name of the model under the cursor of the model list."""

    @property
    def seconds_in_sight(self) -> float:
        """For how long a person can have seen what is shown: since it last moved by itself."""

    def say(self, text: str, kind: NoticeKind = "info", *, keep: bool = False) -> None:
        """Say a line; an error, and what is to `keep`, stays until the next."""

    def draw(self) -> None:
        """Show what there is to show, at once."""

    def draw_soon(self) -> None:
        """Show it within a moment: for what changes many times a second."""

    def draw_answer_soon(self) -> None:
        """Show within a moment the answer that grows."""

    def show_images(self) -> None:
        """Show other images, and all that follows from it."""

    def show_answer(self) -> None:
        """Bring the answer to sight, where tabs hide it."""

    def highlight(self, slot: Slot | None) -> None:
        """Put the cursor of the image list there."""

    def moved(self) -> None:
        """Note that what is shown has just moved by itself."""

    def refilter_soon(self) -> None:
        """Apply the filter again within a moment, as what it goes by has changed."""

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Carry something out while the person goes on."""

    def exit(self, code: int) -> None:
        """End the program with this exit code."""
