"""A question in a run's file: what it says of its answers' scores."""

import json

from fada_tui.core.records import Question, decode_run, encode_run
from tests.examples import run

SCORED = Question(
    id="age",
    short="Age",
    text="How old?",
    score="ordered",
    values=("young", "old"),
    synonyms={"old": ("aged",)},
    context=True,
)


def test_what_is_given_is_written_and_nothing_else() -> None:
    made = run(questions=(Question(id="q1", text="What?"), SCORED), results=())
    plain, scored = json.loads(encode_run(made))["questions"]
    assert plain == {"id": "q1", "text": "What?"}
    assert list(scored) == ["id", "short", "text", "score", "values", "synonyms", "context"]
    assert scored["synonyms"] == {"old": ["aged"]}
    assert decode_run(encode_run(made)) == made


def test_unknown_keys_beside_them_and_kinds_of_newer_versions_are_kept() -> None:
    written = json.loads(encode_run(run(questions=(SCORED,), results=())))
    written["questions"][0] |= {"score": "measured", "unit": "weeks"}
    del written["check"]
    read = decode_run(json.dumps(written).encode())
    assert read.questions[0].kind == "none"
    again = json.loads(encode_run(read))["questions"]
    assert again == written["questions"]


def test_a_question_that_says_nothing_has_no_score() -> None:
    assert Question(id="q1", text="What?").kind == "none"
    assert SCORED.kind == "ordered"
