"""Events that wait for a client that does not read: joined, but thoughts never with the answer."""

import os

from fada_tui.core.protocol import Delta, Started, decode_event
from fada_tui.worker.channel import EventSender

MORE_THAN_A_PIPE_TAKES = "x" * 2**20


def delta(text: str, *, thought: bool = False) -> Delta:
    return Delta(path="a.png", question_id="q", text=text, tokens=0, thought=thought)


def test_deltas_that_wait_are_joined_by_what_they_are() -> None:
    reading, writing = os.pipe()
    sender = EventSender(writing)
    sender.send(Started(path=MORE_THAN_A_PIPE_TAKES, question_id="q"))
    sender.send(Started(path="a.png", question_id="q"))  # whether or not the first is being written
    for one in (delta("h", thought=True), delta(""), delta("m", thought=True), delta("A "), delta("head.")):
        sender.send(one)
    with os.fdopen(reading, "rb") as file:
        sent = [decode_event(file.readline()) for _ in range(4)]
    assert sent[2:] == [delta("hm", thought=True), delta("A head.")]
    sender.close()
    os.close(writing)
