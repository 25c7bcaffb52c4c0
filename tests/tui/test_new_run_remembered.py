"""What was chosen last is shown as such on "New run", and forgotten by a key."""

from pathlib import Path

import pytest
from textual.widgets import Static, TextArea

from fada_tui.config.last_run import remember, remembered
from fada_tui.config.settings import Settings
from fada_tui.core.paths import state_file
from fada_tui.images.catalogue import Catalogue
from fada_tui.tui.new_run.fields import beside, origins
from fada_tui.tui.new_run.form import with_typed
from fada_tui.tui.new_run.sections import Sections
from tests.tui.dashboard import screen_text, wait_for
from tests.tui.test_form import form, offer
from tests.tui.test_new_run import Host, answer, catalogue, opened  # noqa: F401


def test_values_are_told_as_remembered_or_given_until_they_are_changed() -> None:
    names = {"remembered": frozenset({"seed", "model"}), "given": frozenset({"top_p", "temperature"})}
    there = offer(Settings(seed=3, top_p=0.5), **names)
    first = form(there)
    assert origins(first, first, there) == {
        "seed": "remembered",
        "model": "remembered",
        "top_p": "given",
    }, "what is given as it is by default is as if nobody had said so"
    changed = with_typed(first, "seed", "4")
    assert origins(changed, first, there) == {"model": "remembered", "top_p": "given"}
    assert beside({"top_p": "not used"}, {"seed": "remembered"})["seed-hint"] == "remembered · not used"


async def test_what_is_remembered_is_told_and_forgotten_when_asked_twice(
    catalogue: Catalogue,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fada_tui.tui.new_run.screen.SURE_SECONDS", 600.0)
    table = tmp_path / "experts.csv"
    table.write_text("image,answer\n")
    remember(Settings(question=("Why?",), max_new_tokens=7, references=(str(table),)), state_file())
    app = Host(catalogue)
    async with app.run_test(size=(100, 36)) as pilot:
        screen = await opened(pilot)
        screen.query_one(Sections).open_more()
        await wait_for(pilot, lambda: screen.query_one("#references-note").display)
        text = screen_text(app)
        assert "X forgets what is remembered" in text and "remembered · one on each line" in text
        assert str(screen.query_one("#max_new_tokens-hint", Static).content) == "remembered"
        marked = [label.content for label in screen.query(".label.-remembered").results(Static)]
        assert marked == ["Max new tokens", "References"], "also where there is no room for the word"
        await pilot.press("X")
        await wait_for(pilot, lambda: "X again forgets" in screen_text(app))
        assert remembered(Settings(), state_file())
        await pilot.press("X")
        await wait_for(pilot, lambda: screen.query_one(TextArea).text.startswith("What anatomical"))
        assert not remembered(Settings(), state_file())
        await wait_for(pilot, lambda: "remembered" not in screen_text(app))
        await pilot.press("r")
        wanted = await answer(pilot)
        assert wanted is not None and wanted.settings == Settings()
