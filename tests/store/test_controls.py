"""Answers about control pictures in journal and run: apart from all results, once each, and never lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.control import PICTURES, control_keys, is_control, path_of
from fada_tui.core.records import FileFacts, Result, Run, decode_run, encode_run
from fada_tui.runs.publish import without_needless_plan
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.check import check_run
from fada_tui.store.fold import fold
from fada_tui.store.journal import ControlLine, ResultLine
from fada_tui.store.repair import repair
from fada_tui.store.salvage import salvage
from tests import examples


def control(picture: str, **fields: Any) -> Result:
    return examples.result(path_of(picture), width=8, height=6, sha256="ab", **fields)


def failed(picture: str) -> Result:
    return examples.error_result(path_of(picture))


PLANNED = examples.run(("A/a.png",))
WITH_CONTROLS = replace(PLANNED, plan=replace(PLANNED.plan, control=True))
ANSWERED = ResultLine(result=examples.result("A/a.png"))
ALL = tuple(ControlLine(result=control(picture)) for picture in PICTURES)


def test_they_are_no_results_and_come_in_their_order_once_each() -> None:
    folded = fold(WITH_CONTROLS, [ANSWERED, *reversed(ALL), *ALL])
    assert [one.path for one in folded.results] == ["A/a.png"]
    assert [one.path for one in folded.controls or ()] == ["control/black", "control/grey", "control/noise"]
    assert fold(folded, [ANSWERED, *ALL]) == folded
    assert [(one.path, one.question_id) for one in folded.controls or ()] == [*control_keys(folded.questions)]


def test_an_image_of_that_name_is_another_thing() -> None:
    """A folder of the user's may be called so, too."""
    image = examples.result("control/black", response="a head", file=FileFacts(size=1, sha256="cd"))
    run = examples.run(("control/black",))
    folded = fold(run, [ResultLine(result=image), ControlLine(result=control("black", response="nothing"))])
    assert [one.response for one in folded.results] == ["a head"]
    assert [one.response for one in folded.controls or ()] == ["nothing"]
    assert is_control(control("black")) and not is_control(image)


def test_an_answer_takes_the_place_of_an_error_and_never_of_an_answer() -> None:
    once = fold(WITH_CONTROLS, [ControlLine(result=failed("black"))])
    again = fold(once, [ControlLine(result=control("black", response="no"))])
    last = fold(
        again, [ControlLine(result=control("black", response="yes")), ControlLine(result=failed("black"))]
    )
    assert [one.response for one in last.controls or ()] == ["no"]


def test_a_planned_one_that_is_missing_keeps_the_run_open() -> None:
    part = fold(WITH_CONTROLS, [ANSWERED, *ALL[:2]])
    assert part.status == "interrupted" and without_needless_plan(part).plan
    whole = fold(part, ALL[2:])
    assert whole.status == "complete" and without_needless_plan(whole).plan is UNSET
    with_error = fold(part, [ControlLine(result=failed("noise"))])
    assert with_error.status == "complete" and without_needless_plan(with_error).plan, (
        "resuming tries it again"
    )


def test_without_a_plan_of_them_they_change_nothing_of_the_run() -> None:
    complete = without_needless_plan(fold(PLANNED, [ANSWERED]))
    folded = fold(complete, ALL[:1])
    assert folded == replace(complete, controls=(ALL[0].result,))
    assert fold(complete, ()).controls is UNSET


def test_they_survive_the_file(tmp_path: Path) -> None:
    store.write_run(tmp_path, WITH_CONTROLS)
    for line in (ANSWERED, *ALL):
        journal.append(tmp_path / journal.JOURNAL_NAME, line)
    read = store.read_run(tmp_path)
    run, warnings = store.settle(tmp_path)
    assert (run, warnings) == (read, ()) and run.status == "complete"
    assert decode_run(encode_run(run)) == run == store.read_run(tmp_path)
    assert check_run(tmp_path).sound


@pytest.mark.parametrize("break_at", ['"results":', '"controls":', '"path": "control/black"'])
def test_damage_makes_no_result_of_them(break_at: str, tmp_path: Path) -> None:
    run = without_needless_plan(fold(WITH_CONTROLS, [ANSWERED, *ALL]))
    data = encode_run(run).decode()
    damaged = data.replace(break_at, break_at.replace('"', "", 1), 1).encode()
    assert damaged != data.encode()
    saved = salvage(damaged, run.id)
    assert [one.path for one in saved.results] == ["A/a.png"]
    kept = [one.path for one in saved.controls or ()]
    assert kept == [path_of(picture) for picture in PICTURES][1 if "path" in break_at else 0 :]

    (tmp_path / store.RUN_NAME).write_bytes(damaged)
    journal.append(tmp_path / journal.JOURNAL_NAME, ALL[0])
    repair(tmp_path)
    repaired = store.read_run(tmp_path)
    assert len(repaired.results) == 1 and len(repaired.controls or ()) == 3


def test_keys_that_only_newer_versions_know_are_kept(tmp_path: Path) -> None:
    run: Run = fold(WITH_CONTROLS, [ANSWERED, *ALL])
    whole = json.loads(encode_run(run))
    whole["controls"][1]["new key"] = [1]
    del whole["check"]
    (tmp_path / store.RUN_NAME).write_text(json.dumps(whole))
    journal.append(tmp_path / journal.JOURNAL_NAME, ALL[0])
    store.settle(tmp_path)
    assert json.loads((tmp_path / store.RUN_NAME).read_bytes())["controls"][1]["new key"] == [1]
