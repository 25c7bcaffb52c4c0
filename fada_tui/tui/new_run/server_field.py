"""The field for a server's URL: what is served there is asked for in the background."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from fada_tui.core.errors import FadaError
from fada_tui.core.protocol import Listed
from fada_tui.models.endpoint import place_of
from fada_tui.tui.new_run import served
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.measured import Text

ListServed: TypeAlias = Callable[[str], Awaitable[Listed]]
"""Asks a server, by its URL, what it serves; raises `FadaError`."""


class ServerField(Vertical):
    """The field, with a line below it that says what came of the last URL.

    Args:
        ask: asks a server.
    """

    DEFAULT_CSS = """
    ServerField {
        height: auto;
        & Horizontal { height: 1; }
        & .label { width: 8; color: $muted; }
        & Input { width: 1fr; }
        & Text { display: none; height: auto; max-height: 3; color: $muted; }
        & Text.-wrong { color: $error; text-style: bold; }
    }
    """

    class Found(Message):
        """A message: a server has said what it serves, or a named model is wanted although it has not."""

        def __init__(self, url: str, listed: Listed | None, *, typed: bool) -> None:
            super().__init__()
            self.url = url
            self.listed = listed
            self.typed = typed
            """Whether a person asked, and not the list of models."""

    def __init__(self, ask: ListServed) -> None:
        super().__init__()
        self._ask = ask
        self._asked = 0

    def compose(self) -> ComposeResult:
        """Lay out the field."""
        with Horizontal():
            yield Static("Server", markup=False, classes="label")
            yield Input(id="server", compact=True, placeholder="http://HOST:PORT, then enter")
        yield Text("", markup=False)

    @property
    def said(self) -> str:
        """The line below the field."""
        return str(self.query_one(Text).content)

    def waits(self, url: str) -> bool:
        """Whether who typed this URL is still at the field, and has not typed on."""
        field = self.query_one(Input)
        return field is self.screen.focused and field.value.strip() == url

    def ask_all(self, urls: Iterable[str]) -> None:
        """Ask these servers, one after another; what goes wrong there is not told."""
        self.run_worker(self._quietly(tuple(urls)))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if url := event.value.strip():
            self._asked += 1
            self._say(f"asking {place_of(url) or 'the server'} …")
            self.run_worker(self._find(url, self._asked))

    async def _find(self, url: str, number: int) -> None:
        said, wrong, listed = "", False, None
        try:
            listed = await self._ask(url)
            said = served.summary(listed, place_of(url) or "")
        except (FadaError, OSError) as error:
            said, wrong = f"! {error}", True
        if number == self._asked:
            self._say(said, wrong=wrong)
        named = url.partition("#")[2] and place_of(url)
        if listed is not None or named:
            self.post_message(self.Found(url, listed, typed=True))

    async def _quietly(self, urls: tuple[str, ...]) -> None:
        for url in urls:
            try:
                listed = await self._ask(url)
            except (FadaError, OSError):
                await asyncio.sleep(0)
                continue
            self.post_message(self.Found(url, listed, typed=False))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        below = self.query_one(Text)
        below.update(line(text))
        below.set_class(wrong, "-wrong")
        below.display = bool(text)
