"""The line at the top of a screen."""

from textual.widgets import Static

from fada_tui.tui.terminal.sanitise import line


class Title(Static):
    """Says what the screen shows, on one line; cut off where that is longer."""

    DEFAULT_CSS = """
    Title {
        height: 1;
        padding: 0 1;
        background: $panel;
        text-style: bold;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(line(text), classes="title")

    def say(self, text: str) -> None:
        """Say this from now on."""
        self.update(line(text), layout=False)
