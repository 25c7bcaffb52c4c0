"""What "New run" says of the files that one names there, before the run is begun."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.records import ModelEntry
from fada_tui.images.catalogue import Catalogue
from fada_tui.models.load_errors import server_cuts
from fada_tui.models.registry import load_registry
from fada_tui.runs import planning
from fada_tui.tui.new_run.files import Files, asked_of, look, with_listed
from fada_tui.tui.new_run.form import TOGETHER, Form, Offer, faults, image_counts, with_typed
from fada_tui.tui.new_run.sections import Sections
from fada_tui.tui.state.image_tree import Tree
from tests.tui.dashboard import wait_for
from tests.tui.test_form import form, offer
from tests.tui.test_new_run import Host, answer, catalogue, estimate, opened  # noqa: F401

WRONG = {
    "references": ["/nowhere.csv", "a folder", "empty", "of others"],
    "rubric": ["nobodys", "/nowhere.toml", "broken"],
    "images_from": ["/nowhere.txt", "a folder", "of others"],
}


def there(catalogue: Catalogue, **changes: Any) -> Offer:  # noqa: F811
    return replace(offer(Settings(**changes)), tree=Tree(catalogue.images))


def looked(asked: Form, given: Offer, catalogue: Catalogue) -> Files:  # noqa: F811
    return look(asked, given, catalogue, Files())


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    contents = {
        "empty": "",
        "broken": "= broken",
        "of others": "image,q1\nnobody.png,nothing\n",
        "experts": "image,What anatomical structures can you see in this ultrasound image?\n"
        "Brain_001.png,brain\nBrain_002.png,brain\n",
        "list": "Brain/Brain_001.png\nHeart/Heart_001.png\nHeart/nobody.png\n",
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.csv").write_text(content)
    (tmp_path / "folder").mkdir()
    return {name: tmp_path / f"{name}.csv" for name in contents} | {"a folder": tmp_path / "folder"}


@pytest.mark.parametrize("field", WRONG)
def test_what_the_command_line_would_refuse_is_told_in_its_words(
    catalogue: Catalogue,  # noqa: F811
    files: dict[str, Path],
    field: str,
) -> None:
    for name in WRONG[field]:
        text = str(files.get(name, name))
        given = there(catalogue)
        found = looked(with_typed(form(given), field, text), given, catalogue)
        assert list(found.faults) == [field], name
        value: Any = (text,) if field == "references" else text
        settings = Settings(**{"model": ("fada-demo",), field: value})
        with pytest.raises(UsageError) as refused:
            planning.jobs(settings, load_registry(Path("/nowhere")), None)
        assert str(refused.value) == found.faults[field]


def test_what_is_in_files_is_told(catalogue: Catalogue, files: dict[str, Path]) -> None:  # noqa: F811
    given = there(catalogue)
    plain = form(given)
    assert looked(plain, given, catalogue).notes == {}
    asked = with_typed(plain, "references", f"{files['experts']}; {files['experts']}")
    found = looked(asked, given, catalogue)
    assert found.notes["references"] == "2 of 24 answers have a reference, 1 other expert beside them"
    asked = with_typed(plain, "images_from", str(files["list"]))
    found = looked(asked, given, catalogue)
    assert found.notes["images_from"] == "list.csv: 2 images of 3 entries; 1 left out"
    assert image_counts(asked, with_listed(given, found))["all"] == 2
    heart = replace(asked, images="categories", categories=frozenset({"heart", "abdomen"}))
    assert image_counts(heart, with_listed(given, found))["categories"] == 1
    assert look(plain, with_listed(given, found), catalogue, found).listed is not found.listed


def test_where_the_dashboard_was_opened_with_a_list_all_images_are_read_once_it_is_taken_away(
    catalogue: Catalogue,  # noqa: F811
    files: dict[str, Path],
) -> None:
    given = there(catalogue, images_from=str(files["list"]))
    some = replace(catalogue, images=catalogue.images[:2])
    first = look(form(given), given, some, Files())
    assert first.listed is not None and len(first.listed.images) == 2
    assert asked_of(form(given), given) == first.asked
    none = look(with_typed(form(given), "images_from", ""), given, some, first)
    assert none.listed is not None and none.listed.images == catalogue.images


def test_what_does_not_go_together_is_refused_as_on_the_command_line() -> None:
    models = {"s": ModelEntry(name="s", source="http://127.0.0.1:9/v1#s")}
    given = replace(offer(Settings(frames=2, frame=1)), models=models)
    told = {TOGETHER: "--frames and --frame exclude each other: give one of them"}
    assert faults(form(given, models=("s",)), given) == told
    cut = replace(given, settings=Settings(max_tiles=3))
    assert faults(form(cut, models=("s",)), cut) == {TOGETHER: server_cuts("s")}


async def test_files_are_read_while_one_types_and_what_is_wrong_ends_the_start(
    catalogue: Catalogue,  # noqa: F811
    files: dict[str, Path],
) -> None:
    def note(pilot: Pilot[Any], name: str) -> str:
        return str(pilot.app.screen.query_one(f"#{name}-note", Static).content)

    app = Host(catalogue)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        screen.query_one("#images_from", Input).value = str(files["list"])
        await wait_for(pilot, lambda: "2 images × 1 question" in estimate(screen))
        assert note(pilot, "images_from").startswith("list.csv: 2 images")
        references = screen.query_one("#references", Input)
        references.value = "/nowhere.csv"
        await pilot.press("r")
        await wait_for(pilot, lambda: references.has_focus and "! " in note(pilot, "references"))
        assert "/nowhere.csv" in note(pilot, "references") and not app.answers
        assert screen.query_one(Sections).has_class("-open")
        references.value = str(files["experts"])
        await wait_for(pilot, lambda: note(pilot, "references").startswith("1 of 2 answers"))
        await pilot.press("ctrl+s")
        wanted = await answer(pilot)
        assert wanted is not None
        assert wanted.settings == Settings(
            images_from=str(files["list"]), references=(str(files["experts"]),)
        )


async def test_what_is_read_once_the_screen_is_left_is_shown_no_more(catalogue: Catalogue) -> None:  # noqa: F811
    app = Host(catalogue)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is not screen and not screen.is_attached)
        await screen._take_files()
