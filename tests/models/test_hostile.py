"""Whatever a checkpoint's files hold, they are described or refused; no model of the list costs another."""

import gc
import json
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fada_tui.core.records import ModelEntry
from fada_tui.models import installed
from fada_tui.models.checkpoint import header, measure, read_folder
from fada_tui.models.file_checks import own_code
from fada_tui.models.hub_cache import is_here, snapshot
from fada_tui.models.registry import load_registry
from fada_tui.runs.preflight.describe import as_json, facts, measured
from fada_tui.runs.preflight.inspection import look
from fada_tui.tui.present.models import ModelLine, model_lines
from fada_tui.tui.state.disk_index import DiskIndex, read_disk_index
from tests.hostile import FEW, HOSTILE, ODD_NUMBERS, altered

CONFIG = {
    "architectures": ["Idefics3ForConditionalGeneration"],
    "model_type": "idefics3",
    "torch_dtype": "bfloat16",
    "auto_map": {"AutoModel": "a--b.C"},
    "quantization_config": {"quant_method": "gptq", "bits": 4},
    "scale_factor": 2,
    "image_token_id": 5,
    "text_config": {
        "model_type": "llama",
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
        "head_dim": 16,
        "vocab_size": 500,
        "_attn_implementation": "a/b",
    },
    "vision_config": {"image_size": 128, "patch_size": 16, "hidden_size": 64, "num_hidden_layers": 2},
}
OTHERS = {
    "processor_config.json": {
        "processor_class": "Idefics3Processor",
        "image_seq_len": 16,
        "chat_template": "{{ messages }}",
        "image_processor": {
            "image_processor_type": "Idefics3ImageProcessor",
            "size": {"longest_edge": 256},
            "max_image_size": {"longest_edge": 128},
            "do_image_splitting": True,
        },
    },
    "preprocessor_config.json": {"image_processor_type": "CLIPImageProcessor", "size": [224], "crop_size": 3},
    "tokenizer_config.json": {"chat_template": "x", "processor_class": "A", "model_max_length": 10**30},
    "model.safetensors.index.json": {"metadata": {"total_size": 5}, "weight_map": {"a": "x.safetensors"}},
}
HEADER = {
    "__metadata__": {"format": "pt"},
    "model.embed.weight": {"dtype": "BF16", "shape": [500, 64], "data_offsets": [0, 64000]},
}


def write_header(file: Path, said: Any) -> None:
    data = said if isinstance(said, bytes) else json.dumps(said).encode()
    file.write_bytes(struct.pack("<Q", len(data)) + data + bytes(64_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    for name, document in {"config.json": CONFIG, **OTHERS}.items():
        (made / name).write_text(json.dumps(document))
    write_header(made / "model.safetensors", HEADER)
    return made


def describe(folder: Path) -> None:
    """All that is asked of a checkpoint's files before it is loaded."""
    measure(folder)
    own_code(folder)
    found = look(ModelEntry(name="m", source=str(folder)), max_new_tokens=50, ask_hub=False)
    msgspec.json.encode(as_json(found, measured()))
    for _, text in facts(found, measured()):
        text.encode(errors="surrogateescape")


def hostile_files(folder: Path) -> Iterator[str]:
    """Write each file with each of its values altered, one at a time."""
    for place, said in altered(HEADER, HOSTILE + ODD_NUMBERS):
        write_header(folder / "model.safetensors", said)
        yield f"model.safetensors: {place}"
    write_header(folder / "model.safetensors", HEADER)
    for name, document in {"config.json": CONFIG, **OTHERS}.items():
        for place, said in altered(document, (*FEW, *ODD_NUMBERS)):
            (folder / name).write_text(json.dumps(said))
            yield f"{name}: {place}"
        (folder / name).write_text(json.dumps(document))
        if name == "config.json":  # before the index, which only counts without it
            (folder / "model.safetensors").rename(folder / "x.safetensors")


@pytest.mark.long
def test_whatever_a_checkpoint_s_files_hold_they_are_described(folder: Path) -> None:
    for place in hostile_files(folder):
        try:
            describe(folder)
        except Exception as error:
            raise AssertionError(f"{place}: {error!r}") from error


@pytest.mark.parametrize("name", ["config.json", *OTHERS])
@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", rb'{"dtype": "\ud800"}'])
def test_a_file_that_cannot_be_read_counts_as_missing(folder: Path, name: str, text: bytes) -> None:
    (folder / name).write_bytes(text)
    describe(folder)
    assert name not in read_folder(folder, "folder").documents


@pytest.mark.parametrize(
    "said",
    [
        {"a": {"dtype": "F32", "shape": "text"}},
        {"a": {"dtype": "F32", "shape": ["1", "2"]}},
        {"a": {"dtype": "F32", "shape": [-1]}},
        {"a": {"dtype": "F32", "shape": [2**70]}},
        {"a": {"dtype": "F32", "shape": [2] * 100}},
        {"a": {"dtype": 5, "shape": [1]}},
        {"a": None},
        [],
        b'{"a": {"dtype": "F32", "shape": ' + b"[" * 100_000,
        b'{"a": {"dtype": "F32", "shape": [NaN]}}',
    ],
)
def test_weights_whose_header_is_damaged_cost_their_model_alone(folder: Path, said: Any) -> None:
    write_header(folder / "model.safetensors", said)
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        header(folder / "model.safetensors")
    describe(folder)
    listed = folder.parent / "models.toml"
    listed.write_text(f'[[model]]\nname = "mine"\nsource = "{folder}"\n')
    index = read_disk_index(folder.parent / "results", load_registry(listed))
    assert "mine" in {row.entry.name for row in index.rows}
    assert "mine" not in index.here and "fada-demo" in index.here
    assert list(index.damaged) == ["mine"] and "model.safetensors" in index.damaged["mine"]
    (line,) = [line for line in shown(index) if line.name == "mine"]
    assert line.state == "unreadable" and "\n" not in line.detail
    assert "cannot be read: model.safetensors: " in line.detail


def shown(index: DiskIndex) -> tuple[ModelLine, ...]:
    return model_lines(
        index.rows,
        index.figures,
        here=index.here,
        damaged=index.damaged,
        loaded=None,
        progress=None,
        queued=(),
        marked=(),
        blind=False,
    )


@pytest.mark.parametrize("text", [b"[" * 100_000, b"", b"\xff\xfe"])
def test_a_configuration_that_cannot_be_read_is_said_in_the_list(folder: Path, text: bytes) -> None:
    (folder / "config.json").write_bytes(text)
    listed = folder.parent / "models.toml"
    listed.write_text(f'[[model]]\nname = "mine"\nsource = "{folder}"\n')
    (line,) = [
        line
        for line in shown(read_disk_index(folder.parent / "results", load_registry(listed)))
        if line.name == "mine"
    ]
    assert line.state == "unreadable" and "cannot be read: config.json" in line.detail


@pytest.mark.parametrize("said", [b"\x00", b"x" * 5000, b"\xff", b"../../..", b"", b"a\nb"])
def test_a_damaged_entry_of_the_hub_s_cache_is_no_snapshot(tmp_path: Path, said: bytes) -> None:
    environ = {"HF_HUB_CACHE": str(tmp_path)}
    home = tmp_path / "models--a--b"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_bytes(said)
    (home / "snapshots").mkdir()
    (home / "snapshots" / "stray").touch()
    assert snapshot("a/b", environ=environ) in (None, home / "snapshots" / "../../..")
    entry = ModelEntry(name="m", source="a/b")
    assert not is_here(entry, environ)
    (home / "snapshots" / "0123").mkdir()
    (home / "snapshots" / "0123" / "model.safetensors").touch()
    assert is_here(entry, environ), "a stray file beside it hides none"


def test_sources_are_parsed_in_several_threads_at_once(tmp_path: Path) -> None:
    """Python 3.11 raises SystemError where another thread parses while the collector runs in the first."""
    file = tmp_path / "deep.py"
    file.write_text("\n".join(f"x{n} = {'(' * 60}{n}{')' * 60} + {'-' * 60}{n}" for n in range(100)))
    found: list[int] = []
    threshold = gc.get_threshold()

    def let_others_run(phase: str, _: object) -> None:
        time.sleep(0)

    gc.callbacks.append(let_others_run)
    gc.set_threshold(50)
    try:
        threads = [
            threading.Thread(target=lambda: found.append(len(installed._parsed(file).body))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.callbacks.remove(let_others_run)
        gc.set_threshold(*threshold)
    assert found == [100] * 4


@pytest.mark.parametrize("text", ["(" * 100_000, "-" * 100_000 + "1", "x = '\x00'", "def"])
def test_a_source_that_cannot_be_parsed_holds_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.py"
    file.write_text(text)
    assert installed._parsed(file).body == []
