"""The queue: what runs, and what waits: moved, dropped, and started again from here."""

from collections.abc import Callable, Coroutine
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from fada_tui.report import units
from fada_tui.runs.run_queue import WaitingRun
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.sheet_actions import SheetActions
from fada_tui.tui.state.run_control import SAMPLE_SECONDS
from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.runbar import RunBar
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet
from fada_tui.tui.widgets.title import Title

COLUMNS = (
    Column(key="turn", heading="#", right=True),
    Column(key="model", heading="Model", least=12),
    Column(key="images", heading="Images", right=True, rank=2),
    Column(key="questions", heading="Quest.", right=True, rank=3),
    Column(key="answers", heading="Answers", right=True, rank=1),
    Column(key="takes", heading="Takes", right=True, rank=4),
    Column(key="state", heading=""),
)

EMPTY = "No run waits. A run that is set up (r) while another goes on waits here for its turn."
KEPT = "Kept when a run was stopped: w starts the queue again. What waits is gone when fada-tui is left."
TURNS = "They start one after another. What waits is gone when fada-tui is left."


class QueueScreen(Screen[None], SheetActions):
    """Shows the queue, and changes it; drawn whenever the main screen is.

    Args:
        workspace: whose queue it is.
        stop: asks what becomes of what waits, and stops the run in progress.
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

    def __init__(self, workspace: Workspace, stop: Callable[[], Coroutine[None, None, None]]) -> None:
        super().__init__()
        self._workspace = workspace
        self._stop = stop
        self._shown: tuple[WaitingRun, ...] | None = None
        self._stopping = False
        """Whether what is said is about stopping from here."""

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
        self.set_interval(SAMPLE_SECONDS, self.draw)
        self.draw()

    def on_unmount(self) -> None:
        """Follow it no longer."""
        self._workspace.view.part(self)

    def draw(self) -> None:
        """Show what runs and what waits now; the cursor stays on its run while that waits."""
        queue, sheet = self._workspace.run_control.queue, self.query_one(Sheet)
        self.query_one(RunBar).show(self._workspace.run_view())
        self.query_one(Notice).check()
        self.query_one(KeyBar).show(self.PLACES, _idle(queue.runs, busy=queue.busy))
        if queue.runs == self._shown:
            return
        here, self._shown = self._run, queue.runs
        numbers = [one.number for one in queue.runs]
        at = numbers.index(here.number) if here and here.number in numbers else sheet.cursor
        blind = self._workspace.open_runs.blind
        rows = (_cells(one, queue.upcoming, blind=blind) for one in queue.runs)
        sheet.show([(Cell(str(turn), "muted"), *row) for turn, row in enumerate(rows, start=1)], at)
        self.query_one(Title).say(title(queue.runs))
        self.query_one("#detail", Static).update(line(detail(queue.runs)))

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
    def _run(self) -> WaitingRun | None:
        at = self.query_one(Sheet).cursor
        return self._shown[at] if self._shown and at < len(self._shown) else None

    def action_shift(self, step: int) -> None:
        """Let the run under the cursor run later, or earlier."""
        if (run := self._run) and self._workspace.run_control.queue.move(run.number, step):
            self._workspace.view.draw()

    def action_drop(self) -> None:
        """Ask whether the run under the cursor is dropped."""
        if run := self._run:
            self.run_worker(self._drop(run), group=DOOR, exclusive=True)

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

    def action_go_on(self) -> None:
        """Start the runs that were kept."""
        queue = self._workspace.run_control.queue
        if not queue.kept:
            self._tell("nothing is kept: what waits starts by itself")
            return
        self._workspace.review.awaiting = not queue.busy
        queue.go_on()
        self._workspace.view.say("")
        self._tell("")
        self._workspace.view.draw()

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


def title(runs: tuple[WaitingRun, ...]) -> str:
    """Return how many runs wait, and with how many answers and how long a time that is."""
    if not runs:
        return "Queue"
    parts = [units.count(len(runs), "run waits", "runs wait")]
    parts.append(units.count(sum(one.extent.answers for one in runs), "answer"))
    seconds = [one.extent.seconds for one in runs]
    known = [value for value in seconds if value is not None]
    if known:
        least = "" if len(known) == len(seconds) else "at least "
        parts.append(f"{least}{units.expected_time(sum(known))}")
    return f"Queue · {' · '.join(parts)}"


def detail(runs: tuple[WaitingRun, ...]) -> str:
    """Return when the waiting runs start."""
    if not runs:
        return EMPTY
    return KEPT if any(one.kept for one in runs) else TURNS


def _idle(runs: tuple[WaitingRun, ...], *, busy: bool) -> frozenset[str]:
    """Return the ids of the commands that would do nothing now."""
    few = {"queue.later", "queue.earlier", "queue.down", "queue.up"} if len(runs) < 2 else set()
    none = {"queue.drop"} if not runs else set()
    none |= set() if busy else {"queue.stop"}
    kept = any(one.kept for one in runs)
    return frozenset(few | none | (set() if kept else {"queue.go_on"}))


def _cells(run: WaitingRun, upcoming: WaitingRun | None, *, blind: bool) -> tuple[Cell, ...]:
    size = run.extent
    takes = "" if size.seconds is None else units.expected_time(size.seconds)
    return (
        Cell("(hidden)" if blind else run.label),
        Cell(f"{size.images:,}"),
        Cell(f"{size.questions:,}"),
        Cell(f"{size.answers:,}"),
        Cell(takes),
        Cell("kept", "partial") if run.kept else Cell("next" if run == upcoming else "", "running"),
    )
