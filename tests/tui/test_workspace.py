"""The actions without a screen: on a workspace whose view writes down what it is asked to show."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.tui.actions import judging, loading, run_events
from fada_tui.tui.actions.view import MainView
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.image_rows import Slot
from fada_tui.tui.terminal.graphics.detect import Detected
from tests.tui.dashboard import assessments_of, save_run

FIRST, SECOND = "Abdomen/Abdomen_001.png", "Abdomen/Abdomen_002.png"


class Shown(MainView):
    """Shows nothing, and notes what it would have."""

    is_open = True
    highlighted_model = None
    seconds_in_sight = 60.0

    def __init__(self) -> None:
        self.said: list[str] = []
        self.holds: Callable[[], bool] | None = None
        """Whether what was said last is still true."""
        self.highlighted: list[str] = []
        self.left: int | None = None

    def say(
        self,
        text: str,
        kind: str = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        self.said.append(text)
        self.holds = holds

    def highlight(self, slot: Slot | None) -> None:
        self.highlighted.append(slot.image.path if slot else "")

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        work.close()

    def exit(self, code: int) -> None:
        self.left = code


async def begun(folder: Path) -> tuple[Workspace, Shown]:
    """Return the workspace on the samples, as the dashboard has it once it has read what there is."""
    settings = Settings(results=str(folder / "results"), assessor="ada")
    app_context = AppContext(
        settings=settings,
        registry=load_registry(folder / "models.toml", SHIPPED),
        rubric=load_rubric(settings.rubric),
        graphics=Detected("half", "asked for"),
    )
    view = Shown()
    workspace = Workspace(app_context, view, lambda event: run_events.take(workspace, event))
    await loading.begin(workspace)
    await loading.open_latest(workspace)
    return workspace, view


async def test_judging_goes_on_to_the_next_answer_and_undoing_comes_back(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    workspace, view = await begun(tmp_path)
    assert view.said[-1].startswith("tiny, 20260101-000000_tiny: 0 of ")

    await judging.judge(workspace, "correct")
    assert [one.verdict for one in assessments_of(place)[FIRST]] == ["correct"]
    assert view.highlighted == [SECOND]

    await judging.undo(workspace)
    assert view.highlighted == [SECOND, FIRST] and view.said[-1] == f"undone: {FIRST}: no verdict"
    await workspace.leave()
    assert view.left == 0 and (place / "summary.md").exists()


async def test_a_verdict_on_what_has_just_moved_is_refused(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    workspace, view = await begun(tmp_path)
    view.seconds_in_sight = 0.0
    await judging.judge(workspace, "correct")
    assert view.said[-1] == "the picture has just changed: look, then judge"
    assert not assessments_of(place)


async def test_a_model_is_marked_and_the_mark_taken_away(tmp_path: Path) -> None:
    workspace, _ = await begun(tmp_path)
    for name in ("one", "two", "one", "one"):
        workspace.mark_model(name)
    assert workspace.marked_models == ("two", "one")


async def test_that_all_is_judged_is_said_until_it_is_not_so(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, view = await begun(tmp_path)
    for _ in range(24):
        await judging.judge(workspace, "correct")
    holds = view.holds
    told = "✓ correct · Heart_004 · all judged: 24 of 24 judged; s shows the page"
    assert view.said[-1] == told and holds and holds()
    await judging.undo(workspace)
    assert not holds()
