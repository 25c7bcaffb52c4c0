"""A field with a few values, of which keys or clicks choose one: nothing is typed."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class ChoiceField(Widget, can_focus=True):
    """Shows the chosen value between two arrows.

    Args:
        id: of the field.
        choices: each value, and how it is shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice--arrow"}

    DEFAULT_CSS = """
    ChoiceField {
        height: 1;
        width: auto;
        background: $surface;
        & .choice--arrow { color: $unjudged; }
        &:focus {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
            & .choice--arrow { color: $block-cursor-foreground; }
        }
    }
    """

    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, field: "ChoiceField", value: str) -> None:
            super().__init__()
            self.field = field
            self.value = value

        @property
        def control(self) -> "ChoiceField":
            """The field."""
            return self.field

    def __init__(self, id: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(id=id)
        self._shown = dict(choices)
        self._width = max(map(len, self._shown.values()))
        self.set_reactive(ChoiceField.value, next(iter(self._shown)))

    def turn(self, step: int) -> None:
        """Choose the next value, or the one before."""
        values = list(self._shown)
        here = values.index(self.value) if self.value in values else 0
        self.value = values[(here + step) % len(values)]

    def watch_value(self, value: str) -> None:
        """Say that it changed."""
        self.post_message(self.Changed(self, value))

    def get_content_width(self, *_: object) -> int:
        """Return the width of the longest value with its arrows."""
        return self._width + 4

    def render(self) -> RenderResult:
        """Draw the value."""
        arrow = self.get_visual_style("choice--arrow")
        text = self._shown.get(self.value, self.value)
        return Content.assemble(("‹ ", arrow), f"{text:<{self._width}}", (" ›", arrow))

    def on_click(self, event: events.Click) -> None:
        """Choose the value on the side that was clicked; anywhere else, the next one."""
        self.turn(-1 if event.x < 2 else 1)
