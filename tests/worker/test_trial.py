"""A checkpoint's processor and template are tried where they can do no harm, and refused in one line."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker.loading import load as loading
from fada_tui.worker.loading import trial
from tests.conftest import Program
from tests.refused import Damage, change, damaged

GIB = 2**30


def printing(text: str) -> Damage:
    def damage(folder: Path) -> None:
        template = (folder / "chat_template.jinja").read_text()
        (folder / "chat_template.jinja").write_text(text + template)

    return damage


def of_size(pixels: int) -> Damage:
    def damage(folder: Path) -> None:
        images = json.loads((folder / "processor_config.json").read_text())["image_processor"]
        edges = {"size": {"longest_edge": pixels}, "max_image_size": {"longest_edge": pixels}}
        change(folder / "processor_config.json", image_processor=images | edges)

    return damage


LOOP = "{% for i in range(99999) %}"
END = "{% endfor %}"

HOSTILE = [
    (printing("{{ 'x' * 30000000000 }}"), "more than 4 GiB of memory"),
    (of_size(2_000_000), "more than 4 GiB of memory"),
    (printing(LOOP * 3 + END * 3), "takes too long"),
]


@pytest.mark.parametrize(("damage", "words"), HOSTILE, ids=["prints", "size", "loops"])
def test_what_would_harm_the_worker_is_refused_in_one_line(
    damage: Damage, words: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "ASKING_SECONDS", 1)
    entry = ModelEntry(name="m", source=str(damaged(tiny, tmp_path / "hostile", damage)))
    with pytest.raises(ModelLoadError, match=words) as caught:
        loading.load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), print)
    assert caught.value.kind == ErrorKind.PROMPT and "\n" not in str(caught.value)
    assert str(caught.value).startswith("m: its processor or chat template takes")


@pytest.mark.worker
def test_the_next_model_is_asked_all_the_same(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    folder = damaged(tiny, tmp_path / "hostile", HOSTILE[0][0])
    done, said = program.batch(
        "--model", folder, "--model", tiny, "--images", images, "--limit", "1", "--max-new-tokens", "2"
    )
    assert done.returncode == 3, done.stderr
    first, second = said["runs"]
    assert first["error"]["kind"] == ErrorKind.PROMPT and second["status"] == "complete"
    assert "worker" not in first["error"]["message"]


def nothing(_: object = None) -> None:
    pass


def refuse(_: object) -> None:
    raise ModelLoadError(ErrorKind.NO_CHAT_TEMPLATE, "as the step says it")


def fail(_: object) -> None:
    raise RuntimeError("something\nelse")


def allocate(_: object) -> Any:
    return torch.empty(5 * GIB, dtype=torch.uint8), bytearray(5 * GIB)


def leave(_: object) -> None:
    os._exit(3)


def crash(_: object) -> None:
    os.abort()


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (refuse, ErrorKind.NO_CHAT_TEMPLATE, "^as the step says it$"),
        (fail, ErrorKind.LOAD, r"^m: RuntimeError: something else \(worker.log has more\)$"),
        (allocate, ErrorKind.PROMPT, "more than 4 GiB of memory"),
        (leave, ErrorKind.PROMPT, r"ends the process that tries it \(status 3\)"),
        (crash, ErrorKind.PROMPT, r"ends the process that tries it \(SIGABRT\)"),
    ],
)
def test_how_a_trial_ends(step: Callable[[object], None], kind: ErrorKind, words: str) -> None:
    with pytest.raises(ModelLoadError, match=words) as caught:
        trial.attempt("m", nothing, step)
    assert caught.value.kind == kind


def test_a_trial_that_succeeds_changes_nothing_here() -> None:
    made: list[str] = []
    trial.attempt("m", lambda: made.append("read"), lambda _: made.append("asked"))
    assert made == []


def test_a_trial_that_waits_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 0.2)
    with pytest.raises(ModelLoadError, match="takes too long"):
        trial.attempt("m", nothing, lambda _: signal.pause())


def test_a_trial_holds_none_of_the_run_s_files_open(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        number = lock.fileno()
        with pytest.raises(ModelLoadError, match="Bad file descriptor"):
            trial.attempt("m", nothing, lambda _: os.fstat(number))


def test_the_embedded_model_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "attempt", lambda *_: pytest.fail("it comes with the program"))
    entry = ModelEntry(name="m", source=str(loading.EMBEDDED))
    loading.load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), print)
