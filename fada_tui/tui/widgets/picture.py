"""The picture of an image, with its name, how it is looked at, its size and its category below."""

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.core.text import printable
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.view_text import longest, told, view_texts
from fada_tui.tui.state.views import AskedAbout
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.loader import Failed
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.canvas import OFF, Canvas

GAP = 3
"""Cells between two parts."""

LEAST_CAPTION = 5
"""Cells that an image's category is cut to at least, before it goes."""

SAYING_SECONDS = 0.3
"""How long the words wait for the picture that they are about."""

BORDER = 4
"""Cells of the line below that are not the words'."""

NARROWEST = 12
"""Cells that an image's name has at least."""

TOLD_APART = 20
"""Cells of its name for which the image's size is left out: names differ at their ends."""


class Picture(Widget):
    """Shows one image; browsing quickly loads only where it stops.

    Args:
        graphics: how this terminal draws pictures.
        id: of the widget.
        classes: of the widget.
    """

    DEFAULT_CSS = """
    Picture {
        width: 1fr;
        height: 1fr;
        layout: vertical;
        & > Static {
            dock: bottom;
            width: 100%;
            height: 1;
            padding: 0 1;
            color: $muted;
            text-align: center;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """

    def __init__(self, graphics: Detected, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._graphics = graphics
        self._path: Path | None = None
        self._caption = ""
        self._measures = ""
        self._said: str | None = None
        self._framed = False
        self._bordered = True
        self._view = AS_IT_IS
        self._whole_told = False
        self._saying: Timer | None = None

    def frame(self, *, framed: bool, bordered: bool = True) -> None:
        """Say in the border what else stands below the picture, or leave the name to others.

        Args:
            framed: in the border, or by others.
            bordered: whether there is a border.
        """
        if (framed, bordered) != (self._framed, self._bordered):
            self._framed, self._bordered = framed, bordered
            self._said = None
            self._say()

    def compose(self) -> ComposeResult:
        """Lay out the picture and its line."""
        yield Canvas(self._graphics)
        yield Static("", markup=False)

    def show(
        self,
        path: Path | None,
        neighbours: Sequence[Path],
        caption: str,
        asked: Sequence[AskedAbout] = (),
        view: View = AS_IT_IS,
    ) -> None:
        """Show an image from now on; the one that is shown already is left alone.

        Args:
            path: of the image; None for nothing.
            neighbours: images that are likely to be next, the likeliest first.
            caption: what to say of it beside its name and size: its category.
            asked: what the image was when the answers beside it were made.
            view: how to look at it.
        """
        if path != self._path:
            self._path, self._measures = path, ""
        self._caption, self._view = caption, view
        self._say()
        self.query_one(Canvas).show(path, neighbours, view, asked)

    def look(self, view: View, *, whole_told: bool) -> None:
        """Look at the image in another way.

        Args:
            view: how.
            whole_told: whether to say so, too, where it is seen as it is.
        """
        changed, self._view, self._whole_told = view != self._view, view, whole_told
        self.query_one(Canvas).look(view)
        if not changed:
            self._say()
        elif self._saying is None:
            # With the picture, if that comes soon: writing the border's words alone sends it once more.
            self._saying = self.set_timer(SAYING_SECONDS, self._say)

    def on_resize(self, event: events.Resize) -> None:
        """Cut the image's name to the room that there is now."""
        self._say()

    @on(Canvas.Arrived)
    def _arrived(self, event: Canvas.Arrived) -> None:
        event.stop()
        answer = event.answer
        if answer.request.path == self._path:
            self._measures = "" if isinstance(answer, Failed) else f"{answer.width} × {answer.height}"
            self._say()

    def _say(self) -> None:
        if self._saying is not None:
            self._saying.stop()
            self._saying = None
        viewed = (told if self._whole_told else view_texts)(self._view) if self._path else ()
        bare = self._framed and not self._bordered  # the name stands elsewhere, and there is no border
        parts = self._parts(viewed, alone=bare)
        said = " · ".join(part for part in parts if part)
        if said != self._said:
            self._said = said
            beneath = self.query_one(Static)
            beneath.display = bool(said) if bare else not self._framed
            shown = [line(part).stylize("$accent" if part in viewed else "") for part in parts if part]
            content = Content(" · ").join(shown)
            beneath.update(content, layout=False)
            self.border_subtitle = content if self._framed and self._bordered else ""

    def _parts(self, viewed: Sequence[str], *, alone: bool) -> list[str]:
        """Return what there is room for: name, view, measures and caption; of the view not less.

        Args:
            viewed: how the image is looked at, in words and in fewer.
            alone: return nothing else.
        """
        room = max(self.size.width - BORDER, 0)
        if alone:
            return [longest(viewed, room) or viewed[-1]] if viewed else []
        if self._path is None:
            return []
        name, more = printable(self._path.name), [self._measures, printable(self._caption)]
        if self._graphics.graphics == "off" and self.size.height < 2:
            more.append(OFF)
        if not self.size.width:
            return [name, *more]
        if viewed:
            view = longest(viewed[:2], room - NARROWEST - GAP)
            if not view:
                return [longest(viewed, room) or viewed[-1], more[-1]]
            more.insert(0, view)
        left = room - sum(cell_len(part) + GAP for part in more[:-1] if part)
        if left < min(cell_len(name), TOLD_APART):
            more.remove(self._measures)
            left = room - sum(cell_len(part) + GAP for part in more[:-1] if part)
        name = shortened(name, max(left, NARROWEST))
        left = room - cell_len(name) - sum(cell_len(part) + GAP for part in more[:-1] if part) - GAP
        if left < min(cell_len(more[-1]), LEAST_CAPTION):
            more[-1] = ""  # a lone "…" would look as if what stands before it were cut
        return [name, *more]
