"""Answers in the forms that servers send: what is read of them, and what is passed over."""

import json
from typing import Any

import msgspec
import pytest

from fada_tui.worker.remote.answer import END, Reading


def chunk(content: Any = None, finish: Any = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content} | delta, "finish_reason": finish}]}


def message(content: str | None, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"content": content}, "finish_reason": finish}]}


def read(*events: dict[str, Any] | str) -> Reading:
    reading = Reading()
    for event in events:
        piece = reading.take(event if isinstance(event, str) else json.dumps(event))
        assert piece.error is None, piece.error
    return reading


@pytest.mark.parametrize(
    "events",
    [
        [chunk("A he"), chunk("ad.", "stop")],
        [chunk([{"type": "text", "text": "A he"}]), chunk([{"type": "text", "text": "ad."}], "stop")],
        [chunk({"type": "text", "text": "A head."}, "stop")],
        [chunk(["A he", {"type": "output_text", "text": "ad."}], "stop")],
        [{"choices": [{"message": {"role": "assistant", "content": "A head."}, "finish_reason": "stop"}]}],
        [{"choices": [{"text": "A he"}]}, {"choices": [{"text": "ad.", "finish_reason": "stop"}]}],
        [chunk("A head."), {"choices": [{"message": {"content": "A head."}, "finish_reason": "stop"}]}],
        [chunk("A head.", "stop"), {"choices": [{"index": 1, "delta": {"content": "B"}}]}],
        [chunk("A head.", "STOP")],
        [chunk("A head.", "FINISH_REASON_STOP")],
        [chunk("A head.", {"type": "stop", "matched": 2})],
        [{"choices": [], "message": None}, chunk("A head.", "stop")],
        [chunk([{"type": "text", "text": {"value": "A head.", "annotations": []}}], "stop")],
        [message("A he"), message("ad."), message("", "stop")],
        [message("A he"), message("A head."), message("A head.", "stop")],
        [{"choices": [{"index": "0", "delta": {"content": "A head."}, "finish_reason": "stop"}]}],
    ],
    ids=["plain", "parts", "part", "mixed", "whole", "legacy", "repeated", "another", "capitals", "prefixed",
         "table", "nothing", "nested", "messages", "growing", "index"],
)  # fmt: skip
def test_an_answer_in_any_form_is_the_same(events: list[dict[str, Any]]) -> None:
    reading = read(*events)
    assert reading.told == ("", "A head.")
    assert reading.whole and reading.finish == "stop"


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": {"prompt_tokens": "many", "completion_tokens": None, "completion_tokens_details": 3}},
        {"usage": [], "id": None, "created": "now", "model": 7},
        {"error": ""},
        {"error": {}},
        {"error": None},
        {"error": {"message": "", "code": None}},
        {"system_fingerprint": {"x": [1]}, "prompt_filter_results": []},
    ],
    ids=str,
)
def test_what_nobody_needs_changes_nothing(odd: dict[str, Any]) -> None:
    extras: dict[str, Any] = {"reasoning_details": [{"type": "x"}], "reasoning": None, "refusal": None}
    first = chunk("A head.", tool_calls=None, audio={}, **extras) | odd
    first["choices"][0] |= {"logprobs": {"content": 3}, "finish_reason": 7, "matched_stop": [1]}
    reading = read(first, chunk(None, "stop") | odd, END)
    assert reading.told == ("", "A head.") and reading.finish == "stop"
    assert reading.generated is reading.prompt_tokens is None


def test_counts_may_be_floats_and_are_kept_once_told() -> None:
    usage = {"prompt_tokens": 10.0, "completion_tokens": 4.0, "total_tokens": 14}
    details = {"completion_tokens_details": {"reasoning_tokens": 3}}
    reading = read(chunk("A"), {"choices": [], "usage": usage | details}, {"choices": [], "usage": None})
    assert (reading.prompt_tokens, reading.generated, reading.thought_tokens) == (10, 4, 3)
    assert reading.whole  # what stream_options ask for comes last
    early = read({"choices": [], "usage": usage}, chunk("A"))
    assert not early.whole and not early.ended


@pytest.mark.parametrize(
    "thought",
    [
        [chunk(reasoning="hm "), chunk(reasoning="hm")],
        [chunk(reasoning_content="hm ", reasoning="hm "), chunk(reasoning_content="hm", reasoning="hm")],
        [chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "hm hm"}]}])],
        [chunk([{"type": "reasoning", "text": "hm hm"}])],
        [chunk("<think>\nhm"), chunk(" hm\n</th"), chunk("ink>\n\n")],
        [chunk(thinking="hm hm")],
        [chunk("", reasoning_details=[{"type": "reasoning.text", "text": "hm hm"}])],
        [chunk(reasoning="hm hm", reasoning_details=[{"type": "reasoning.text", "text": "hm hm"}])],
    ],
    ids=["reasoning", "by two names", "parts", "text", "marks", "thinking", "details", "with details"],
)
def test_thoughts_are_apart(thought: list[dict[str, Any]]) -> None:
    assert read(*thought, chunk("A head.", "stop")).told == ("hm hm", "A head.")
    reading = Reading()
    pieces = [reading.take(json.dumps(event)) for event in (*thought, chunk("A head.", "stop"))]
    pieces.append(reading.end())
    assert "".join(piece.thoughts for piece in pieces).strip() == "hm hm"
    assert "".join(piece.text for piece in pieces).strip() == "A head."
    assert all(piece.alive for piece in pieces[:-1])


def test_nothing_but_thoughts() -> None:
    assert read(chunk("<think>hm"), chunk(None, "length")).told == ("hm", "")
    assert read(chunk(reasoning="hm"), END).whole


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "no"}},
        {"error": "no"},
        {"choices": [{"error": {"message": "no"}, "finish_reason": "error"}]},
        {"object": "error", "message": "no", "code": 400},
        {"detail": "no"},
        {"detail": [{"msg": "no"}]},
    ],
    ids=str,
)
def test_an_error_in_any_form(event: dict[str, Any]) -> None:
    assert "no" in json.dumps(Reading().take(json.dumps(event)).error)


@pytest.mark.parametrize("data", ["1", '"A head"', '{"choices": [{"delta": {"content": 1}}]}', "{", "[" * 99])
def test_what_is_no_part_of_an_answer(data: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        Reading().take(data)


def test_a_refusal_comes_in_pieces_too() -> None:
    assert read(chunk(refusal="I can"), chunk(refusal="not."), chunk(None, "stop")).refusal == "I cannot."
    assert read(chunk([{"type": "refusal", "refusal": "No."}], "stop")).refusal == "No."
    assert read(chunk("A", "stop", refusal="")).refusal == ""


@pytest.mark.parametrize(
    ("events", "beyond"),
    [
        ([chunk("a ")] * 400, False),
        ([chunk("a ")] * 700, True),
        ([chunk("some text " * 500)], False),
        ([chunk("some text " * 700)], True),
        ([chunk(reasoning="a ")] * 700, True),
        ([chunk("a") | {"usage": {"completion_tokens": 300}}], True),
    ],
    ids=["many events", "too many", "long", "too long", "thoughts", "counted"],
)
def test_what_goes_far_beyond_the_limit(events: list[dict[str, Any]], beyond: bool) -> None:
    assert read(*events).far_beyond(100) is beyond
