"""All panes of the main screen: side by side, or as tabs where the terminal is small."""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.tui.state.image_rows import ImageRows, Mark, Slot
from fada_tui.tui.state.views import AskedAbout
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer import AnswerPane
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.filterbox import FilterBox
from fada_tui.tui.widgets.gpu import GpuPane
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.models import ModelList, ModelPane
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.picture import Picture
from fada_tui.tui.widgets.runbar import RunBar
from fada_tui.tui.widgets.tabbar import TabBar
from fada_tui.tui.widgets.words import Words

SMALLEST = (60, 15)
"""Cells: less than that shows nothing but a request for more."""

ROOMY = (100, 24)
"""Cells from which all panes fit side by side."""

WIDE = 150
"""Cells from which the lists have room for columns."""

_HOMES: dict[str, type[Widget]] = {"models": ModelList, "images": ImageList, "answer": AnswerText}
"""What has the focus in a pane."""

_TABS = {"models": "models", "images": "images", "answer": "review"}


class Panes(Widget):
    """Models, GPU, images, picture, answer, the run bar, notices and keys.

    Args:
        marks: what the image list shows of an image.
        graphics: how pictures are drawn.
        context: the name of the rubric's context flag.
        filter_words: the filter's words.
    """

    def __init__(
        self,
        marks: Callable[[Slot], Mark],
        graphics: Detected,
        context: str,
        filter_words: Sequence[str],
    ) -> None:
        # A class that is added later would have all styles below it computed again.
        super().__init__(classes="-tab-images")
        self._marks = marks
        self._graphics = graphics
        self._flag = context
        self._filter_words = filter_words

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Static("", markup=False, id="too-small")
        yield Words(id="title", keep=True)
        yield TabBar()
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield ModelPane(id="models", classes="pane")
                with Vertical(id="gpu", classes="pane"):
                    yield GpuPane()
            with Vertical(id="images", classes="pane"):
                yield ImageList(self._marks)
                yield FilterBox(self._filter_words)
            with Container(id="right"):
                with Container(id="picture", classes="pane"):
                    yield Picture(self._graphics)
                yield AnswerPane(self._flag, id="answer", classes="pane")
        yield RunBar()
        yield Notice(id="notice")
        yield KeyBar("images", "verdict", "assess", "main", "app")

    def on_mount(self) -> None:
        """Name the panes."""
        for name, title in (
            ("models", "Models"),
            ("gpu", "GPU"),
            ("images", "Images"),
            ("picture", "Picture"),
            ("answer", "Answer"),
        ):
            self.query_one(f"#{name}").border_title = title

    def show_images(self, image_rows: ImageRows, slot: Slot | None, subtitle: str) -> None:
        """Show these images, one of them highlighted."""
        self.query_one(ImageList).show(image_rows, slot)
        self.query_one("#images").border_subtitle = line(subtitle)

    def highlight(self, slot: Slot | None) -> None:
        """Highlight an image."""
        if slot is not None:
            self.query_one(ImageList).select(slot)

    def show_picture(
        self,
        image: Path | None,
        neighbours: Sequence[Path],
        caption: str,
        asked: Sequence[AskedAbout],
    ) -> None:
        """Show an image's picture, unless it is another than was asked about."""
        self.query_one(Picture).show(image, neighbours, caption, asked)

    def show_title(self, text: str) -> None:
        """Show the current position in the top line."""
        self.query_one("#title", Words).say(text)

    def turn(self, step: int) -> None:
        """Give the focus to the next pane, or the previous one."""
        names = list(_HOMES)
        here = names.index(self.focused_pane)
        self.focus_pane(names[(here + step) % len(names)])

    @property
    def focused_pane(self) -> str:
        """The pane with the focus: `models`, `images` or `answer`."""
        for name, home in _HOMES.items():
            if self.query_one(home).has_focus:
                return name
        return "images"

    def focus_pane(self, name: str) -> None:
        """Give a pane the focus, and show it."""
        self.show_tab(_TABS[name])
        self.query_one(_HOMES[name]).focus()

    def show_answer(self) -> None:
        """Bring the answer to sight, where tabs hide it."""
        if self.has_class("-small"):
            self.focus_pane("answer")

    def show_tab(self, tab: str) -> None:
        """Show a tab, where there are tabs."""
        if not self.has_class(f"-tab-{tab}"):
            self.set_classes([*(one for one in self.classes if not one.startswith("-tab-")), f"-tab-{tab}"])
            self.query_one(TabBar).show(tab)

    @on(TabBar.Chosen)
    def _tab_chosen(self, event: TabBar.Chosen) -> None:
        self.focus_pane(next(name for name, tab in _TABS.items() if tab == event.tab))

    @on(ImageList.LeaveLeft)
    @on(ModelList.LeaveLeft)
    def _leave_left(self) -> None:
        self.turn(-1)

    @on(ImageList.LeaveRight)
    @on(ModelList.LeaveRight)
    def _leave_right(self) -> None:
        self.turn(1)

    def on_descendant_focus(self) -> None:
        """Show which pane has the focus, and the keys that work in it."""
        for pane in self.query(".pane"):
            pane.set_class(pane.has_focus_within, "-focused")
        self.show_keys()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout that the terminal has room for."""
        width, height = event.size
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-small")
        self.set_class(width >= WIDE, "-wide")
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        wanted = f"fada-tui needs {SMALLEST[0]} × {SMALLEST[1]}"
        self.query_one("#too-small", Static).update(f"{wanted}\nthis terminal has {width} × {height}")
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that work here: all of them where there is room."""
        if self.query_one(FilterBox).has_focus_within:
            self.query_one(KeyBar).show(("filter",))
            return
        pane = self.focused_pane
        places: tuple[str, ...] = (pane, "verdict", "assess", "main", "app")
        if self.has_class("-small"):
            places = ("verdict", "assess", "app") if pane == "answer" else (pane, "main", "app")
        self.query_one(KeyBar).show(places)
