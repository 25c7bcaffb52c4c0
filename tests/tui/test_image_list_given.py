"""The dashboard on the images that a list names."""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.core.paths import samples_dir
from fada_tui.core.records import Selection
from fada_tui.models.registry import load_registry
from fada_tui.runs.planning import jobs
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.actions import loading
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.terminal.graphics.detect import Detected
from tests.tui.dashboard import save_run
from tests.tui.program import OnPty
from tests.tui.test_workspace import Shown

NAMES = ("Heart/Heart_002.png", "Abdomen/Abdomen_003.png", "Heart/Heart_001.png")


async def begun(folder: Path, text: str) -> tuple[Workspace, Shown]:
    (folder / "list.txt").write_text(text)
    settings = Settings(results=str(folder / "results"), images_from=str(folder / "list.txt"))
    registry, rubric = load_registry(folder / "models.toml"), load_rubric("fada")
    context = AppContext(
        settings=settings, registry=registry, rubric=rubric, graphics=Detected("half", "asked for")
    )
    view = Shown()
    workspace = Workspace(context, view, lambda _: None)
    await loading.begin(workspace)
    await loading.open_latest(workspace)
    return workspace, view


async def test_the_list_s_images_alone_are_shown_and_asked_about(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, view = await begun(tmp_path, "\n".join(NAMES))
    review = workspace.review
    assert [slot.image.path for slot in review.shown.slots] == [NAMES[0], NAMES[2], NAMES[1]]
    assert review.run is None, "the latest run is about other images"
    assert "about the images of list.txt (3)" in review.hint
    context = workspace.app_context
    (job,), _ = jobs(context.settings, context.registry, None)
    assert [image.path for image in job.plan.images] == list(NAMES)
    assert view.said[-1].startswith("Press r")


async def test_the_latest_run_of_the_same_list_is_opened(tmp_path: Path) -> None:
    save_run(tmp_path, "20260101-000002_later", model="later")
    place = save_run(tmp_path)
    workspace, _ = await begun(tmp_path, "\n".join(NAMES))
    gallery, run = workspace.review.gallery, read_run(place)
    assert gallery is not None and gallery.image_list is not None
    selection = Selection(images_from=gallery.image_list)
    write_run(place, replace(run, dataset=replace(run.dataset, selection=selection)))
    workspace, _ = await begun(tmp_path, "\n".join(NAMES))
    found = workspace.review.run
    assert found is not None and found.id == run.id
    workspace, _ = await begun(tmp_path, "\n".join(NAMES[:2]))
    assert workspace.review.run is None


async def test_what_of_the_list_is_left_out_is_said(tmp_path: Path) -> None:
    _, view = await begun(tmp_path, "\n".join((*NAMES, "none.png")))
    assert view.said[0].startswith("list.txt: 3 images of 4 entries; 1 left out; not in the folder")
    _, view = await begun(tmp_path, "none.png")
    assert view.said[0].startswith(f"list.txt: its 1 entry names no image of {samples_dir()}: not in the ")


def test_a_list_that_cannot_be_read_is_told_in_the_shell(tmp_path: Path, start: Callable[..., OnPty]) -> None:
    program = start("--images-from", tmp_path / "gone.txt")
    program.wait_for(lambda text: "gone.txt; name a list of images" in text.replace("\n", ""))
    assert program.wait_end() == 2
