from typing import Any

import pytest

from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.records import Result
from tests.importing import import_rows, imported_run

GOOD: dict[str, Any] = {"image": "a.png", "category": "A", "question": "What?", "response": "x", "time": 1.5}


def first(**changes: Any) -> Result:
    return imported_run([GOOD | changes]).results[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"response": None}, "there is no answer: null in the file"),
        ({"response": " \n"}, "there is no answer: an empty text in the file"),
        ({"response": "ERROR: connection refused"}, "ERROR: connection refused"),
        ({"error": "out of\nmemory"}, "out of memory"),
        ({"error": {"kind": "x", "message": "gone"}, "response": None}, "gone"),
        ({"error": True, "response": "half an ans"}, "an error without a message"),
    ],
)
def test_a_row_that_is_an_error_is_an_error_and_no_answer(changes: dict[str, Any], message: str) -> None:
    result = first(**changes)
    assert result.response is None and result.finish == "error"
    assert result.error and (result.error.kind, result.error.message) == (ErrorKind.IMPORTED, message)


@pytest.mark.parametrize("nothing", [None, "", "None", "nan", False, 0, "null", {}, []])
def test_nothing_in_a_column_of_errors_is_no_error(nothing: Any) -> None:
    assert first(error=nothing).response == "x"


def test_prefixes_of_errors_are_a_persons_and_as_they_are_written() -> None:
    said = ("ERROR: x", "Error: x", "[failed] x")
    rows = [GOOD | {"image": f"{n}.png", "response": text} for n, text in enumerate(said)]
    kinds = [bool(one.error) for one in imported_run(rows).results]
    assert kinds == [True, False, False]
    kinds = [bool(one.error) for one in imported_run(rows, prefixes=("Error:", "[failed]")).results]
    assert kinds == [False, True, True]


def test_a_category_may_be_the_number_of_a_class() -> None:
    row = {key: GOOD[key] for key in GOOD if key != "category"} | {"label": 3}
    (result,) = imported_run([row]).results
    assert (result.category, result.path) == ("3", "3/a.png")


def test_long_errors_are_cut() -> None:
    error = first(error="x " * 5000).error
    assert error and len(error.message) == 400 and error.message.endswith("…")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        (2, 2.0),
        ("1.5", 1.5),
        ("2.87s", 2.87),
        ("3 seconds", 3.0),
        ("1,5", 1.5),
        ("2,871 s", 2.871),
    ],
)
def test_times(value: Any, seconds: float | None) -> None:
    result = first(time=value)
    assert (result.time, result.timing.generate) == (seconds, seconds)


def test_times_in_milliseconds_are_told_by_the_columns_name() -> None:
    row = {key: GOOD[key] for key in GOOD if key != "time"}
    for value in (1500, "1500", "1500,0"):
        assert imported_run([row | {"latency_ms": value}]).results[0].time == 1.5
    with pytest.raises(UsageError, match="entry 1: 'latency_ms': expected a number with a decimal point"):
        imported_run([row | {"latency_ms": "1,500"}])


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([GOOD | {"image": 3}], "entry 1: 'image': expected text, found the number 3"),
        ([GOOD | {"image": "../"}], "entry 1: 'image': expected the name of a file, found a text"),
        ([GOOD | {"category": 1.5}], "entry 1: 'category': expected text, found the number 1.5"),
        ([GOOD, GOOD | {"image": " "}], "entry 2: 'image': expected text, found an empty text"),
        ([GOOD, {"question": "What?", "response": "x"}], "entry 2: 'image': expected text, found nothing"),
        ([GOOD | {"response": ["x"]}], "entry 1: 'response': expected text or null, found a list"),
        ([GOOD | {"time": True}], "entry 1: 'time': expected seconds or null, found true"),
        ([GOOD | {"time": -1}], "entry 1: 'time': expected seconds or null, found the number -1"),
        ([GOOD | {"time": "soon"}], "entry 1: 'time': expected seconds or null, found a text"),
        *(([GOOD | {"time": text}], "'time': expected seconds") for text in (".", "1.2.3", "1,2,3", "1,")),
        ([GOOD | {"time": 10**400}], "entry 1: 'time'|not JSON"),
        ([GOOD | {"question": None}], "entry 1: there is no question"),
        (
            [{"image": "a.png", "category": "A"}],
            "no column is known to hold an answer.*--map response=COLUMN",
        ),
    ],
)
def test_bad_data_are_one_line_that_names_row_and_column(entries: Any, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        imported_run(entries)
    assert "\n" not in str(caught.value)


def test_a_row_without_a_model_is_refused_where_none_is_named() -> None:
    with pytest.raises(UsageError, match=r"entry 1: it names no model.*--model NAME"):
        import_rows([GOOD], model=None)
