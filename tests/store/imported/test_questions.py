from typing import Any

from fada_tui.core.records import Question
from tests.importing import import_rows

SET = (
    Question(id="parts", short="Parts", text="Which parts can be seen?", score="set"),
    Question(id="plane", short="Plane", text="Which plane does it show?", score="text", context=True),
)


def row(question: str | None, name: str | None = None, image: str = "a.png") -> dict[str, Any]:
    return {"image": image, "category": "A", "question": question, "question_id": name, "response": "x"}


def told_of(*rows: dict[str, Any], **how: Any) -> tuple[list[str], list[str]]:
    imported, told = import_rows(list(rows), **how)
    return [one.question_id for one in imported.runs[0].results], told


def test_questions_are_numbered_as_they_appear() -> None:
    imported, _ = import_rows([row("What?"), row("Which?"), row("Which?", image="b.png")])
    assert imported.runs[0].questions == (Question(id="q1", text="What?"), Question(id="q2", text="Which?"))
    assert imported.runs[0].dataset.images == 2


def test_ids_of_the_file_stay_where_they_can() -> None:
    ids, told = told_of(row("What?", "w"), row("Which?", "w"), row("Where?", "no id!"), row(None, "why"))
    assert ids == ["w", "q2", "q3", "why"]
    assert told == ["another text than its id's was asked, so it is another question: 'Which?'"]


def test_questions_of_a_set_are_found_by_text_id_and_short_name() -> None:
    for given in (
        row("which  PARTS can be seen"),
        row(None, "parts"),
        row("parts"),
        row("Parts"),
        row("x", None),
    ):
        ids, _ = told_of(given, questions=SET)
        assert ids == (["q1"] if given["question"] == "x" else ["parts"])
    imported, _ = import_rows([row("Parts")], questions=SET)
    assert imported.runs[0].questions == SET
    assert imported.runs[0].results[0].question == SET[0].text


def test_a_reworded_question_is_kept_and_told_by_question() -> None:
    rows = [row("Parts"), *(row("What is the plane of this?", "plane", f"{n}.png") for n in range(2))]
    imported, told = import_rows(rows, questions=SET)
    run = imported.runs[0]
    assert run.questions == (*SET, Question(id="q1", text="What is the plane of this?"))
    assert [one.question_id for one in run.results] == ["parts", "q1", "q1"]
    assert told == [
        "question 'plane' of the set has no answers (its text differs? 2 answers were given to "
        "'What is the plane of this?', which is in no question of the set)",
        "another text than its id's was asked, so it is another question: 'What is the plane of this?'",
    ]


def test_what_is_in_no_question_of_the_set_is_told_too() -> None:
    _, told = told_of(row("Parts"), row("Plane"), row("And what else?"), questions=SET)
    assert told == ["1 answer was given to 'And what else?', which is in no question of the set"]


def test_a_set_of_one_question_is_what_was_asked_where_rows_name_none() -> None:
    ids, told = told_of(row(None), questions=SET[:1])
    assert (ids, told) == (["parts"], [])


def test_a_known_questions_text_brings_its_kind_and_its_short_name_once() -> None:
    known = {"Parts?": SET[0], "parts?": SET[0]}
    imported, told = import_rows([row("Parts?"), row("parts?"), row("Plane")], known=known)
    assert imported.runs[0].questions == (
        Question(id="q1", text="Parts?", short="Parts", score="set"),
        Question(id="q2", text="parts?", score="set"),
        Question(id="q3", text="Plane"),
    )
    assert told == []
