"""The fields of "New run" that are chosen, or take any text, and the rarer ones that are folded."""

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from fada_tui.config.settings import Settings
from fada_tui.core.records import ModelEntry
from fada_tui.images.catalogue import Catalogue
from fada_tui.tui.new_run.choice_field import ChoiceField
from fada_tui.tui.new_run.fields import choices, hints, unfolded
from fada_tui.tui.new_run.fold import Fold
from fada_tui.tui.new_run.form import faults, request, with_typed
from fada_tui.tui.new_run.path_suggester import PathSuggester
from tests.runs.test_preflight import smol  # noqa: F401
from tests.tui.dashboard import screen_text, wait_for
from tests.tui.test_form import form, offer
from tests.tui.test_new_run import Host, answer, catalogue, estimate, opened  # noqa: F401


def test_texts_are_taken_as_typed_and_an_empty_one_is_the_default() -> None:
    there = offer(Settings(rubric="mine.toml", system_prompt="Be brief."), label="first")
    typed = {
        "system_prompt": " Look closely. ",
        "rubric": "",
        "references": "~/a.csv; 'b, c.xlsx' ;;",
        "label": " second ",
        "device": "",
    }
    asked = form(there)
    assert request(asked, there).settings.rubric == "mine.toml"
    assert request(asked, there).label == "first"
    for name, text in typed.items():
        asked = with_typed(asked, name, text)
    assert not faults(asked, there)
    wanted = request(asked, there)
    assert wanted.label == "second"
    assert wanted.settings.system_prompt == "Look closely."
    assert wanted.settings.rubric == "fada" and wanted.settings.device == "auto"
    assert wanted.settings.references == (str(Path.home() / "a.csv"), "b, c.xlsx")
    none = request(with_typed(with_typed(asked, "system_prompt", ""), "label", ""), there)
    assert none.settings.system_prompt is None and none.label is None


def test_a_choice_that_is_left_to_the_model_list_says_what_that_is() -> None:
    assert choices("dtype")[0] == ("", "as listed") and choices("control") == (("on", "on"), ("off", "off"))
    models = {
        name: ModelEntry(name=name, source=name, dtype=dtype)
        for name, dtype in (("a", "bfloat16"), ("b", "auto"))
    }
    there = offer()
    there = type(there)(
        settings=there.settings, models=models, trusted=frozenset(), tree=there.tree, marked=(), sets={}
    )
    one = form(there)
    assert hints(one, there)["dtype"] == "bfloat16" and hints(one, there)["quantization"] == "none"
    assert hints(form(there, models=("a", "b")), there)["dtype"] == "each its own"
    assert hints(form(there, dtype="float32"), there)["dtype"] == ""
    assert request(form(there, dtype="float32"), there).settings.dtype == "float32"


def test_what_is_set_among_the_folded_fields_is_told() -> None:
    there = offer(Settings(references=("a.csv",), seed=3))
    assert unfolded(form(offer())) == ""
    assert unfolded(form(there)) == "Seed 3 · References a.csv"
    assert unfolded(form(there, dtype="float32")).startswith("Precision float32")


async def test_paths_are_completed_as_one_types(tmp_path: Path) -> None:
    (tmp_path / "experts").mkdir()
    (tmp_path / "expert.csv").touch()
    ends = PathSuggester(";")
    assert await ends.get_suggestion(f"{tmp_path}/expert.") == f"{tmp_path}/expert.csv"
    assert await ends.get_suggestion(f"x.csv; {tmp_path}/experts") == f"x.csv; {tmp_path}/experts/"
    for nothing in (f"{tmp_path}/", f"{tmp_path}/none", "/nowhere/a", ""):
        assert await ends.get_suggestion(nothing) is None


async def test_the_rarer_fields_are_unfolded_by_a_key_and_where_something_is_wrong(
    catalogue: Catalogue,  # noqa: F811
) -> None:
    app = Host(catalogue, label="trial")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        fold, seed = screen.query_one(Fold), screen.query_one("#seed", Input)
        assert "▸ More  Label trial" in screen_text(app) and not seed.region
        await pilot.press("m", "tab", *"Hm.", "tab", "tab", "space", "space", "right", "left")
        assert screen.query_one("#dtype", ChoiceField).value == "float32"
        await pilot.press("m")
        await wait_for(pilot, lambda: fold.has_focus and not seed.region)
        await wait_for(pilot, lambda: "System prompt Hm. · Prec" in screen_text(app))
        seed.value = ""
        await pilot.press("r")
        await wait_for(pilot, lambda: seed.has_focus and seed.region)
        await pilot.press("7", "ctrl+s")
        wanted = await answer(pilot)
        assert wanted is not None
        assert wanted.settings == Settings(system_prompt="Hm.", dtype="float32", seed=7)
        assert wanted.label == "trial"


async def test_where_there_is_room_all_fields_are_in_sight_until_they_are_folded(
    catalogue: Catalogue,  # noqa: F811
) -> None:
    async with Host(catalogue).run_test(size=(200, 50)) as pilot:
        screen = await opened(pilot)
        label = screen.query_one("#label", Input)
        await wait_for(pilot, lambda: label.region and label.region.bottom <= 50)
        await pilot.press("m")
        await pilot.resize_terminal(200, 51)
        await wait_for(pilot, lambda: not label.region)


async def test_precision_and_quantisation_change_what_is_needed(
    catalogue: Catalogue,  # noqa: F811
    smol: Path,  # noqa: F811
) -> None:
    def needed(pilot: Pilot[Any]) -> str:
        return estimate(pilot.app.screen).splitlines()[2]  # type: ignore[arg-type]

    async with Host(catalogue, settings=Settings(model=(str(smol),))).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        before = needed(pilot)
        screen.query_one("#dtype", ChoiceField).value = "float32"
        await wait_for(pilot, lambda: "looking" not in estimate(screen) and needed(pilot) != before)
        as_floats = needed(pilot)
        screen.query_one("#quantization", ChoiceField).value = "4bit"
        await wait_for(pilot, lambda: "looking" not in estimate(screen) and needed(pilot) != as_floats)
