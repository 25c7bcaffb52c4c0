"""Every kind of failure, provoked for real: by its name, with its remedy, and in the testing list."""

import json
import re
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.errors import ErrorKind
from tests import refused
from tests.conftest import Program
from tests.worker.test_hub import hub  # noqa: F401

ROOT = Path(__file__).parents[2]

Make = Callable[[Path, Path], Path]


def changed(damage: refused.Damage) -> Make:
    return lambda good, folder: refused.damaged(good, folder, damage)


def saved(save: Callable[[Path], Path]) -> Make:
    return lambda _, folder: save(folder)


CASES: dict[str, tuple[Make, ErrorKind, str]] = {
    "ported": (changed(refused.unknown_type), ErrorKind.ARCHITECTURE_UNKNOWN, "use a checkpoint of llava-hf"),
    "unprompted": (changed(refused.unprompted_class), ErrorKind.ARCHITECTURE_UNKNOWN, "add an adapter"),
    "own-code": (changed(refused.own_code), ErrorKind.REMOTE_CODE_NEEDED, "--trust-remote-code own-code"),
    "no-config": (changed(refused.without_config), ErrorKind.NOT_FOUND, "name another folder"),
    "too-large": (changed(refused.too_large), ErrorKind.OUT_OF_MEMORY, "a smaller model"),
    "qwen": (changed(refused.of_qwen), ErrorKind.MISSING_PACKAGE, "pip install 'fada-tui[vision]'"),
    "caption-as-vqa": (saved(refused.save_caption_as_vqa), ErrorKind.WEIGHTS_MISMATCH, "weights missing"),
    "vqa-as-caption": (saved(refused.save_vqa_as_caption), ErrorKind.WEIGHTS_MISMATCH, "weights unexpected"),
    "no-processor": (changed(refused.without_processor), ErrorKind.PROCESSOR_MISSING, "save_pretrained"),
    "no-template": (changed(refused.without_template), ErrorKind.NO_CHAT_TEMPLATE, "instruction-tuned"),
    "pickle": (changed(refused.as_pickle), ErrorKind.PICKLE_REFUSED, "--allow-pickle"),
    "fails": (changed(refused.failing_generation), ErrorKind.INFERENCE_ERROR, "was loaded and cannot answer"),
    "settings": (changed(refused.refused_generation), ErrorKind.LOAD, "suppress_tokens"),
    "blind-template": (changed(refused.blind_template), ErrorKind.IMAGE_IGNORED, "answer blindly"),
    "blind-blip2": (saved(refused.save_blind_blip2), ErrorKind.IMAGE_IGNORED, "answer blindly"),
}


def list_models(config: Path, sources: dict[str, str]) -> None:
    """Put models on the user's list."""
    config.mkdir(parents=True, exist_ok=True)
    tables = [f'[[model]]\nname = "{name}"\nsource = "{source}"\n' for name, source in sources.items()]
    (config / "models.toml").write_text("\n".join(tables))


def listed(program: Program) -> dict[str, dict[str, Any]]:
    """The testing list, by name."""
    done = program.run("models", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)["models"]}


def ask(program: Program, images: Path, names: Sequence[str], **options: Any) -> dict[str, dict[str, Any]]:
    """Ask these models of one image; return what became of each, by name."""
    models = [part for name in names for part in ("--model", name)]
    done = program.run(
        *("--batch", "--json", *models, "--images", str(images), "--limit", "1", "--max-new-tokens", "3"),
        timeout=220,
        **options,
    )
    assert "Traceback" not in done.stderr
    return {run["model"]: run for run in json.loads(done.stdout.splitlines()[-1])["runs"]}


def failure_of(run: dict[str, Any]) -> dict[str, str]:
    """Why a run has no answer: its own error, or that of its only result."""
    if "error" in run:
        assert run["exit_code"] == 3
        return run["error"]
    (result,) = json.loads(Path(run["run_json"]).read_bytes())["results"]
    assert run["exit_code"] == 1
    return result["error"]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(folder))
    return folder


def test_each_failure_has_its_name_and_its_remedy_and_is_the_model_s_status(
    program: Program, tiny: Path, images: Path, tmp_path: Path, config: Path
) -> None:
    folders = {name: make(tiny, tmp_path / name) for name, (make, _, _) in CASES.items()}
    list_models(config, {name: str(folder) for name, folder in folders.items()})
    runs = ask(program, images, list(CASES))
    rows = listed(program)
    for name, (_, kind, words) in CASES.items():
        failure = failure_of(runs[name])
        assert failure["kind"] == kind, (name, failure)
        assert words in failure["message"] and "\n" not in failure["message"], (name, failure)
        assert (rows[name]["status"], rows[name]["reason"]) == ("failed", failure["message"]), name
        page = Path(runs[name]["summary"]).read_text(encoding="utf-8")
        assert "**Status in Testing List**: ❌ Failed: " in page, name


def test_memory_that_runs_out_while_loading(
    program: Program, tiny: Path, images: Path, tmp_path: Path, config: Path
) -> None:
    folder = refused.damaged(tiny, tmp_path / "wide", refused.for_a_large_machine)
    list_models(config, {"wide": str(folder)})

    def less() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))

    failure = failure_of(ask(program, images, ["wide"], preexec_fn=less)["wide"])
    assert failure["kind"] == ErrorKind.OUT_OF_MEMORY
    assert "does not fit into cpu's memory" in failure["message"]
    row = listed(program)["wide"]
    assert (row["status"], row["reason"]) == ("failed", failure["message"])


def test_what_the_hub_refuses_and_what_passes(
    hub: object,  # noqa: F811
    program: Program,
    images: Path,
    config: Path,
) -> None:
    list_models(
        config,
        {"gated": "owner/gated", "nothing": "owner/nothing", "far": "owner/far", "slow": "owner/model"},
    )
    runs = ask(program, images, ["gated", "nothing"])
    program.env["HF_HUB_OFFLINE"] = "1"
    runs |= ask(program, images, ["far"])
    rows = listed(program)
    for name, kind, words, status in (
        ("gated", ErrorKind.GATED, "accept its licence on its hub page", "gated"),
        ("nothing", ErrorKind.NOT_FOUND, "check the spelling", "failed"),
        ("far", ErrorKind.OFFLINE_NOT_CACHED, "or go online", "untested"),
    ):
        failure = failure_of(runs[name])
        assert failure["kind"] == kind and words in failure["message"]
        assert (rows[name]["status"], rows[name]["reason"]) == (status, failure["message"])


def test_a_question_that_cannot_be_put_is_no_model_s_fault_in_another_run(
    program: Program, tiny: Path, images: Path, config: Path
) -> None:
    list_models(config, {"tiny": str(tiny)})
    ask_twice = ("--question", "What is <image>?", "--question", "What is it?")
    done, said = program.batch(
        "--model", "tiny", "--images", images, "--limit", "1", "--max-new-tokens", "3", *ask_twice
    )
    results = json.loads(Path(said["runs"][0]["run_json"]).read_bytes())["results"]
    assert [result["error"] and result["error"]["kind"] for result in results] == [ErrorKind.PROMPT, None]
    assert done.returncode == 1
    assert listed(program)["tiny"]["status"] == "tested", "one answer is an answer"


def test_the_page_of_errors_has_every_kind() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [kind for kind, _, _ in rows] == [str(kind) for kind in ErrorKind]
    assert all(meaning and remedy for _, meaning, remedy in rows)
