"""The command lines of engines, and how they are asked."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from fada_tui.core.errors import UsageError
from fada_tui.core.paths import demo_weights
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.runs.engines.command import engine_command
from fada_tui.runs.engines.installed import Installed
from fada_tui.runs.engines.launch import EngineCommand
from tests.gguf_files import gguf_folder, write_gguf
from tests.lora_files import LANGUAGE, lora_folder

PROGRAMS = {"vllm": "/opt/vllm", "sglang": "/opt/sglang", "llama.cpp": "/opt/llama-server"}
DEMO = str(demo_weights())


def made(
    engine: str,
    source: str = DEMO,
    *,
    device: str = "auto",
    trusted: bool = False,
    pickles: bool = False,
    concurrency: int | None = None,
    card: bool = False,
    environ: dict[str, str] | None = None,
    program: Sequence[str] = (),
    arguments: tuple[str, ...] = (),
    sha256: dict[str, str] | None = None,
    name: str = "demo",
    **options: Any,
) -> EngineCommand:
    load = Load(
        model=ModelEntry(name=name, source=source, **options),
        device=device,
        trust_remote_code=trusted,
        allow_pickle=pickles,
        lora_sha256=sha256 or {},
    )
    installed = Installed(engine=engine, command=tuple(program) or (PROGRAMS[engine],), arguments=arguments)
    return engine_command(
        installed, "1.2", load, concurrency=concurrency, card=card, environ=environ or {"HF_HOME": "/none"}
    )


def value(command: EngineCommand, option: str) -> str:
    """Return what stands behind an option, which stands there once."""
    assert command.argv.count(option) == 1
    return command.argv[command.argv.index(option) + 1]


def test_vllm() -> None:
    command = made("vllm", arguments=("--max-model-len", "4096"))
    assert command.argv[:3] == ("/opt/vllm", "serve", DEMO)
    assert command.argv[-2:] == ("--max-model-len", "4096")
    assert (value(command, "--host"), value(command, "--port")) == ("127.0.0.1", "{port}")
    assert value(command, "--served-model-name") == command.served_name == "demo"
    assert value(command, "--load-format") == "safetensors"
    assert "--trust-remote-code" not in command.argv and "--enable-lora" not in command.argv
    assert (command.key_variable, command.key_file, command.base_name) == ("VLLM_API_KEY", None, None)
    assert (command.health_path, command.models_path) == ("/health", "/v1/models")
    assert command.environment["VLLM_NO_USAGE_STATS"] == "1"
    assert command.environment["VLLM_RPC_BASE_PATH"] == "{folder}"
    assert command.facts.command == command.argv
    assert (command.facts.name, command.facts.version) == ("vllm", "1.2")


def test_sglang() -> None:
    command = made("sglang", name="a:b")
    assert command.argv[:6] == ("/opt/sglang", "serve", "--config", "{key_file}", "--model-path", DEMO)
    assert value(command, "--served-model-name") == command.served_name == "a-b"
    assert "--enable-multimodal" in command.argv
    assert (command.key_variable, command.key_file) == (None, 'api-key: "{key}"\n')


def test_llama_cpp(tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    command = made("llama.cpp", str(folder), name="tiny,1")
    assert command.argv[0] == "/opt/llama-server"
    assert value(command, "--model") == str(folder / "tiny-Q4_K_M.gguf")
    assert value(command, "--mmproj") == str(folder / "mmproj-f16.gguf")
    assert value(command, "--alias") == command.served_name == "tiny-1"
    assert (value(command, "--parallel"), command.slots) == ("4", 4)
    assert command.key_variable == "LLAMA_API_KEY"
    assert command.model is not None
    assert (command.model.dtype, command.model.architecture) == ("Q4_K_M", "llama")
    assert command.model.license == "mit"


@pytest.mark.parametrize(
    ("engine", "program", "begins"),
    [
        ("vllm", ("/opt/vllm", "serve"), ("/opt/vllm", "serve", DEMO)),
        ("vllm", ("/opt/python", "-m", "vllm.x"), ("/opt/python", "-m", "vllm.x", "serve")),
        ("sglang", ("/opt/sglang", "serve"), ("/opt/sglang", "serve", "--config")),
        (
            "sglang",
            ("/opt/python", "-m", "sglang.launch_server"),
            ("/opt/python", "-m", "sglang.launch_server", "--config"),
        ),
    ],
)
def test_a_command_that_says_serve_itself_is_not_told_again(
    engine: str, program: tuple[str, ...], begins: tuple[str, ...]
) -> None:
    assert made(engine, program=program).argv[: len(begins)] == begins


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_checkpoints_own_precision_is_said_since_engines_would_take_another(
    engine: str, tmp_path: Path
) -> None:
    assert value(made(engine), "--dtype") == "bfloat16"
    assert value(made(engine, dtype="float32"), "--dtype") == "float32"
    full = tmp_path / "full"
    full.mkdir()
    (full / "config.json").write_text('{"model_type": "idefics3", "torch_dtype": "float32"}')
    assert value(made(engine, str(full)), "--dtype") == "float32"
    (full / "config.json").write_text(
        '{"model_type": "idefics3", "torch_dtype": "float16", '
        '"quantization_config": {"quant_method": "gptq"}}'
    )
    quantised = made(engine, str(full))
    assert value(quantised, "--dtype") == "auto"
    assert quantised.model is not None and quantised.model.dtype == "gptq"
    assert value(made(engine, "owner/unknown"), "--dtype") == "auto"


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_revision_trust_and_pickles_reach_the_engine_by_a_persons_leave_alone(engine: str) -> None:
    plain = made(engine, "owner/name")
    assert "owner/name" in plain.argv and "--revision" not in plain.argv
    allowed = made(engine, "owner/name", revision="abc", trusted=True, pickles=True)
    assert value(allowed, "--revision") == "abc"
    assert "--trust-remote-code" in allowed.argv and "--load-format" not in allowed.argv


def test_what_the_cache_has_of_a_repository_is_what_is_served_and_recorded(tmp_path: Path) -> None:
    home = tmp_path / "hub" / "models--owner--name"
    folder = home / "snapshots" / ("b" * 40)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "idefics3", "torch_dtype": "float16"}')
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("b" * 40)
    command = made("vllm", "owner/name", environ={"HF_HOME": str(tmp_path)})
    assert (value(command, "--revision"), value(command, "--dtype")) == ("b" * 40, "float16")
    assert command.model is not None and command.model.revision == "b" * 40
    assert command.files and all(name.startswith(str(folder)) for name, _, _ in command.files)


@pytest.mark.parametrize(
    ("engine", "device", "card", "asked", "slots"),
    [
        ("vllm", "auto", True, None, 64),
        ("vllm", "auto", False, None, 16),
        ("vllm", "cpu", True, None, 16),
        ("vllm", "cuda:1", True, None, 64),
        ("vllm", "auto", True, 7, 7),
        ("sglang", "auto", True, None, 64),
        ("sglang", "auto", True, 7, 7),
    ],
)
def test_as_many_requests_as_the_engine_takes(
    engine: str, device: str, card: bool, asked: int | None, slots: int
) -> None:
    command = made(engine, device=device, card=card, concurrency=asked)
    option = {"vllm": "--max-num-seqs", "sglang": "--max-running-requests"}[engine]
    assert (command.slots, value(command, option)) == (slots, str(slots))


@pytest.mark.parametrize(
    ("device", "shown", "visible"),
    [
        ("auto", None, None),
        ("auto", "2,3", None),
        ("cpu", "2,3", ""),
        ("cuda", None, "0"),
        ("cuda:1", None, "1"),
        ("cuda:1", "2, 3", "3"),
        ("cuda", "GPU-1a,GPU-2b", "GPU-1a"),
    ],
)
def test_the_device_is_chosen_by_what_the_engine_sees(
    device: str, shown: str | None, visible: str | None
) -> None:
    environ = {"HF_HOME": "/none"} | ({} if shown is None else {"CUDA_VISIBLE_DEVICES": shown})
    command = made("vllm", device=device, environ=environ)
    assert command.environment.get("CUDA_VISIBLE_DEVICES") == visible


def test_a_gpu_that_is_not_shown_is_refused() -> None:
    with pytest.raises(UsageError, match="--device cuda:1: CUDA_VISIBLE_DEVICES shows 1 GPUs"):
        made("vllm", device="cuda:1", environ={"CUDA_VISIBLE_DEVICES": "0"})


@pytest.mark.parametrize(("trained", "told"), [(512, "2048"), (131_072, "32768")])
def test_each_request_to_llama_cpp_has_room(tmp_path: Path, trained: int, told: str) -> None:
    """It divides its context between its slots: with no more than the model's, each has a part of it."""
    folder = gguf_folder(tmp_path / "tiny")
    said: dict[str, Any] = {"general_architecture": "llama", "llama.context_length": trained}
    write_gguf(folder / "tiny-Q4_K_M.gguf", size=2000, **said)
    assert value(made("llama.cpp", str(folder)), "--ctx-size") == told
    own = made("llama.cpp", str(folder), arguments=("--ctx-size", "9"))
    assert own.argv[-2:] == ("--ctx-size", "9")


def test_llama_cpp_is_told_the_device_too(tmp_path: Path) -> None:
    folder = str(gguf_folder(tmp_path / "tiny"))
    cpu = made("llama.cpp", folder, device="cpu")
    assert value(cpu, "--device") == "none" and "--no-mmproj-offload" in cpu.argv
    assert value(made("llama.cpp", folder, device="cuda"), "--n-gpu-layers") == "999"
    assert "--n-gpu-layers" not in made("llama.cpp", folder).argv
    assert "--device" in made("sglang", device="cpu").argv


def test_a_lora_goes_to_vllm_beside_the_model_alone(tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "a,b=c", LANGUAGE, rank=12)
    command = made("vllm", name="demo+mine", lora=str(folder))
    assert (command.served_name, command.base_name) == ("demo+mine", "without-lora")
    assert value(command, "--served-model-name") == "without-lora"
    assert json.loads(value(command, "--lora-modules")) == {"name": "demo+mine", "path": str(folder)}
    assert (value(command, "--max-lora-rank"), value(command, "--max-loras")) == ("16", "1")
    assert command.model is not None and command.model.lora is not UNSET
    assert command.model.lora.source == str(folder) and command.model.lora.sha256


def test_a_lora_of_more_rank_than_vllm_takes_is_refused(tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE, rank=513)
    with pytest.raises(UsageError, match="has rank 513, and vLLM takes 512 at most"):
        made("vllm", lora=str(folder))
    assert made("sglang", lora=str(folder))


def test_a_lora_goes_to_sglang_behind_a_colon(tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE)
    command = made("sglang", name="demo+mine", lora=str(folder))
    assert (command.served_name, command.base_name) == ("demo+mine:lora", "demo+mine")
    assert value(command, "--served-model-name") == "demo+mine"
    assert value(command, "--lora-paths") == f"lora={folder}"


def test_a_lora_goes_to_llama_cpp_as_a_file(tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    (tmp_path / "lora").mkdir()
    file = write_gguf(tmp_path / "lora" / "mine.gguf", general_type="adapter")
    command = made("llama.cpp", str(folder), lora=str(tmp_path / "lora"))
    assert value(command, "--lora") == str(file)
    assert (command.served_name, command.base_name) == ("demo", None)


def test_a_lora_that_changed_since_is_refused(tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE)
    with pytest.raises(UsageError, match="another than the one the run was made with"):
        made("vllm", lora=str(folder), sha256={"adapter_config.json": "0"})


def test_keys_of_ones_own_arguments_reach_the_engine_and_no_record() -> None:
    program = ("/usr/bin/env", "HF_TOKEN=hf_abc1", "/opt/vllm")
    given = ("--hf-token", "hf_abc2", "--x-api-key=hf_abc3", "--max-num-batched-tokens", "64")
    command = made("vllm", program=program, arguments=given)
    assert set(program) | set(given) <= set(command.argv)
    assert "hf_abc" not in " ".join(command.facts.command)
    assert command.facts.command[1] == "HF_TOKEN=[key]"
    assert command.facts.command[-5:] == (
        *("--hf-token", "[key]", "--x-api-key=[key]", "--max-num-batched-tokens", "64"),
    )


def test_equal_commands_are_one_engine_and_changed_files_another(tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    one = made("llama.cpp", str(folder))
    assert made("llama.cpp", str(folder)) == one
    write_gguf(folder / "tiny-Q4_K_M.gguf", size=2001)
    assert made("llama.cpp", str(folder)) != one


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.gguf", "b.gguf", "mmproj.gguf"), "holds 2 models (a.gguf, b.gguf)"),
        (("a.gguf",), "has no projector"),
        (("config.json",), "llama.cpp reads GGUF files, and"),
        ((), "llama.cpp reads GGUF files, and"),
    ],
)
def test_folders_that_llama_cpp_cannot_serve_are_refused(
    names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    for name in names:
        write_gguf(tmp_path / name)
    with pytest.raises(UsageError) as refused:
        made("llama.cpp", str(tmp_path))
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_gguf_files_are_for_llama_cpp(tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    with pytest.raises(
        UsageError, match=r"holds GGUF files, which are for llama\.cpp: add --engine llama\.cpp"
    ):
        made("vllm", str(folder))


def test_what_is_refused_by_settings_is_refused_here_too() -> None:
    with pytest.raises(UsageError, match="--quantization is done by transformers alone"):
        made("vllm", quantization="8bit")


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_pickles_are_read_with_leave_alone(engine: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "idefics3", "torch_dtype": "float32"}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UsageError, match="pickle"):
        made(engine, str(tmp_path))
    assert "--load-format" not in made(engine, str(tmp_path), pickles=True).argv


def test_models_that_sort_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "clip", "architectures": ["CLIPModel"]}')
    with pytest.raises(UsageError, match="sorts images into classes, which vllm does not"):
        made("vllm", str(tmp_path))


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    for engine in PROGRAMS:
        with pytest.raises(UsageError, match="its files cannot be read"):
            made(engine, str(tmp_path / "gone"))
