import json
import math
from typing import Any

import pytest

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Question
from fada_tui.store.imported.columns import Columns
from fada_tui.store.imported.shapes import read_json_rows
from tests.importing import import_rows, rows_of

ROW: dict[str, Any] = {"image": "a.png", "category": "A", "question": "What?", "response": "x", "time": 1.5}
OTHER = ROW | {"image": "b.png", "response": "y"}

BY_IMAGE = {"A/a.png": {"What?": "x"}, "A/b.png": {"What?": "y"}}
BY_NAME = {"a.png": "x", "b.png": "y"}
SAID, ASKED = (("a", "x"), ("b", "y")), {"question": "What?"}

UNASKED = [{"image": f"A/{name}.png", "text": said} for name, said in SAID]

ANSWERS = [("M", "A/a.png", "What?", "x"), ("M", "A/b.png", "What?", "y")]


def answers(data: Any, model: str | None = None) -> list[tuple[str, str, str, str | None]]:
    runs = import_rows(data, model=model)[0].runs
    return [(run.model.name, one.path, one.question, one.response) for run in runs for one in run.results]


@pytest.mark.parametrize(
    "data",
    [
        {"M": [ROW, OTHER]},
        {"model": "M", "results": [ROW, OTHER]},
        {"model_name": "M", "done": 2, "data": {"responses": [ROW, OTHER]}},
        {"metadata": {"model": "M", "images": 2}, "predictions": BY_IMAGE},
        {"M": BY_IMAGE},
        {"M": {"A": {"a.png": {"What?": "x"}, "b.png": {"What?": "y"}}}},
        {"M": {"A": {"a.png": {"What?": {"answer": "x", "time": 2}}, "b.png": {"What?": {"answer": "y"}}}}},
        {"date": "today", "results": {"M": [ROW, OTHER]}},
        [{"model": "M", "results": [ROW, OTHER]}],
        [ROW | {"model": "M"}, OTHER | {"model": "M"}],
        {"model": "M", "results": [{"image": name, "responses": said} for name, said in BY_IMAGE.items()]},
        {"M": [{"image": f"A/{n}.png", "answers": [ASKED | {"answer": a}]} for n, a in SAID]},
        {"model": {"name": "M", "dtype": "x"}, "results": [ROW, OTHER], "completed": ["a.png", "b.png"]},
        {"model": "M", "output": "out.json", "images": ["a.png"], "results": [ROW, OTHER]},
        {"model": "M", "images": [{"path": "a.png", "width": 5}], "predictions": [ROW, OTHER]},
        {"metadata": {"model": "M", "folder": "/x/y", "by": {"day": "z"}}, "data": [ROW, OTHER]},
        {"date": "today", "models": [{"name": "M", "results": [ROW, OTHER]}]},
        {"models": [{"model_id": "M", "name": "x", "predictions": BY_IMAGE}]},
        {"summary": {"mean_time": "3"}, "M": [ROW, OTHER]},
        {"M": {"load_time": 3, "config": {"seed": 1}, "results": [ROW, OTHER]}},
        {"model": "M", "folder": "/x/y", "results": [ASKED | row for row in UNASKED]},
        {"model": "M", "prompt": "What?", "results": UNASKED},
        {"model": "M", "rows": [{"image": f"A/{n}.png", "response": {"What?": a}} for n, a in SAID]},
        {"M": [ASKED | {"image": f"A/{n}.png", "output": {"text": a, "n": 1}} for n, a in SAID]},
        {"model": "M", "results": {f"A/{n}.png": {"Q1": ASKED | {"response": a}} for n, a in SAID}},
        {"M": {"A": {f"{n}.png": {"Q1": ASKED | {"response": a}} for n, a in SAID}}},
        {"M": {"What?": {f"A/{n}.png": a for n, a in SAID}}},
        {"M": {"What?": {f"A/{n}.png": {"answer": a, "time": 2} for n, a in SAID}}},
        {"M": {f"A/{n}.png": {"What?": {"image": f"{n}.png", "answer": a}} for n, a in SAID}},
        {"M": {"A": [ROW | {"model": "M"}, OTHER | {"model": "M"}]}},
        {"What?": {"M": [ROW, OTHER]}},
        {"A": {"M": [{"image": f"x/A/{n}.png", "question": "What?", "answer": a} for n, a in SAID]}},
        {"model": "M", "results": {"What?": [{"image": f"A/{n}.png", "answer": a} for n, a in SAID]}},
        {"checkpoint": {"model": "M", "state": {"results": [ROW, OTHER]}}},
    ],
)  # fmt: skip
def test_a_document_that_names_its_model(data: Any) -> None:
    assert answers(data) == ANSWERS


@pytest.mark.parametrize(
    "data",
    [
        [ROW, OTHER],
        {"results": [ROW, OTHER]},
        {"run": {"first": {"results": [ROW, OTHER]}}},
        {"A": [{key: row[key] for key in ("image", "question", "response")} for row in (ROW, OTHER)]},
        BY_IMAGE,
        {"A": {"a.png": {"What?": "x"}, "b.png": {"What?": "y"}}},
        {"another name": [ROW, OTHER]},
        "\n".join(map(json.dumps, (ROW, OTHER))).encode(),
        b"\xef\xbb\xbf" + "\r\n\r\n".join(map(json.dumps, (ROW, OTHER))).encode(),
    ],
)
def test_a_document_whose_model_a_person_names(data: Any) -> None:
    assert answers(data, "M") == ANSWERS


def test_an_object_by_model_makes_a_run_for_each() -> None:
    runs = import_rows({"M": [ROW, OTHER], "N": [ROW]}, model=None)[0].runs
    assert [(run.model.name, len(run.results)) for run in runs] == [("M", 2), ("N", 1)]
    assert runs[0].questions == runs[1].questions


def test_one_name_for_several_models_is_refused() -> None:
    with pytest.raises(UsageError, match="answers of 2 models"):
        import_rows({"N": [ROW], "O": [OTHER]}, model="M")


def test_what_python_writes_for_no_number_is_nothing() -> None:
    for row in (ROW | {"time": math.nan}, ROW | {"response": math.nan}):
        for data in ([row], b"\n".join([json.dumps(row).encode()] * 2)):
            (result,) = import_rows(data)[0].runs[0].results
            assert (result.time, result.response) in ((None, "x"), (1.5, None))


def test_answers_by_image_are_of_the_one_question_that_was_asked() -> None:
    asked = (Question(id="q", text="What?"),)
    by_image = {"A/a.png": "x", "A/b.png": "y"}
    rows = [{"image": name, "response": said} for name, said in by_image.items()]
    for data in (by_image, {"results": by_image}, {"M": by_image}, {"M": rows}):
        (run,) = import_rows(data, questions=asked)[0].runs
        assert [(one.path, one.question_id, one.response) for one in run.results] == [
            ("A/a.png", "q", "x"),
            ("A/b.png", "q", "y"),
        ]
    with pytest.raises(UsageError, match="there is no question"):
        import_rows(by_image)


def test_rows_of_errors_beside_the_results_are_errors() -> None:
    failed = {"image": "c.png", "category": "A", "question": "What?", "error": "gone"}
    run = import_rows({"results": [ROW], "errors": [failed]})[0].runs[0]
    assert [one.error and one.error.message for one in run.results] == [None, "gone"]
    assert answers({"results": [ROW], "errors": ["c.png: gone"]}, "M") == ANSWERS[:1]


def test_a_single_row_is_a_file_too() -> None:
    assert answers(ROW, "M") == ANSWERS[:1]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"{", "not JSON"),
        (b'["\xff"]', "not JSON"),
        (b'[{"image":"a","category":"A","question":"q","response":"x","time":NaN]', "not JSON"),
        (b'{"image": "a"}\n{"image": ', "line 2: not JSON"),
        ([], "nothing to import"),
        ({"foo": 1}, "nothing to import"),
        ([ROW, 3], "entry 2: expected an object, found the number 3"),
        ([ROW, ["x"]], "entry 2: expected an object, found a list"),
        ({"Qwen2.5": {"b": "x"}}, "not clear what the keys 'Qwen2.5' are, none is the file name of an image"),
        ({"run": {"date": "today", "seed": "1"}, "model": "M"}, "nothing to import"),
    ],
)
def test_what_is_of_no_shape_is_refused_in_one_line(data: Any, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        rows_of(data)
    assert "\n" not in str(caught.value)


def test_more_keys_than_an_answer_has_are_refused() -> None:
    with pytest.raises(UsageError, match="not clear what the keys 'a', 'b', 'c' are"):
        rows_of({"a": {"b": {"c": {"d.png": {"e": "x"}}}}}, model=None)


def test_a_question_is_taken_neither_for_a_model_nor_for_a_category() -> None:
    for data in (
        {"What?": {"M": BY_NAME}},
        {"What?": {"M": {"A": BY_NAME}}},
        {"A": {"What?": {"M": BY_NAME}}},
    ):
        with pytest.raises(UsageError, match="not clear what the keys"):
            rows_of(data, model=None)


def test_the_refusal_of_another_shape_says_which_are_taken() -> None:
    for data in ([], {"foo": 1}, [{"foo": 1}], b"{"):
        with pytest.raises(UsageError, match=r"JSON Lines, CSV.*by model.*'results'"):
            import_rows(data)


def test_a_model_that_failed_beside_others_is_told() -> None:
    data = {"M": {"status": "failed", "error": "out of memory"}, "N": [ROW]}
    rows, told = read_json_rows(json.dumps(data).encode(), Columns({}), one_model=False, one_question=False)
    assert [row.values["model"] for row in rows] == ["N"]
    assert told == ["errors that are about no image, not read: 'M'"]
    (row,) = rows_of({"M": {"A/a.png": {"error": "gone"}}}, model=None)
    assert row.values["image"] == "A/a.png"
    with pytest.raises(UsageError, match="nothing to import"):
        rows_of({"M": {"error": "out of memory"}}, model=None)


def test_a_model_of_a_list_that_failed_is_told_and_the_others_are_read() -> None:
    failed = [
        {"name": "B", "error": "out of memory"},
        {"name": "C", "results": [], "error": "gated"},
        {"model": "D", "results": None, "error": "no such file"},
    ]
    data = json.dumps({"models": [{"name": "A", "results": [ROW]}, *failed]}).encode()
    rows, told = read_json_rows(data, Columns({}), one_model=False, one_question=False)
    assert [row.values["model"] for row in rows] == ["A"]
    assert told == ["errors that are about no image, not read: 'B', 'C', 'D'"]
    (row,) = rows_of([{"model": "M", "image": "A/a.png", "question": "?", "error": "gone"}], model=None)
    assert row.values["error"] == "gone"


def test_rows_say_where_they_stand() -> None:
    assert [row.place for row in rows_of([ROW, OTHER])] == ["entry 1", "entry 2"]
    assert [row.place for row in rows_of(b"\n".join([json.dumps(ROW).encode()] * 2))] == ["line 1", "line 2"]
    assert rows_of({"model": "M", "results": {"N": [ROW]}})[0].place == "results 'N' entry 1"
