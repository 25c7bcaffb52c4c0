"""What the footer shows: what does something now, the most used first, on a steady number of lines."""

from pathlib import Path

import pytest

from fada_tui.tui.keymap import COMMANDS, commands
from fada_tui.tui.present.footer import by_use, idle
from fada_tui.tui.state.views import KeyState
from fada_tui.tui.widgets.keybar import GAP, Group, KeyBar, flowed, kept
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

IDS = {command.id for command in COMMANDS}


def group(name: str, cells: int) -> Group:
    command = next(command for command in COMMANDS if command.id == name)
    return Group((command,), "k", "x" * (cells - 2 - GAP))


def test_only_known_commands_are_ranked_and_left_out() -> None:
    assert idle(KeyState()) <= IDS
    assert set(by_use(IDS)) == IDS


@pytest.mark.parametrize(
    ("now", "shown", "left_out"),
    [
        ({}, {"run", "help", "quit"}, {"assess.correct", "stop", "undo", "follow", "zoom", "summary"}),
        (
            {"answer": True},
            {"assess.correct", "assess.note", "assess.flag"},
            {"assess.clear", "assess.anyway"},
        ),
        ({"answer": True, "verdict": True, "undo": True}, {"assess.clear", "undo"}, {"redo"}),
        ({"changed": True}, {"assess.anyway"}, {"assess.correct"}),
        ({"running": True}, {"stop"}, {"follow", "restart"}),
        ({"waits": True}, {"queue"}, {"stop"}),
        ({"resumable": True}, {"restart"}, {"stop"}),
        ({"thoughts": True, "several": True}, {"thoughts", "question.next"}, {"answer.end"}),
        ({"closer": True}, {"zoom.fit", "zoom.left"}, set()),
        ({"image": True}, {"picture.window"}, {"picture.viewer"}),
        ({"image": True, "viewer": True}, {"picture.viewer"}, set()),
        ({"image": True, "window": True}, {"window.back"}, {"picture.window"}),
    ],
)
def test_a_key_stands_there_when_it_does_something(
    now: dict[str, bool], shown: set[str], left_out: set[str]
) -> None:
    missing = idle(KeyState(**now))
    assert not shown & missing
    assert left_out <= missing


def test_verdicts_come_first_and_what_is_rare_last() -> None:
    order = by_use(["quit", "summary", "stop", "assess.tags", "undo", "assess.correct"])
    assert order == ["assess.correct", "undo", "assess.tags", "stop", "summary", "quit"]


def test_lines_are_filled_in_order_and_help_is_always_there() -> None:
    groups = [group("help", 8), group("undo", 20), group("stop", 30), group("run", 10), group("quit", 20)]
    lines = [[one.commands[0].id for one in line] for line in kept(groups, 32, 2)]
    assert lines == [["undo", "run"], ["quit", "help"]]  # "stop" has no room beside help
    assert [len(line) for line in flowed(groups, 32)] == [2, 1, 2]
    assert kept(groups, 9, 1)[0][-1].commands[0].id == "help"


def test_a_key_is_called_one_thing() -> None:
    assert not [command for command in COMMANDS if "Wrong" in command.label]
    of_main = [command.label for place in ("verdict", "assess", "main") for command in commands(place)]
    named = [label for label in of_main if label]
    assert len(named) == len(set(named)), "two keys of one screen with the same word"


async def test_the_footer_keeps_its_height_and_follows_what_can_be_done(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        bar = main_of(app).query_one(KeyBar)
        assert bar.size.height == 2
        keys = screen_text(app).splitlines()[-2:]
        assert "r Run" in keys[0] and "? Help" in keys[1] and "Correct" not in keys[0]
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "1 Correct  2 Partial  3 Incorrect" in screen_text(app))
        bar = main_of(app).query_one(KeyBar)
        assert "u Undo" not in screen_text(app) and "x Stop" not in screen_text(app)
        await pilot.press("1")
        await wait_for(pilot, lambda: "u Undo" in screen_text(app))
        assert bar.size.height == 2 and "? Help" in screen_text(app).splitlines()[-1]
        await pilot.resize_terminal(60, 15)
        await wait_for(pilot, lambda: bar.size.height == 1 and "? Help" in screen_text(app).splitlines()[-1])
