"""When the first token of an answer came, by a clock of the test's own."""

from collections.abc import Iterator

import pytest

from fada_tui.worker.remote import received
from fada_tui.worker.remote.answer import Piece
from fada_tui.worker.remote.received import Received


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time, as the only element."""
    now = [0.0]
    monkeypatch.setattr(received.time, "perf_counter", lambda: now[0])
    yield now


@pytest.mark.parametrize(
    ("pieces", "first"),
    [
        ([(1.0, 1), (1.1, 2), (1.2, 3)], 1.0),
        ([(0.001, 1), (0.002, 2), (0.002, 3)], 0.001),
        ([(1.0, 1), (1.0, 1), (1.0, 1)], None),
        ([(1.0, 1), (1.0, 1), (1.001, 2), (1.001, 2)], None),
        ([(1.0, 1), (1.0, 1), (2.0, 2), (2.0, 2)], 1.0),
        ([(1.0, 1)], None),
    ],
    ids=["one by one", "at once, one by one", "one part", "held back", "by turns", "one piece"],
)
async def test_a_first_token_is_known_where_it_did_not_come_with_the_last(
    clock: list[float], pieces: list[tuple[float, int]], first: float | None
) -> None:
    answer = Received(lambda text, tokens: None, lambda text, tokens: None)
    for time, chunk in pieces:
        clock[0] = time
        answer.add(Piece("word ", alive=True), chunk)
    answer.end()
    assert answer.first_token == first and answer.seconds == pieces[-1][0]
    answer.drop()


async def test_an_answer_of_one_token_has_one(clock: list[float]) -> None:
    answer = Received(lambda text, tokens: None, lambda text, tokens: None)
    clock[0] = 1.0
    answer.add(Piece("yes", alive=True), 1)
    answer.add(Piece(), 2)
    answer.reading.generated = 1
    answer.end()
    assert answer.first_token == 1.0
    answer.drop()
