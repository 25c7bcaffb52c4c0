"""Unknown fields are read with their record and written again, whatever object of a file they are in."""

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core import protocol
from fada_tui.core.json_data import MalformedError
from fada_tui.core.records import (
    Assessment,
    Environment,
    Gpu,
    ModelEntry,
    UnknownFields,
    decode_run,
    encode_run,
    known_keys,
    with_unknown_of,
)
from fada_tui.core.records.base import UNKNOWN_KEY
from fada_tui.evaluation.assessment.edit import stamped, with_verdict
from fada_tui.report.exports import export_run
from tests.full_run import full_run

Place: TypeAlias = tuple[str | int, ...]

ADDED = {"new key": {"deep": [1, 2.5, None, {"a": "b"}], UNKNOWN_KEY: {"c": 10**30}}, UNKNOWN_KEY: 7}


def objects(value: Any, path: Place = ()) -> Iterator[Place]:
    """The path of each object of a JSON value whose keys are fields."""
    if isinstance(value, dict) and path[-1:] != ("categories",):
        yield path
        for key, inner in value.items():
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from objects(inner, (*path, number))


def at(value: Any, path: Place) -> Any:
    for step in path:
        value = value[step]
    return value


WHOLE = json.loads(encode_run(full_run()))


@pytest.mark.parametrize("path", list(objects(WHOLE)), ids=lambda path: ".".join(map(str, path)) or "run")
def test_what_is_added_to_any_object_is_written_again(path: Place) -> None:
    whole = json.loads(encode_run(full_run()))
    at(whole, path).update(ADDED)
    run = decode_run(json.dumps(whole).encode())
    written = json.loads(encode_run(run))
    written.pop("check"), whole.pop("check")
    assert written == whole
    assert decode_run(encode_run(run)) == run
    assert list(at(written, path))[-2:] == list(ADDED), "after what is known"


def test_objects_of_every_record_are_tried() -> None:
    kinds = {tuple(step for step in path if isinstance(step, str)) for path in objects(WHOLE)}
    assert len(kinds) > 25
    assert {("plan", "model"), ("results", "assessments"), ("environment", "gpus")} <= kinds


def test_all_objects_at_once() -> None:
    whole = json.loads(encode_run(full_run()))
    for path in list(objects(whole)):
        at(whole, path).update(ADDED)
    written = json.loads(encode_run(decode_run(json.dumps(whole).encode())))
    written.pop("check"), whole.pop("check")
    assert written == whole


def test_an_error_beside_an_unknown_field_is_told_with_its_place() -> None:
    whole = json.loads(encode_run(full_run())) | {"new key": 1}
    whole["results"][1]["path"] = 7
    with pytest.raises(MalformedError, match=r"results\[1?\.*\]?.*path"):
        decode_run(json.dumps(whole).encode())


def test_a_file_cannot_pass_a_field_off_as_kept() -> None:
    whole = json.loads(encode_run(full_run())) | {UNKNOWN_KEY: {"status": "complete"}}
    run = decode_run(json.dumps(whole).encode())
    assert run.status == "interrupted"
    assert json.loads(encode_run(run))[UNKNOWN_KEY] == {"status": "complete"}
    assert json.loads(encode_run(run))["status"] == "interrupted"


def test_they_reach_the_worker_and_exports() -> None:
    whole = json.loads(encode_run(full_run()))
    whole["plan"]["model"] |= ADDED
    whole["results"][0] |= ADDED
    run = decode_run(json.dumps(whole).encode())
    assert run.plan is not UNSET
    load = protocol.Load(model=run.plan.model, device="cpu", trust_remote_code=False, allow_pickle=False)
    assert protocol.decode_command(protocol.encode(load)) == load
    row = json.loads(export_run(run, "jsonl").splitlines()[0])
    assert {key: row[key] for key in ADDED} == ADDED


def test_what_takes_a_record_s_place_keeps_them() -> None:
    old = json.dumps(
        {**WHOLE, "environment": {"a": 1, "gpus": [{"index": 0, "name": "G", "uuid": "u0", "b": 2}]}}
    )
    before = decode_run(old.encode()).environment
    now = Environment(python="4", gpus=(Gpu(index=1, name="G"), Gpu(index=0, name="G", uuid="u0")))
    kept = with_unknown_of(now, before)
    assert (kept.python, kept.unknown_fields) == ("4", {"a": 1})
    assert [gpu.unknown_fields for gpu in kept.gpus] == [UNSET, {"b": 2}]
    assert with_unknown_of(now, Environment()) == now
    added = replace(now, unknown_fields=UnknownFields({"a": 2, "c": 3}))
    assert with_unknown_of(added, before).unknown_fields == {"a": 2, "c": 3}
    assert with_unknown_of(before, added).unknown_fields == {"a": 1, "c": 3}


def test_a_new_verdict_takes_over_none_of_an_earlier_one() -> None:
    whole = json.loads(encode_run(full_run()))
    whole["results"][0]["assessments"][0]["seen"] = ["score"]
    earlier = decode_run(json.dumps(whole).encode()).results[0].assessments[0]
    new = stamped(with_verdict(earlier, "partial"), assessor="ben", at="t2", blind=True)
    assert new == replace(Assessment(tags=("x",)), verdict="partial", assessor="ben", at="t2", blind=True)


def test_the_keys_of_a_record_are_those_of_its_object() -> None:
    entry = msgspec.json.decode(msgspec.json.encode(ModelEntry(name="m", source="s")))
    assert known_keys(ModelEntry) == tuple(entry)
