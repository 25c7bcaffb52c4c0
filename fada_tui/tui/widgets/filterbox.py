"""The line in which a filter is typed; what matches is shown while one types."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from fada_tui.tui.keymap import bindings
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.measured import Text

TYPING_SECONDS = 0.12
"""How long whoever filters by it waits for more to be typed."""


class FilterBox(Vertical):
    """Hidden until opened.

    Args:
        words: the filter's words.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("filter")]

    DEFAULT_CSS = """
    FilterBox {
        height: auto;
        display: none;
        & Input { height: 1; background: $surface; }
        & .said { height: auto; max-height: 25vh; color: $muted; }
        & .said.-error { color: $error; }
    }
    """

    class Changed(Message):
        """Another filter stands in the box."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The box was closed; the filter that stood in it stays, or was cleared before."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__()
        self._words = self._shown_words = tuple(words)
        self._names: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay the box out."""
        yield Input(
            placeholder="/ filter", suggester=_Words(self.offers), select_on_focus=False, compact=True
        )
        yield Text("", markup=False, classes="said")

    def offers(self) -> Sequence[str]:
        """All that can be completed."""
        return (*self._shown_words, *self._names)

    def open(self, names: Iterable[str], without: Container[str] = ()) -> None:
        """Open the box; it completes these names beside the words, but for some of these."""
        self._names = tuple(names)
        self._shown_words = tuple(word for word in self._words if word not in without)
        self.display = True
        self.query_one(Input).focus()
        self.complain("")

    @property
    def empty(self) -> bool:
        """Whether no filter stands in the box."""
        return not self.query_one(Input).value

    def put(self, text: str) -> None:
        """Show a filter that holds already, unless one is being typed."""
        field = self.query_one(Input)
        if field is not self.screen.focused and field.value.strip() != text:
            with self.prevent(Input.Changed):
                field.value = text

    def clear(self) -> None:
        """Take the filter out, whether the box is open or not."""
        self.query_one(Input).value = ""

    def complain(self, error: str) -> None:
        """Say what is wrong with the filter; without an error, what can be typed."""
        said = self.query_one(".said", Text)
        said.update(line(error or " ".join(self._shown_words)))
        said.set_class(bool(error), "-error")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    def action_keep(self) -> None:
        """Keep the filter and close the box."""
        self._close()

    def action_cancel(self) -> None:
        """Clear the filter and close the box."""
        self.clear()
        self._close()

    def _close(self) -> None:
        self.display = False
        self.post_message(self.Closed())


class _Words(Suggester):
    """Completes the last word."""

    def __init__(self, offers: Callable[[], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._offers = offers

    async def get_suggestion(self, value: str) -> str | None:
        """Return the value with its last word completed."""
        word = value.rpartition(" ")[2].removeprefix("-")
        if not word:
            return None
        typed = word.casefold()
        offers = (offer for offer in self._offers() if offer.casefold().startswith(typed))
        found = next((offer for offer in offers if len(offer) > len(word)), None)
        if found is None:
            return None
        return value[: len(value) - len(word)] + word + found[len(word) :]
