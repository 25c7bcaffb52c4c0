"""The queue: what runs and what waits, here and in the queue's file: moved, dropped, started from here."""

from collections.abc import Callable, Coroutine
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.messages import Prune
from textual.widgets import Static

from fada_tui.runs.run_queue import WaitingRun
from fada_tui.tui.actions import left_queue
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.queue import Heading, Row, cells, detail, key_of, rows, title
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.layered import LayeredScreen
from fada_tui.tui.screens.sheet_actions import SheetActions
from fada_tui.tui.state.left_queue import LeftQueue, LeftRun, moved
from fada_tui.tui.state.run_control import SAMPLE_SECONDS
from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.runbar import RunBar
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet
from fada_tui.tui.widgets.title import Title

RUNS_NOW = "it runs now; x stops it"

COLUMNS = (
    Column(key="turn", heading="#", right=True),
    Column(key="model", heading="Model", least=12),
    Column(key="images", heading="Images", right=True, rank=2),
    Column(key="questions", heading="Quest.", right=True, rank=3),
    Column(key="answers", heading="Answers", right=True, rank=1),
    Column(key="takes", heading="Takes", right=True, rank=4),
    Column(key="state", heading=""),
)


class QueueScreen(LayeredScreen[None], SheetActions):
    """Shows the queue, and changes it; drawn whenever the main screen is.

    Args:
        workspace: whose queue it is.
        stop: asks what becomes of what waits, and stops the run in progress.
        start_left: asks for what the runs that were left need, and starts them.
    """

    PLACES = ("queue",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("queue")]
    DEFAULT_CSS = """
    QueueScreen {
        overflow: hidden;
        & > Sheet { margin: 1 1 0 1; }
        & > #detail { height: auto; max-height: 3; padding: 0 2; color: $muted; border-top: solid $border; }
    }
    """

    def __init__(
        self,
        workspace: Workspace,
        stop: Callable[[], Coroutine[None, None, None]],
        start_left: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._stop = stop
        self._start_left = start_left
        self._shown: tuple[Row, ...] | None = None
        self._looking = False
        """Whether the queue's file is being read."""
        self._stopping = False
        """Whether what is said is about stopping, or starting, from here."""

    def compose(self) -> ComposeResult:
        """Lay out what runs over what waits."""
        yield Title("Queue")
        yield RunBar()
        yield Sheet(COLUMNS)
        yield Static("", markup=False, id="detail")
        yield Notice(id="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Show the queue, and follow it."""
        self._workspace.view.join(self)
        self.set_interval(SAMPLE_SECONDS, self._look)
        self.draw()
        self._look()

    def _look(self) -> None:
        """Draw what has changed here, then look at the queue's file, unless that is being done still."""
        self.draw()
        if not self._looking:
            self._looking = True
            self.run_worker(self._read())

    async def _read(self) -> None:
        try:
            await left_queue.read(self._workspace)
        finally:
            self._looking = False

    @on(Prune)
    def _leave_view(self) -> None:
        """Follow it no longer."""
        self._workspace.view.part(self)

    def draw(self) -> None:
        """Show what runs and what waits now; the cursor stays on its run while that waits."""
        queue, left = self._workspace.run_control.queue, self._workspace.left_queue
        sheet, blind = self.query_one(Sheet), self._workspace.open_runs.blind
        now = rows(queue.runs, left)
        self.query_one(RunBar).show(self._workspace.run_view())
        self.query_one(Notice).check()
        if now != self._shown:
            here, self._shown = key_of(self._row), now
            keys = [key_of(row) for row in now]
            at = keys.index(here) if here in keys else sheet.cursor
            if not any(here) and len(now) > 1 and isinstance(now[0], Heading):
                at = 1
            shown = cells(now, queue.upcoming, blind=blind)
            sheet.show([[Cell(*cell) for cell in row] for row in shown], at)
            self.query_one(Title).say(title(queue.runs, left))
        self._draw_keys()

    def _draw_keys(self) -> None:
        """Show what can be done with the run under the cursor, and when that starts."""
        workspace = self._workspace
        queue, left, blind = workspace.run_control.queue, workspace.left_queue, workspace.open_runs.blind
        stops = queue.busy or workspace.followed_runs.at_work is not None
        self.query_one(KeyBar).show(self.PLACES, _idle(self._row, queue.runs, left, stops=stops))
        self.query_one("#detail", Static).update(line(detail(self._row, queue.runs, left, blind=blind)))

    @on(Sheet.Highlighted)
    def _highlighted(self) -> None:
        self._draw_keys()

    def draw_answer(self) -> None:
        """Show nothing of answers."""

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line of what goes wrong, or of stopping; others are about keys of the main screen."""
        if self._stopping or kind in ("warning", "error"):
            self.query_one(Notice).tell(text, kind, keep=keep, holds=holds)

    @property
    def _row(self) -> Row | None:
        at = self.query_one(Sheet).cursor
        return self._shown[at] if self._shown and at < len(self._shown) else None

    def action_shift(self, step: int) -> None:
        """Let the run under the cursor run later, or earlier."""
        match self._row:
            case WaitingRun(number=number):
                if self._workspace.run_control.queue.move(number, step):
                    self._workspace.view.draw()
            case LeftRun(now=True):
                self._tell(RUNS_NOW)
            case LeftRun(run=run):
                now = frozenset(one.run for one in self._workspace.left_queue.runs if one.now)
                change = left_queue.change(self._workspace, lambda queue: moved(queue, run, step, now))
                self.run_worker(change, group=DOOR)

    def action_drop(self) -> None:
        """Ask whether the run under the cursor is dropped."""
        match self._row:
            case WaitingRun() as run:
                self.run_worker(self._drop(run), group=DOOR, exclusive=True)
            case LeftRun(now=True):
                self._tell(RUNS_NOW)
            case LeftRun() as left:
                self.run_worker(self._drop_left(left), group=DOOR, exclusive=True)

    async def _drop(self, run: WaitingRun) -> None:
        name = "this run" if self._workspace.open_runs.blind else run.label
        asked = ConfirmScreen(
            f"Drop {name} from the queue?",
            "It has not begun: nothing of it is on disk.",
            "Drop",
            danger=False,
        )
        if await self.app.push_screen_wait(asked):
            dropped = self._workspace.run_control.queue.remove(run.number)
            self._tell(f"{name} is dropped" if dropped else f"{name} has begun meanwhile; x stops it")
            self._workspace.view.draw()

    async def _drop_left(self, run: LeftRun) -> None:
        name = "this run" if self._workspace.open_runs.blind else run.label
        asked = ConfirmScreen(
            f"Drop {name} from the queue?",
            "If it never began, its folder is removed. What has answers stays, and can be resumed.",
            "Drop",
            danger=True,
        )
        if await self.app.push_screen_wait(asked):
            came = await left_queue.drop(self._workspace, run.run)
            if came:  # else why not was told
                self._tell(f"{name}: {came}")

    def action_go_on(self) -> None:
        """Start the runs that were kept, or left: those of the queue under the cursor."""
        queue, left = self._workspace.run_control.queue, self._workspace.left_queue
        own = isinstance(self._row, WaitingRun) or not left.idle
        if not own or (left.idle and not queue.kept):
            self.run_worker(self._ask_to_start(), group=DOOR, exclusive=True)
        elif queue.kept:
            self._workspace.review.awaiting = not queue.busy
            queue.go_on()
            self._workspace.view.say("")
            self._tell("")
            self._workspace.view.draw()
        else:
            self._tell("nothing is kept: what waits starts by itself")

    async def _ask_to_start(self) -> None:
        self._stopping = True
        await self._start_left()
        self._stopping = False

    def action_stop(self) -> None:
        """Stop the run in progress."""
        self.run_worker(self._ask_to_stop(), group=DOOR, exclusive=True)

    async def _ask_to_stop(self) -> None:
        self._stopping = True
        await self._stop()
        self._stopping = False

    def _tell(self, text: str) -> None:
        self.query_one(Notice).tell(text)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)


def _idle(row: Row | None, own: tuple[WaitingRun, ...], left: LeftQueue, *, stops: bool) -> frozenset[str]:
    """Return the ids of the commands that would do nothing now."""
    none = set() if stops else {"queue.stop"}
    among = len(own) if isinstance(row, WaitingRun) else left.waiting if isinstance(row, LeftRun) else 0
    runs_now = isinstance(row, LeftRun) and row.now
    if among < 2 or runs_now:
        none |= {"queue.later", "queue.earlier"}
    if not among or runs_now:
        none |= {"queue.drop"}
    if len(own) + len(left.runs) < 2:
        none |= {"queue.down", "queue.up"}
    if not left.idle and not any(one.kept for one in own):
        none |= {"queue.go_on"}
    return frozenset(none)
