"""Models looked at for an engine before they are loaded: GGUF folders, and what only transformers wants."""

from pathlib import Path

import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.records import ModelEntry
from fada_tui.models.registry import Registry
from fada_tui.models.requirements import Requirements
from fada_tui.runs.engines.needs import look
from fada_tui.runs.planning import jobs
from tests.gguf_files import gguf_folder, write_gguf
from tests.lora_files import LANGUAGE, VISION, lora_folder


def looked(source: Path | str, engine: str = "transformers", **options: str) -> Requirements:
    entry = ModelEntry(name="tiny", source=str(source), **options)
    return look(engine, entry, max_new_tokens=10, ask_hub=False)


def messages(found: Requirements) -> list[str]:
    return [one.message for one in found.obstacles]


def test_a_folder_of_gguf_files_is_described_by_its_files(tmp_path: Path) -> None:
    found = looked(gguf_folder(tmp_path / "tiny"), "llama.cpp")
    assert found.obstacles == ()
    assert (found.architecture, found.model_type, found.dtype) == ("llama", "gguf", "Q4_K_M")
    assert (found.download, found.here, found.origin) == (2500, True, "folder")
    assert found.need is not None and found.need.weights == 2500


def test_a_model_in_parts_weighs_all_of_them(tmp_path: Path) -> None:
    gguf_folder(tmp_path, model="a-00001-of-00002.gguf")
    write_gguf(tmp_path / "a-00002-of-00002.gguf", size=3000)
    assert looked(tmp_path, "llama.cpp").download == 5500


@pytest.mark.parametrize("engine", ["transformers", "vllm", "sglang"])
def test_such_a_folder_is_refused_but_for_llama_cpp(engine: str, tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    (said,) = messages(looked(folder, engine))
    assert said == (
        f"{folder} holds GGUF files, which are for llama.cpp: add --engine llama.cpp, or take the repository "
        "that they were made from"
    )
    with pytest.raises(UsageError) as refused:
        jobs(Settings(model=(str(folder),), engine="transformers"), Registry(entries=()), None)
    assert str(refused.value) == said


def test_several_models_or_a_damaged_one_are_told(tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    (folder / "tiny-Q4_K_M.gguf").write_bytes(b"PK")
    (said,) = messages(looked(folder, "llama.cpp"))
    assert said.startswith("its weights are damaged: ") and "is no GGUF file" in said
    write_gguf(folder / "other.gguf")
    (said,) = messages(looked(folder, "llama.cpp"))
    assert "holds 2 models (other.gguf, tiny-Q4_K_M.gguf)" in said


def test_a_checkpoint_is_not_for_llama_cpp() -> None:
    (said,) = messages(looked("demo", "llama.cpp"))
    assert said.startswith("tiny: llama.cpp reads GGUF files, and demo holds none")
    (said,) = messages(looked("owner/name", "llama.cpp"))
    assert "hf download owner/name FILE" in said


def test_the_model_is_told_before_its_lora_where_both_are_for_another_engine(tmp_path: Path) -> None:
    lora = lora_folder(tmp_path / "lora", LANGUAGE)
    (said,) = messages(looked("demo", "llama.cpp", lora=str(lora)))
    assert said.startswith("tiny: llama.cpp reads GGUF files, and demo holds none")


def test_what_transformers_alone_lacks_does_not_keep_a_model_from_an_engine(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "of_tomorrow", "architectures": ["Tomorrow"]}')
    kinds = {one.kind for one in looked(tmp_path).obstacles}
    assert ErrorKind.ARCHITECTURE_UNKNOWN in kinds
    assert ErrorKind.ARCHITECTURE_UNKNOWN not in {one.kind for one in looked(tmp_path, "vllm").obstacles}
    assert looked("demo", "vllm").obstacles == ()


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_lora_that_an_engine_would_drop_is_told(engine: str, tmp_path: Path) -> None:
    good, bad = lora_folder(tmp_path / "good", LANGUAGE), lora_folder(tmp_path / "bad", VISION)
    assert messages(looked("demo", engine, lora=str(good))) == []
    (said,) = messages(looked("demo", engine, lora=str(bad)))
    assert f"{engine} applies a LoRA to these alone" in said


def test_it_is_refused_when_a_run_is_planned_too(tmp_path: Path) -> None:
    """Before an engine is looked for, and long before one is started."""
    bad = lora_folder(tmp_path / "bad", VISION)
    settings = Settings(model=("demo",), lora=str(bad), engine="vllm")
    registry = Registry(entries=(ModelEntry(name="demo", source="demo"),))
    with pytest.raises(UsageError, match="vllm applies a LoRA to these alone"):
        jobs(settings, registry, None)
    folder = gguf_folder(tmp_path / "tiny")
    (folder / "mmproj-f16.gguf").unlink()
    with pytest.raises(UsageError, match="has no projector"):
        jobs(Settings(model=(str(folder),), engine="llama.cpp"), registry, None)
