"""All panes of the main screen, arranged for running models or for judging their answers."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.evaluation.rubric import Rubric
from fada_tui.tui.keymap import WHILE_OPEN
from fada_tui.tui.present.footer import idle
from fada_tui.tui.state.desk import DeskState
from fada_tui.tui.state.geometry import Arrangement, Box, Boxes, Desk, Pane, boxes
from fada_tui.tui.state.image_rows import ImageRows, Mark, Slot
from fada_tui.tui.state.list_line import ListLine
from fada_tui.tui.state.views import AskedAbout, KeyState
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.view import View
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer import AnswerPane
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.body import Body
from fada_tui.tui.widgets.filterbox import FilterBox
from fada_tui.tui.widgets.gpu import GpuPane
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.list_line import FoldedList
from fada_tui.tui.widgets.models import ModelList, ModelPane
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.picture import Picture
from fada_tui.tui.widgets.restyle import mark
from fada_tui.tui.widgets.runbar import RunBar
from fada_tui.tui.widgets.tabbar import TabBar
from fada_tui.tui.widgets.words import Words

SMALLEST = (60, 15)
"""Cells: less than that shows nothing but a request for more."""

_HOMES: dict[Pane, type[Widget]] = {"models": ModelList, "images": ImageList, "answer": AnswerText}
"""What has the focus in a pane."""

_ORDER: dict[Arrangement, tuple[Pane, ...]] = {
    "running": ("models", "images", "answer"),
    "judging": ("answer", "images", "models"),
}
"""How the focus goes from pane to pane."""

_TABS: dict[Pane, str] = {"models": "models", "images": "images", "answer": "review"}


class Panes(Widget):
    """Models, GPU, images, picture, answer, the run bar, notices and keys.

    Args:
        marks: what the image list shows of an image.
        graphics: how pictures are drawn.
        rubric: what to assess by.
        filter_words: the filter's words.
        desk: which arrangement they have.
    """

    def __init__(
        self,
        marks: Callable[[Slot], Mark],
        graphics: Detected,
        rubric: Rubric,
        filter_words: Sequence[str],
        desk: DeskState,
    ) -> None:
        super().__init__()
        self._marks = marks
        self._graphics = graphics
        self._rubric = rubric
        self._filter_words = filter_words
        self._desk = desk
        self._here: Pane = "images"
        self._browsed = False
        """A person has done something in the list of images."""
        self._bordered = True
        self._boxes: Boxes = {}
        """Where the panes were placed last."""
        self._idle: frozenset[str] = frozenset()
        self._window = False

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Static("", markup=False, id="too-small")
        yield Words(id="title", keep=True)
        yield TabBar()
        with Body(self._place, id="body"):
            yield ModelPane(id="models", classes="pane")
            with Vertical(id="gpu", classes="pane"):
                yield GpuPane()
            with Vertical(id="images", classes="pane"):
                yield ImageList(self._marks)
                yield FilterBox(self._filter_words)
            yield FoldedList(id="line")
            yield Picture(self._graphics, id="picture", classes="pane")
            yield AnswerPane(self._rubric.context.name, id="answer", classes="pane", rubric=self._rubric)
        yield RunBar()
        yield Notice(id="notice")
        yield KeyBar("images", "verdict", "assess", "main", "app", steady=True)

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
        view: View,
    ) -> None:
        """Show an image's picture, unless it is another than was asked about."""
        self.query_one(Picture).show(image, neighbours, caption, asked, view)

    @property
    def has_picture(self) -> bool:
        """Whether there is room for the picture now."""
        return "picture" in boxes(*self.room, self.desk)

    def look(self, view: View, *, whole_told: bool) -> None:
        """Look at the picture in another way; `whole_told`: say so, too, where it is seen as it is."""
        self.query_one(Picture).look(view, whole_told=whole_told)

    def show_title(self, text: str) -> None:
        """Show the current position in the top line."""
        self.query_one("#title", Words).say(text)

    def show_line(self, here: ListLine) -> None:
        """Show the list's line, which stands for the list where that is folded."""
        self.query_one(FoldedList).show(here)

    # Where the focus is

    def turn(self, step: int) -> None:
        """Give the focus to the next pane, or the previous one."""
        names = _ORDER[self.desk.arrangement]
        here = names.index(self.focused_pane)
        self.focus_pane(names[(here + step) % len(names)])

    @property
    def focused_pane(self) -> Pane:
        """The pane with the focus: `models`, `images` or `answer`."""
        return self._here

    def focus_pane(self, name: Pane) -> None:
        """Give a pane the focus, and show it."""
        self._focused(name)
        self.query_one(_HOMES[name]).focus()

    def show_answer(self) -> None:
        """Bring the answer to sight, where tabs hide it."""
        self._browsed = False  # A run was begun since.
        if self.desk.tabs:
            self.focus_pane("answer")

    @property
    def elsewhere(self) -> bool:
        """Whether a person does something else than looking at answers: with models, filter or list."""
        if self.query_one(FilterBox).has_focus_within or self._here == "models":
            return True
        return self._here == "images" and self._browsed

    def browse(self) -> None:
        """Note that a person does something in the list of images."""
        self._browsed = True

    @on(TabBar.Chosen)
    def _tab_chosen(self, event: TabBar.Chosen) -> None:
        self.focus_pane(next(name for name, tab in _TABS.items() if tab == event.tab))

    @on(FoldedList.Opened)
    def _unfold(self) -> None:
        self.focus_pane("images")

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
            mark(pane, "-focused", marked=pane.has_focus_within)
        # A widget that has lost the focus may not know it yet.
        focused = next((name for name, home in _HOMES.items() if isinstance(self.screen.focused, home)), None)
        self._focused(focused or ("images" if self.query_one(FilterBox).has_focus_within else self._here))

    def _focused(self, name: Pane) -> None:
        if name != self._here:
            self._browsed = False
        self._here = name
        self.rearrange()
        self.show_keys()

    # Where the panes stand

    @property
    def desk(self) -> Desk:
        """What decides where the panes stand now."""
        return self._desk.desk(self._here, self.app.size)

    def _place(self, width: int, height: int) -> Boxes:
        return boxes(width, height, self.desk)

    @property
    def room(self) -> tuple[int, int]:
        """Columns and rows of what the panes stand in."""
        return self.query_one("#body").size

    def rearrange(self) -> None:
        """Place the panes as they should stand now; those that stand so already are left alone."""
        desk = self.desk
        bar = self.query_one(TabBar)
        bar.show(_TABS[self._here])
        bar.display = desk.tabs
        placed = boxes(*self.room, desk)
        self._edge(desk)
        if "answer" in placed:
            self._fit_answer(placed["answer"], desk)
        if placed != self._boxes:
            self._boxes = placed
            self.query_one(FoldedList).refresh(layout=True)

    def fold(self) -> str:
        """Fold the focused pane, or unfold it for good; return what happened, in words."""
        pane, arrangement = self._here, self._desk.arrangement
        if not self._desk.foldable(pane, self.app.size):
            return "here panes are tabs" if self.desk.tabs else f"v turns to running, where {pane} folds"
        if self._desk.fold(pane):
            self.focus_pane("images" if (arrangement, pane) == ("running", "answer") else "answer")
            return f"{pane} folded: tab shows it, _ unfolds it for good"
        self.rearrange()
        return f"{pane} unfolded"

    def resize(self, step: int) -> str:
        """Make the focused pane a step larger, or smaller; return why not, in words."""
        if self._desk.filled:
            return "this pane fills the screen; Z takes it back"
        if not self._desk.resize(self._here, step, self.app.size, self.room):
            return f"{self._here} can be no {'larger' if step > 0 else 'smaller'}"
        self.rearrange()
        return ""

    def _edge(self, desk: Desk) -> None:
        judging = desk.arrangement == "judging"
        self.query_one(Picture).frame(framed=judging, bordered=desk.bordered)
        if desk.bordered != self._bordered:
            self._bordered = desk.bordered
            for name in ("#models", "#images", "#picture", "#answer"):
                self.query_one(name).styles.border = None if desk.bordered else ("none", "black")

    def _fit_answer(self, box: Box, desk: Desk) -> None:
        edge = 2 if desk.bordered else 0
        self.query_one(AnswerPane).fit_to(
            judging=desk.arrangement == "judging",
            compact=desk.small,
            bordered=desk.bordered,
            columns=box.width - edge - 2,
            rows=box.height - edge,
        )

    def on_resize(self, event: events.Resize) -> None:
        """Choose what the terminal has room for."""
        width, height = event.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        wanted = f"fada-tui needs {SMALLEST[0]} × {SMALLEST[1]}"
        self.query_one("#too-small", Static).update(f"{wanted}\nthis terminal has {width} × {height}")
        self.rearrange()
        self.show_keys()

    def show_idle(self, state: KeyState) -> None:
        """Leave those keys out that do nothing in this state."""
        self._idle = idle(replace(state, long=self.query_one(AnswerText).is_long))
        self._window = state.window
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that do something here and now, the most used ones first."""
        if self.query_one(FilterBox).has_focus_within:
            self.query_one(KeyBar).show(("filter",))
            return
        if self._window:
            self.query_one(KeyBar).show(WHILE_OPEN, self._idle)
            return
        self.query_one(KeyBar).show((self.focused_pane, "verdict", "assess", "main", "app"), self._idle)
