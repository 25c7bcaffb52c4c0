"""How many items a worker is handed, and which come next."""

import pytest

from fada_tui.core.protocol import Item
from fada_tui.runs.asking.pieces import SECONDS, Pace, WaitingItems
from fada_tui.runs.asking.seats import Seat, seats


def items(images: int, questions: int = 2) -> list[Item]:
    return [
        Item(image=f"{image}.png", category="A", path=f"A/{image}.png", question_id=f"q{one}", question="?")
        for image in range(images)
        for one in range(questions)
    ]


def paced(seconds: float, together: int = 1) -> Pace:
    pace = Pace(together)
    pace.took(1, seconds)
    return pace


def test_the_only_worker_takes_all_that_there_is() -> None:
    waiting = WaitingItems(items(50))
    assert waiting.take(Pace(), 1) == (items(50), False)
    assert waiting.left == 0


def test_the_first_piece_is_an_image_with_all_its_questions() -> None:
    waiting = WaitingItems(items(50))
    assert waiting.take(Pace(), 2) == (items(1), False)
    assert WaitingItems(items(50)).take(Pace(together=16), 2)[0] == items(8), "or a batch"


@pytest.mark.parametrize(
    ("seconds", "together", "left", "workers", "size"),
    [
        (1.0, 1, 1000, 4, 10),
        (0.01, 1, 1000, 4, 125),  # 1,000 s of it would be too much at the end
        (60.0, 1, 1000, 4, 1),
        (1.0, 16, 1000, 4, 32),  # a few batches
        (0.1, 16, 1000, 4, 100),
        (1.0, 16, 40, 4, 5),  # not enough for that
        (1.0, 1, 3, 4, 1),
        (0.0, 1, 1000, 4, 125),
    ],
)
def test_later_ones_take_some_seconds(
    seconds: float, together: int, left: int, workers: int, size: int
) -> None:
    assert paced(seconds, together).piece(left, workers) == size
    assert SECONDS == 10.0


def test_the_pace_follows_what_the_worker_does() -> None:
    pace = paced(2.0)
    pace.took(4, 4.0)
    assert pace.seconds == 1.5
    pace.took(0, 100.0)
    assert pace.seconds == 1.5, "nothing was answered"
    pace.made(8)
    pace.made(2)
    assert pace.piece(1000, 2) == 16


def test_pieces_are_made_of_whole_images_and_each_item_is_handed_out_once() -> None:
    everything = items(100, 3)
    waiting, paces = WaitingItems(everything), [paced(0.7), paced(3.1), Pace()]
    seen: list[Item] = []
    turn = 0
    while waiting.left:
        before = waiting.left
        piece, alone = waiting.take(paces[turn % 3], 3)
        assert not alone and len(piece) % 3 == 0 and len(piece) <= max(3, before / 6)
        seen += piece
        turn += 1
    assert seen == everything


def test_what_is_given_back_comes_next_and_what_must_be_asked_alone_first() -> None:
    everything = items(4)
    waiting = WaitingItems(everything)
    taken, _ = waiting.take(Pace(), 1)
    waiting.put_back(taken[2:5])
    waiting.put_back(taken[5:6], alone=True)
    assert waiting.left == 4
    assert waiting.take(Pace(), 2) == (taken[5:6], True)
    assert waiting.take(Pace(), 1) == (taken[2:5], False)
    assert waiting.take(Pace(), 1) == ([], False)


def test_workers_on_the_cpu_share_its_cores() -> None:
    assert seats(("cpu:0", "cpu:1", "cpu:2"), 9, 8) == tuple(Seat(f"cpu:{n}", "cpu", 2, 3) for n in range(3))
    assert seats(("cpu:0", "cpu:1"), 9, 1)[0].threads == 1
    assert seats(("cuda:0", "cpu:0"), 9, 8) == (Seat("cuda:0", "cuda:0"), Seat("cpu:0", "cpu"))
    assert seats(("cpu:0", "cpu:1"), 9, None)[1].threads is None, "a person says how many threads"
    assert seats(("cuda:0", "cuda:1"), 1, 8) == (Seat("cuda:0", "cuda:0"),), "there is one image"
