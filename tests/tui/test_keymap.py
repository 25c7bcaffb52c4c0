from collections import Counter
from pathlib import Path
from runpy import run_path

import pytest

from fada_tui.tui.keymap import COMMANDS, PLACES, bindings, commands, keymap_faults, shown_keys
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

ROOT = Path(__file__).parents[2]

PROMISED = {
    "r": "run",
    "x": "stop",
    "1": "assess.correct",
    "2": "assess.partial",
    "3": "assess.incorrect",
    "0": "assess.clear",
    "c": "assess.context",
    "t": "assess.tags",
    "n": "assess.note",
    "u": "undo",
    "]": "next",
    "[": "previous",
    "b": "blind",
    "/": "filter",
    "z": "zoom",
    "m": "models_on_image",
    "s": "summary",
    "e": "export",
    "?": "help",
    "^p": "palette",
    "q": "quit",
}
"""Keys of the main screen that users have been told of."""


def test_the_main_screen_has_the_promised_keys() -> None:
    places = ("app", "verdict", "assess", "main")
    keys = {
        key: command.id
        for command in COMMANDS
        if command.place in places
        for key in shown_keys(command, {}).split()
    }
    assert PROMISED.items() <= keys.items()


def test_no_key_means_two_things_where_both_work() -> None:
    for together in (("app", "verdict", "assess", "main", pane) for pane in ("models", "images", "answer")):
        keys = Counter(
            key for command in COMMANDS if command.place in together for key in command.keys.split(",")
        )
        assert [key for key, times in keys.items() if times > 1] == []


def test_every_command_can_be_found() -> None:
    assert {command.place for command in COMMANDS} <= PLACES.keys()
    assert all(command.help for command in COMMANDS)
    for place in PLACES:
        shown = [command for command in commands(place) if command.footer]
        assert not shown or shown[0].label, f"{place}: a label to share"


def test_every_promised_key_is_at_the_bottom() -> None:
    shown = {command.id for command in COMMANDS if command.footer}
    assert set(PROMISED.values()) <= shown
    moves = {"down", "up", "left", "right"}
    assert {f"{pane}.{move}" for pane in ("models", "images", "answer") for move in moves} <= shown
    assert {"pane.next", "images.open", "images.mark", "models.open", "models.mark"} <= shown


def test_bindings_carry_the_ids_that_the_keymap_changes() -> None:
    undo = next(binding for binding in bindings("verdict") if binding.id == "undo")
    assert (undo.key, undo.action) == ("u", "undo")


def test_a_users_key_is_shown_in_place_of_ours() -> None:
    undo = next(command for command in COMMANDS if command.id == "undo")
    assert shown_keys(undo, {"undo": "ctrl+z,backspace"}) == "^z ⌫"


@pytest.mark.long
@pytest.mark.parametrize(
    ("opening", "command", "label"),
    [
        ("question_mark", "help.back", "Back"),
        ("R", "runs.back", "Back"),
        ("C", "comparison.back", "Back"),
        ("s", "summary.back", "Back"),
        ("e", "export.back", "Back"),
        ("z", "zoom.back", "Back"),
        ("m", "column.back", "Back"),
        ("t", "tags.back", "Back"),
        ("n", "note.back", "Drop"),
        ("r", "setup.back", "Cancel"),
    ],
)
async def test_each_screen_shows_the_users_keys(
    tmp_path: Path, opening: str, command: str, label: str
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path, keymap={command: "f9"})
    async with app.run_test(size=(140, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press(opening)
        await wait_for(pilot, lambda: app.screen is not main and f"f9 {label}" in screen_text(app))
        await pilot.press("f9")
        await wait_for(pilot, lambda: app.screen is main)


@pytest.mark.long
async def test_a_field_of_a_new_run_shows_the_users_keys(tmp_path: Path) -> None:
    app = make_app(tmp_path, keymap={"field.leave": "f9"})
    async with app.run_test(size=(140, 36)) as pilot:
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        await pilot.press("r")
        await wait_for(pilot, lambda: app.focused and app.focused.id == "models-list")
        app.screen.query_one("#limit").focus()
        await wait_for(pilot, lambda: "f9 Done" in screen_text(app))


def test_faults_of_a_keymap_are_named() -> None:
    faults = list(keymap_faults({"undoo": "z", "undo": "c"}))
    assert any("undoo" in fault for fault in faults)
    assert any("undo" in fault and "assess.context" in fault for fault in faults)
    assert list(keymap_faults({})) == []


def test_a_key_of_one_pane_is_not_free_for_what_works_everywhere() -> None:
    in_the_list, in_the_window = keymap_faults({"theme": "g"})
    assert "theme" in in_the_list and "images.first" in in_the_list
    assert "theme" in in_the_window and "window.gamma_down" in in_the_window
    assert list(keymap_faults({"summary.raw": "b"})) == []


def test_the_page_of_keys_is_up_to_date() -> None:
    written = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert written == run_path(str(ROOT / "docs" / "keys.py"))["page"]()
