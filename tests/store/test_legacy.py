import json
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.errors import StoreError
from fada_tui.core.records import ModelEntry, Question, Run, Tool, decode_run, encode_run
from fada_tui.store.legacy import read_legacy

GOLDEN = Path(__file__).parents[1] / "golden"
ENTRY = ModelEntry(name="M", source="org/M", revision="abc", dtype="bfloat16", parameters=7, license="MIT")
GOOD: dict[str, Any] = {"image": "a.png", "category": "A", "question": "What?", "response": "x", "time": 1.5}


def read(entries: Any) -> Run:
    data = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return read_legacy(
        data, model=ENTRY, run_id="r", dataset_name="d", started=None, tool=Tool(name="t", version="1")
    )


def test_the_references_data_become_a_run_and_keep_their_five_keys() -> None:
    data = (GOLDEN / "legacy.json").read_bytes()
    run = read(data)
    legacy = json.loads(data)
    written = json.loads(encode_run(run))["results"]
    assert [{key: result[key] for key in legacy[0]} for result in written] == legacy
    assert [*written[0]][:5] == [*legacy[0]]
    assert run.status == "complete"
    assert run.dataset.categories == {"Abodomen": 3, "Aorta": 2}
    assert run.dataset.images == 5
    assert run.results[3].path == "Aorta/Aorta_001.png"
    assert run.results[3].timing.generate == 8.03
    assert decode_run(encode_run(run)) == run


def test_only_what_is_known_is_said_of_the_model_and_the_rest_is_unknown() -> None:
    run = read([GOOD])
    assert (run.model.name, run.model.source, run.model.parameters) == ("M", "org/M", 7)
    assert (run.model.license, run.model.dtype, run.model.revision) == ("MIT", None, None)
    only = run.results[0]
    assert (only.sha256, only.finish, only.tokens.generated, only.timing.load) == (None, None, None, None)
    assert run.started is None


def test_questions_are_numbered_as_they_appear_and_images_counted_once() -> None:
    second = GOOD | {"question": "Which?", "extra": [1]}
    run = read([GOOD, second, GOOD | {"image": "b.png", "question": "Which?"}])
    assert run.questions == (Question(id="q1", text="What?"), Question(id="q2", text="Which?"))
    assert [result.question_id for result in run.results] == ["q1", "q2", "q2"]
    assert run.dataset.categories == {"A": 2}


def test_null_is_unknown_and_a_byte_order_mark_is_no_fault() -> None:
    run = read(b"\xef\xbb\xbf" + json.dumps([GOOD | {"response": None, "time": None}]).encode())
    assert (run.results[0].response, run.results[0].time) == (None, None)


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        (b"{", "not JSON"),
        (b'["\xff"]', "not JSON"),
        ({}, "expected a list of results, found an object"),
        ([], "empty"),
        ([GOOD, 3], "entry 2: expected an object, found the number 3"),
        ([{key: GOOD[key] for key in GOOD if key != "time"}], 'entry 1: key "time" is missing'),
        ([GOOD | {"image": 3}], 'entry 1: key "image": expected text, found the number 3'),
        ([GOOD | {"category": " "}], 'entry 1: key "category": expected text, found an empty text'),
        ([GOOD | {"response": ["x"]}], 'entry 1: key "response": expected text or null, found a list'),
        ([GOOD | {"time": True}], 'entry 1: key "time": expected seconds or null, found true'),
        ([GOOD | {"time": -1}], 'entry 1: key "time": expected seconds or null, found the number -1'),
        ([GOOD | {"time": "1.5"}], 'entry 1: key "time": expected seconds or null, found a text'),
        (b'[{"image":"a","category":"A","question":"q","response":"x","time":1e999}]', ""),
        ([GOOD | {"time": 10**400}], ""),
        (b'[{"image":"a","category":"A","question":"q","response":"x","time":NaN}]', "not JSON"),
        ([GOOD, GOOD], "entry 2: key \"image\": 'A/a.png' was already asked this"),
    ],
)
def test_bad_data_are_one_line_that_names_entry_and_key(entries: Any, complaint: str) -> None:
    with pytest.raises(StoreError) as caught:
        read(entries)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
