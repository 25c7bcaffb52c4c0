"""Writing a run's results for other programs, beside the run."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.core.errors import FadaError
from fada_tui.report.delimited import csv_file
from fada_tui.report.export_formats import EXPORT_FORMATS
from fada_tui.report.exports import export_run
from fada_tui.store import folder as store
from fada_tui.tui.keymap import bindings
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text

STEM = "results"
"""What the file is called, without its suffix."""


def write_export(folder: Path, format: str) -> Path:
    """Write a run's results beside its `run.json`, whole or not at all; return where.

    Raises:
        StoreError: the run cannot be read, or the file cannot be written.
    """
    path = folder / f"{STEM}.{format}"
    text = export_run(store.read_run(folder), format)
    store.write_whole(path, csv_file(text) if format == "csv" else text.encode())
    return path


class FormatList(Widget):
    """The formats, one of them under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"formats--key", "formats--cursor", "formats--muted"}
    DEFAULT_CSS = """
    FormatList {
        height: auto;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        & .formats--key { color: $accent; text-style: bold; }
        & .formats--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & .formats--muted { color: $secondary; }
    }
    """

    class Chosen(Message):
        """A format was clicked."""

        def __init__(self, format: str) -> None:
            super().__init__()
            self.format = format

    def __init__(self) -> None:
        super().__init__()
        self.cursor = 0

    def go(self, cursor: int) -> None:
        """Put the cursor on a format; from the last it goes to the first."""
        self.cursor = cursor % len(EXPORT_FORMATS)
        self.refresh()

    def render(self) -> Content:
        """Draw the formats, a line each."""
        key, cursor, muted = (
            self.get_visual_style(f"formats--{name}") for name in ("key", "cursor", "muted")
        )
        lines = []
        for at, one in enumerate(EXPORT_FORMATS):
            if at == self.cursor:
                text = f"› {one.key}  {one.name:<7}{one.purpose}".ljust(self.content_size.width)
                lines.append(Content.styled(text, cursor))
            else:
                lines.append(Content.assemble("  ", (one.key, key), f"  {one.name:<7}", (one.purpose, muted)))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Choose the format that was clicked."""
        if 0 <= event.y < len(EXPORT_FORMATS):
            self.post_message(self.Chosen(EXPORT_FORMATS[event.y].name))


class ExportScreen(ModalScreen[Path | None]):
    """Asks for the format; ends with where the file was written, or None.

    Args:
        folder: the run's.
    """

    PLACES = ("export",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("export")]
    DEFAULT_CSS = """
    ExportScreen {
        align: center middle;
        & > Vertical {
            width: 72;
            max-width: 100%;
            height: auto;
            padding: 1 2;
            border: round $primary;
            background: $surface;
        }
        & .title { height: 1; text-style: bold; }
        & .where { height: auto; max-height: 3; margin: 0 0 1 0; color: $muted; }
        & #said { height: auto; max-height: 4; margin: 1 0 0 0; color: $error; display: none; }
    }
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._writing = False

    def compose(self) -> ComposeResult:
        """Lay out the question between the screen behind it and the keys."""
        with Vertical():
            yield Static("Export this run's results", classes="title", markup=False)
            yield Static(line(f"into {self._folder}"), classes="where")
            yield FormatList()
            yield Text("", markup=False, id="said")
        yield KeyBar(*self.PLACES)

    def action_move(self, step: int) -> None:
        """Go to the next format, or the previous one."""
        formats = self.query_one(FormatList)
        formats.go(formats.cursor + step)

    async def action_choose(self) -> None:
        """Write the format under the cursor."""
        await self.action_write(EXPORT_FORMATS[self.query_one(FormatList).cursor].name)

    @on(FormatList.Chosen)
    async def _chosen(self, event: FormatList.Chosen) -> None:
        await self.action_write(event.format)

    async def action_write(self, format: str) -> None:
        """Write the run in this format, and end."""
        if not self._writing:
            self._writing = True
            self.query_one(FormatList).go([one.name for one in EXPORT_FORMATS].index(format))
            self._say(f"writing {STEM}.{format} …")
            self.run_worker(self._write(format))

    async def _write(self, format: str) -> None:
        try:
            path = await asyncio.to_thread(write_export, self._folder, format)
        except FadaError as error:
            self._say(f"! {error}")
        else:
            self.dismiss(path)
        finally:
            self._writing = False

    def _say(self, text: str) -> None:
        said = self.query_one("#said", Text)
        said.update(line(text))
        said.display = True
        # On a small terminal there is room for only one of the two.
        self.query_one(".where").display = False

    def action_back(self) -> None:
        """Write nothing."""
        if not self._writing:
            self.dismiss(None)
