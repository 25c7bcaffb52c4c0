"""Checkpoints made to do harm are refused before anything of them is read that could do it."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.toml import read_toml
from fada_tui.models.checkpoint import measure
from fada_tui.models.file_checks import own_code, trouble
from fada_tui.models.weight_files import of_folder
from tests.conftest import Program, load
from tests.refused import change, damaged

INDEX = "model.safetensors.index.json"


class Evil:
    """Leaves a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.mark), 0o777)


def index(folder: Path, *names: object) -> None:
    """Name these files as the weights', beside a file that makes the folder look safe."""
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    weights = {f"weight.{number}": name for number, name in enumerate(names)}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weights}))


def a_pickle_behind_a_decoy(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "weights.bin")
    (folder / "evil.pt").write_bytes(pickle.dumps(Evil(folder / "mark")))
    index(folder, "weights.bin", "evil.pt")
    save_file({}, folder / "decoy.safetensors")


def weights_elsewhere(folder: Path) -> None:
    index(folder, "weights.safetensors", "../elsewhere/model.safetensors")


def weights_at_an_absolute_path(folder: Path) -> None:
    index(folder, "/etc/passwd")


def weights_by_a_number(folder: Path) -> None:
    index(folder, 7)


def weights_that_the_configuration_names(folder: Path) -> None:
    (folder / "adapter_model.bin").write_bytes(b"a pickle")
    change(folder / "config.json", transformers_weights="adapter_model.bin")


def an_index_that_the_configuration_names(folder: Path) -> None:
    index(folder, "../x.safetensors")
    (folder / INDEX).rename(folder / "mine.safetensors.index.json")
    change(folder / "config.json", transformers_weights="mine.safetensors.index.json")


def attention_from_the_hub(folder: Path) -> None:
    change(folder / "config.json", attn_implementation="evil/kernels")


def attention_of_a_part_from_the_hub(folder: Path) -> None:
    text = json.loads((folder / "config.json").read_text())["text_config"]
    change(folder / "config.json", text_config={**text, "_attn_implementation": {"": "evil/kernels@main:f"}})


def a_pipe(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return damage


def an_endless_file(folder: Path) -> None:
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "generation_config.json").symlink_to("/dev/zero")


def a_huge_file(folder: Path) -> None:
    with (folder / "processor_config.json").open("r+b") as file:
        file.truncate(3 << 30)


REFUSED = [
    (a_pickle_behind_a_decoy, ErrorKind.PICKLE_REFUSED, "names weights.bin, a pickle", "--allow-pickle"),
    (weights_elsewhere, ErrorKind.WEIGHTS_MISMATCH, "outside its folder", "../elsewhere/model.safetensors"),
    (weights_at_an_absolute_path, ErrorKind.WEIGHTS_MISMATCH, "outside its folder", "/etc/passwd"),
    (weights_by_a_number, ErrorKind.WEIGHTS_MISMATCH, "outside its folder", "7"),
    (weights_that_the_configuration_names, ErrorKind.PICKLE_REFUSED, "adapter_model.bin", "--allow-pickle"),
    (an_index_that_the_configuration_names, ErrorKind.WEIGHTS_MISMATCH, "mine.safetensors", "outside"),
    (attention_from_the_hub, ErrorKind.REMOTE_CODE_NEEDED, "attn_implementation", "code from the hub"),
    (attention_of_a_part_from_the_hub, ErrorKind.REMOTE_CODE_NEEDED, "evil/kernels@main:f", "take the key"),
    (a_pipe("config.json"), ErrorKind.LOAD, "config.json is not read", "a named pipe"),
    (a_pipe("chat_template.jinja"), ErrorKind.LOAD, "chat_template.jinja", "a named pipe"),
    (a_pipe("model.safetensors"), ErrorKind.LOAD, "model.safetensors", "a named pipe"),
    (an_endless_file, ErrorKind.LOAD, "generation_config.json", "a device"),
    (a_huge_file, ErrorKind.LOAD, "processor_config.json", "more than 32 MiB"),
]


LOADED = frozenset({"weights_elsewhere", "attention_from_the_hub", "an_endless_file"})
"""Of each kind of refusal one that `make test` tries to load, too; each starts a worker."""


@pytest.mark.parametrize(("damage", "kind", "what", "why"), REFUSED)
def test_what_may_do_harm_is_refused_before_loading(
    damage: Callable[[Path], None], kind: ErrorKind, what: str, why: str, tiny: Path, tmp_path: Path
) -> None:
    found = trouble(damaged(tiny, tmp_path / "bad", damage), allow_pickle=False)
    assert found and found.kind == kind and what in found.message and why in found.message


@pytest.mark.parametrize(
    ("damage", "kind", "what", "why"),
    [pytest.param(*row, marks=() if row[0].__name__ in LOADED else pytest.mark.slow) for row in REFUSED],
    ids=[f"{row[0].__name__}-{row[2][:12]}" for row in REFUSED],
)
def test_what_may_do_harm_is_refused_before_loading_and_while_loading(
    damage: Callable[[Path], None],
    kind: ErrorKind,
    what: str,
    why: str,
    program: Program,
    tiny: Path,
    images: Path,
    tmp_path: Path,
) -> None:
    folder = damaged(tiny, tmp_path / "bad", damage)
    found = trouble(folder, allow_pickle=False)
    assert found and found.kind == kind and what in found.message and why in found.message
    shown = program.run("models", "show", folder)
    assert shown.returncode == 0 and what in " ".join(shown.stdout.split())
    done, said = program.batch("--model", folder, "--images", images, "--limit", "1")
    assert done.returncode == 3, done.stderr
    assert said["runs"][0]["error"] == {"kind": kind, "message": found.message}
    assert not (folder / "mark").exists()


def test_a_consented_pickle_of_an_index_is_read_and_recorded(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    folder = damaged(tiny, tmp_path / "bad", a_pickle_behind_a_decoy)
    tensors = load_file(folder / "weights.safetensors")
    index = {"metadata": {}, "weight_map": dict.fromkeys(tensors, "weights.bin")}
    (folder / INDEX).write_text(json.dumps(index))
    (folder / "weights.safetensors").unlink()
    assert of_folder(folder, allow_pickle=True).pickled
    done, said = program.batch("--model", folder, "--images", images, "--limit", "1", "--allow-pickle")
    assert done.returncode == 0, done.stderr
    assert load(Path(said["runs"][0]["path"]))["model"]["pickled"] is True


def test_ordinary_checkpoints_are_left_alone(tiny: Path, tmp_path: Path) -> None:
    assert trouble(tiny, allow_pickle=False) is None
    both = damaged(tiny, tmp_path / "both", lambda folder: None)
    (both / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {"a": "pytorch_model.bin"}}))
    (both / "weights.lock").symlink_to("/nowhere")
    assert trouble(both, allow_pickle=False) is None and not of_folder(both, allow_pickle=True).pickled


def test_what_would_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "modeling_own.py").touch()
    (tmp_path / "config.json").write_text(
        json.dumps({"auto_map": {"AutoConfig": "other/repo--configuration.C"}})
    )
    assert own_code(tmp_path) == ("modeling_own.py", "other/repo--configuration.C")
    assert own_code(tmp_path / "nothing") == ()


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_no_reader_of_small_files_waits_or_goes_on_for_ever(
    make: Callable[[Path], object], tmp_path: Path
) -> None:
    odd = tmp_path / "settings.toml"
    make(odd)
    with pytest.raises(OSError, match="not a file"):
        read_small(odd)
    with pytest.raises(UsageError, match=r"settings\.toml cannot be read: it is a"):
        read_toml(odd)
    (tmp_path / "config.json").write_text("{}")
    odd.rename(tmp_path / "model.safetensors")
    assert measure(tmp_path) is None


def test_files_of_the_system_that_say_they_are_empty_are_bounded(tmp_path: Path) -> None:
    maps = Path("/proc/self/maps")
    assert maps.stat().st_size == 0 and read_small(maps)
    with pytest.raises(OSError, match="more than 0 MiB"):
        read_small(maps, most=10)
