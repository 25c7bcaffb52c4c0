"""The desk: which arrangement opens when, and what of it is kept; then its keys on the screen."""

from fada_tui.tui.state.desk import DeskState

SIZE, ROOM = (120, 36), (120, 31)


def test_judging_opens_by_itself_unless_something_else_was_chosen_or_is_done() -> None:
    desk = DeskState()
    assert desk.arrangement == "running"
    assert not desk.opens(to_judge=False, elsewhere=False)
    assert not desk.opens(to_judge=True, elsewhere=True)
    assert desk.opens(to_judge=True, elsewhere=False) and desk.arrangement == "judging"
    assert not desk.opens(to_judge=True, elsewhere=False), "it is open"
    assert desk.choose() == "running"
    assert not desk.opens(to_judge=True, elsewhere=False), "a person chose"
    assert desk.choose() == "judging"


def test_panes_fold_and_unfold_in_each_arrangement_for_itself() -> None:
    desk = DeskState()
    assert desk.fold("models") and "models" in desk.desk("answer", SIZE).folded
    desk.choose()
    assert not desk.fold("images") and desk.desk("answer", SIZE).folded == {"models"}
    assert desk.to_table() == {"running": {"folded": ["models"]}, "judging": {"folded": ["models"]}}


def test_a_pane_grows_as_far_as_there_is_room_and_no_step_is_counted_in_vain() -> None:
    desk = DeskState()
    steps = 0
    while desk.resize("images", 1, SIZE, ROOM):
        steps += 1
    assert 0 < steps < 20
    assert desk.resize("images", -1, SIZE, ROOM)
    assert desk.to_table() == {"running": {"images": steps - 1}}


def test_what_was_kept_comes_back_and_what_is_damaged_says_nothing() -> None:
    desk, other = DeskState(), DeskState()
    desk.fold("models")
    desk.resize("answer", 1, SIZE, ROOM)
    other.take_table(desk.to_table())
    assert other.to_table() == desk.to_table() != {}
    odd = DeskState()
    odd.take_table(
        {
            "running": {"images": "wide", "models": True, "answer": 10**9, "folded": ["nowhere"], "new": 1},
            "judging": 3,
            "reading": {"images": 1},
        }
    )
    odd.take_table({"judging": {"folded": ["answer"]}})
    assert odd.to_table() == {}
