from typing import Any

import pytest

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Assessment, Run
from fada_tui.core.table import Row, Table
from fada_tui.store.imported.assessments import AssessmentTable, verdict_of
from tests.importing import import_rows

ROWS: list[dict[str, Any]] = [
    {"image": f"{name}.png", "category": "A", "question": question, "response": said}
    for name, said in (("a", "x"), ("b", "y"), ("c", None))
    for question in ("What?", "Which?")
]


def table(headings: str, *rows: str) -> Table:
    cells = [tuple(cell.strip() for cell in row.split("|")) for row in rows]
    return Table(
        headings=tuple(headings.split(" ")),
        rows=tuple(Row(number, row) for number, row in enumerate(cells, start=2)),
        sha256="",
    )


def given(
    read: Table, *, assessor: str | None = "Ada", runs: list[Run] | None = None
) -> tuple[Any, list[str]]:
    assessments = AssessmentTable(read, runs or import_rows(ROWS)[0].runs, assessor)
    assessed = assessments.given()
    found = {one.key: one.assessments for run in assessed for one in run.results if one.assessments}
    assert assessments.taken == sum(map(len, found.values()))
    return found, assessments.remarks


def test_assessments_go_to_their_results() -> None:
    found, told = given(
        table(
            "image category question assessor verdict context tags note at",
            "a.png|A|What?|Bea|Partially correct|yes|hallucination; cut|well|2025-10-02",
            "A/b.png||||||||",
            r"C:\x\A\b.png||which||wrong|no|||2025-10-02T10:00:00+02:00",
        )
    )
    assert found == {
        ("A/a.png", "q1"): (
            Assessment(
                assessor="Bea", verdict="partial", context=True, tags=("hallucination", "cut"), note="well",
                at="2025-10-02",
            ),
        ),
        ("A/b.png", "q2"): (
            Assessment(assessor="Ada", verdict="incorrect", context=False, at="2025-10-02T08:00:00Z"),
        ),
    }  # fmt: skip
    assert told == ["line 3: it names no question, and several were asked"]


def test_what_matches_no_result_is_told_by_its_line() -> None:
    found, told = given(
        table(
            "image question verdict context at score",
            "z.png|What?|correct||",
            "a.png|Why?|correct||",
            "a.png|What?|maybe||",
            "a.png|What?|correct|perhaps|",
            "a.png|What?|correct||soon",
            "c.png|What?|correct||",
            "|What?|correct||",
            "a.png|What?|||",
        )
    )
    assert not found
    assert told == [
        "not read of the assessments: 'score'",
        "line 2: no result is about an image 'z.png', or several are",
        "line 3: 'Why?' is no question of the run",
        "line 4: 'maybe' is no verdict (correct, partial, incorrect)",
        "line 5: context is yes or no, got 'perhaps'",
        "line 6: 'soon' is no date as in 2025-10-02 or 2025-10-02T13:05:00Z",
        "line 7: the result of 'A/c.png' is an error: there is no answer to judge",
        "line 8: it names no image",
        "line 9: nothing is assessed in it",
    ]


@pytest.mark.parametrize(
    ("text", "verdict", "note"),
    [
        ("correct", "correct", None),
        ("Right", "correct", None),
        ("✅", "correct", None),
        ("1", "correct", None),
        ("partial", "partial", None),
        ("Partly right", "partial", None),
        ("partially_correct", "partial", None),
        ("✅ Partially correct - Identified the aorta", "partial", "Identified the aorta"),
        ("incorrect", "incorrect", None),
        ("WRONG", "incorrect", None),
        ("not correct", "incorrect", None),
        ("❌ Incorrect - Generic adult anatomy", "incorrect", "Generic adult anatomy"),
        ("✔️", "correct", None),
        ("Wrong: no spine, no liver", "incorrect", "no spine, no liver"),
    ],
)
def test_verdicts_as_people_write_them(text: str, verdict: str, note: str | None) -> None:
    assert verdict_of(text) == (verdict, note)


@pytest.mark.parametrize("text", ["", "maybe", "correctness", "no idea", "right atrium is missing", "2"])
def test_what_is_no_verdict(text: str) -> None:
    assert verdict_of(text) is None


def test_of_several_models_a_column_says_which_is_meant() -> None:
    runs = import_rows({"M": ROWS, "N": ROWS}, model=None)[0].runs
    with pytest.raises(UsageError, match="add a column 'model'"):
        AssessmentTable(table("image verdict", "a.png|correct"), runs, None)
    assessments = AssessmentTable(
        table("model image question verdict", "n|a.png|What?|correct", "O|a.png|What?|correct"), runs, None
    )
    first, second = assessments.given()
    assert not any(one.assessments for one in first.results) and second.results[0].assessments
    assert assessments.remarks == ["line 3: no results are of the model 'O'"]


@pytest.mark.parametrize(
    ("headings", "complaint"),
    [
        ("image question", "no column has the verdicts"),
        ("verdict question", "no column has the images"),
        ("image verdict rating", "'verdict', 'rating' could both be the verdict"),
    ],
)
def test_a_table_without_what_it_needs_is_refused(headings: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        given(table(headings, "|" * headings.count(" ")))


def test_models_whose_names_differ_by_case_alone_are_two() -> None:
    runs = import_rows({"m": ROWS, "M": ROWS, "Other": ROWS}, model=None)[0].runs
    rows = ("a.png|What?|correct|M", "a.png|What?|wrong|m", "b.png|What?|wrong|OTHER")
    read = AssessmentTable(table("image question verdict model", *rows), runs, None)
    verdicts = [[a.verdict for one in run.results for a in one.assessments] for run in read.given()]
    assert verdicts == [["incorrect"], ["correct"], ["incorrect"]] and not read.remarks
    read = AssessmentTable(table("image question verdict model", "a.png|What?|correct|"), runs, None)
    assert [run.model.name for run in read.given()] == ["m", "M", "Other"]
    assert read.remarks == ["line 2: it names no model"] and read.taken == 0


def test_a_row_that_is_there_twice_counts_once() -> None:
    said = ("correct|Ada", "wrong|Bea", "correct|Ada", "wrong|Ada", "correct|Ada")
    found, told = given(table("image question verdict assessor", *(f"a.png|What?|{one}" for one in said)))
    assert [one.verdict for one in found["A/a.png", "q1"]] == ["correct", "incorrect", "incorrect", "correct"]
    assert told == ["line 4: the same again, counted once"]
