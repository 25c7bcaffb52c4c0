"""A few lines at the bottom for one thing about an answer: they hide neither its picture nor its text."""

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar

Result = TypeVar("Result")


class Strip(ModalScreen[Result]):
    """What there is to do, above its name, its keys, and what is said of it.

    Args:
        heading: what it is about.
    """

    PLACES: ClassVar[tuple[str, ...]] = ()

    DEFAULT_CSS = """
    Strip {
        background: transparent;
        & > Vertical {
            dock: bottom;
            width: 100%;
            height: auto;
            min-height: 2;
            max-height: 60%;
            background: $panel;
        }
        &.-low > Vertical { min-height: 1; }
        & Horizontal { height: auto; padding: 0 1; }
        & .heading {
            width: auto;
            max-width: 40%;
            height: 1;
            color: $primary;
            text-style: bold;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        & .said { width: 1fr; height: auto; max-height: 3; padding: 0 0 0 1; color: $warning; }
        & KeyBar { dock: none; width: auto; padding: 0 1; max-height: 1; background: transparent; }
    }
    """

    def __init__(self, heading: str) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
        self._heading = heading

    def compose(self) -> ComposeResult:
        """Lay the strip out."""
        with Vertical():
            yield from self.content()
            with Horizontal():
                yield Static(line(self._heading), classes="heading")
                yield KeyBar(*self.PLACES)
                yield Static("", markup=False, classes="said")

    def content(self) -> Iterable[Widget]:
        """What stands above the keys; nothing by default."""
        return ()

    def tell(self, text: str) -> None:
        """Say something beside the keys, in place of the name."""
        self.query_one(".said", Static).update(line(text))
        self.query_one(".heading").display = not text
