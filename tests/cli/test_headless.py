"""The front end without a screen, its sessions left out."""

import json
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.cli import headless
from fada_tui.cli.headless import Outcome, Request, run_batch
from fada_tui.config.engines import EngineSettings
from fada_tui.config.settings import Settings
from fada_tui.core.errors import ExitCode, StoreError
from fada_tui.core.records import Question
from fada_tui.models.registry import load_registry
from fada_tui.runs.session import Session
from tests import examples


def test_what_was_done_is_told_though_the_next_run_cannot_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[object] = []

    def new(*_: object) -> object:
        begun.append(object())
        if len(begun) == 2:
            raise StoreError("cannot write results: No space left on device")
        return begun[0]

    async def run_one(*_: object) -> Outcome:
        return Outcome(ExitCode.OK, examples.run(status="complete"), tmp_path / "done")

    monkeypatch.setattr(Session, "new", new)
    monkeypatch.setattr(headless, "_run_one", run_one)
    settings = Settings(model=("fada-demo", "fada-demo", "fada-demo"), limit=1)
    code = run_batch(settings, load_registry(tmp_path / "none.toml"), Request(json=True))
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert code == ExitCode.USAGE and len(begun) == 2
    assert [run["id"] for run in said["runs"]] == ["done"]
    assert said["error"] == "cannot write results: No space left on device"
    assert err.endswith("fada-tui: cannot write results: No space left on device\n")


def test_a_folder_s_name_that_an_alias_nearly_has_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(model=("fada-demo",), alias={"Hart": "Brain", "Cervical": "Cervix"}, limit=1)
    code = run_batch(settings, load_registry(tmp_path / "none.toml"), Request(dry_run=True))
    assert code == ExitCode.OK
    assert capsys.readouterr().err == "--alias: no folder is called 'Hart'; did you mean 'Heart'?\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_questions_with_one_answer_are_told(
    as_json: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tuple(examples.result(f"A/{number}.png", response="Yes.") for number in range(10))
    more = tuple(examples.result(f"A/{number}.png", "q2", response=f"{number}") for number in range(10))
    asked = (Question(id="q1", short="Fit\x1b[2J", text="?"), Question(id="q2", text="?"))
    made = examples.run(status="complete", questions=asked, results=(*results, *more))

    async def run_one(*_: object) -> Outcome:
        return Outcome(ExitCode.OK, made, tmp_path / "done")

    monkeypatch.setattr(Session, "new", lambda *_: object())
    monkeypatch.setattr(headless, "_run_one", run_one)
    settings = Settings(model=("fada-demo",), limit=1)
    run_batch(settings, load_registry(tmp_path / "none.toml"), Request(json=as_json))
    out, err = capsys.readouterr()
    assert "tiny: 1 of 2 questions: one answer for every image (Fit" in err and "\x1b" not in err
    if as_json:
        assert json.loads(out)["runs"][0]["constant_answers"] == ["q1"]


def test_the_plan_tells_of_control_pictures_apart_from_the_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = load_registry(tmp_path / "none.toml")
    asked = Settings(limit=2, questions="demo", control=True)
    assert run_batch(asked, registry, Request(json=True, dry_run=True)) == ExitCode.OK
    (plan,) = json.loads(capsys.readouterr().out)["plan"]
    assert (plan["results"], plan["controls"]) == (10, 15)
    run_batch(asked, registry, Request(dry_run=True))
    assert "  controls   15 (black, grey, noise)\n" in capsys.readouterr().out
    run_batch(replace(asked, control=False), registry, Request(dry_run=True))
    assert "controls" not in capsys.readouterr().out


def test_the_plan_tells_which_engine_is_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = load_registry(tmp_path / "none.toml")
    here = EngineSettings(command=(sys.executable,))
    for engine, told in (("vllm", "vllm"), ("transformers", None)):
        asked = Settings(limit=1, engine=engine, engines={"vllm": here})
        run_batch(asked, registry, Request(json=True, dry_run=True))
        assert json.loads(capsys.readouterr().out)["plan"][0]["engine"] == told
        run_batch(asked, registry, Request(dry_run=True))
        assert ("  engine     vllm, started for the run\n" in capsys.readouterr().out) == bool(told)
