import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from fada_tui.core.errors import FadaError, UsageError
from fada_tui.core.records import ModelEntry, decode_run, encode_run
from fada_tui.store.imported.runs import Told
from tests.hostile import HOSTILE, ODD_NUMBERS, altered
from tests.importing import import_rows, imported_run

GOLDEN = Path(__file__).parents[2] / "golden"
ENTRY = ModelEntry(name="M", source="org/M", revision="abc", dtype="bfloat16", parameters=7, license="MIT")
GOOD: dict[str, Any] = {"image": "a.png", "category": "A", "question": "What?", "response": "x", "time": 1.5}


def test_the_references_data_become_a_run_and_keep_their_five_keys() -> None:
    data = (GOLDEN / "legacy.json").read_bytes()
    run = imported_run(data)
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


def test_whom_an_image_is_of_is_kept() -> None:
    run = imported_run([GOOD | {"patient": 7}, GOOD | {"image": "b.png", "patient": None}])
    assert [one.patient for one in run.results] == ["7", UNSET]


def test_only_what_is_known_is_said_of_the_model_and_the_rest_is_unknown() -> None:
    run = imported_run([GOOD], entry=ENTRY)
    assert (run.model.name, run.model.source, run.model.parameters) == ("M", "org/M", 7)
    assert (run.model.license, run.model.dtype, run.model.revision) == ("MIT", None, None)
    only = run.results[0]
    assert (only.sha256, only.finish, only.tokens.generated, only.timing.load) == (None, None, None, None)
    assert run.started is None


def test_what_a_person_tells_stands_in_its_place() -> None:
    told = Told(
        dataset="D", root="/images", started="2025-10-02", device="cuda", dtype="bf16", quantization="4bit",
        memory=5, parameters=6, load_time=8.6,
    )  # fmt: skip
    run = imported_run([GOOD], told=told, entry=ENTRY)
    assert (run.started, run.dataset.name, run.dataset.root) == ("2025-10-02", "D", "/images")
    model = run.model
    assert (model.device, model.dtype, model.quantization) == ("cuda", "bf16", "4bit")
    assert (model.memory.gpu_told, model.memory.weights, model.parameters, model.load_time) == (
        5,
        None,
        6,
        8.6,
    )
    with pytest.raises(UsageError, match="--parameters is of one model"):
        import_rows({"M": [GOOD], "N": [GOOD]}, model=None, told=told)


def test_a_model_by_two_names_is_one() -> None:
    rows = [GOOD | {"model": "M"}, GOOD | {"model": "org/M", "image": "b.png"}]
    (run,) = import_rows(rows, model=None, entry=ENTRY)[0].runs
    assert len(run.results) == 2


def test_a_row_that_comes_again_counts_once_and_another_answer_is_refused() -> None:
    imported, told = import_rows([GOOD, GOOD, GOOD | {"time": 9}])
    assert len(imported.runs[0].results) == 1 and "2 rows say again" in told[0]
    with pytest.raises(UsageError, match=r"entry 2: 'A/a.png' was already asked this.*\(entry 1\)"):
        import_rows([GOOD, GOOD | {"response": "y"}])


def test_an_answer_takes_the_place_of_an_error_never_of_an_answer() -> None:
    error = GOOD | {"response": None}
    for rows in ([error, GOOD], [GOOD, error]):
        imported, told = import_rows(rows)
        (result,) = imported.runs[0].results
        assert (result.response, result.error, result.finish) == ("x", None, None)
        assert len(told) == 1


def test_whatever_a_list_holds_it_is_read_or_refused() -> None:
    rows = [GOOD | {"model": "M"}, GOOD | {"model": "M", "image": "b", "error": None}]
    self_described = {
        "metadata": {"model": "M"},
        "model": {"name": "M"},
        "errors": rows,
        "data": {"answers": [{"image": "a", "output": {"q": "x"}}]},
    }
    documents = (rows, {"model": "M", "results": rows}, {"M": {"a.png": {"What?": "x"}}}, self_described)
    for document in documents:
        for place, changed in altered(document, HOSTILE + ODD_NUMBERS):
            try:
                for run in import_rows(json.dumps(changed).encode(), model=None)[0].runs:
                    assert decode_run(encode_run(run)) == run, place
            except FadaError as error:
                assert "\n" not in str(error), place
