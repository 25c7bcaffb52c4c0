"""A LoRA by its files and names: which model it is of, and why it is refused before anything is loaded."""

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.records import LoraFacts, ModelEntry, ModelFacts, Plan, Run
from fada_tui.models.lora import resolve
from fada_tui.models.lora_files import obstacles, read_lora
from fada_tui.models.registry import Registry, is_of, resolve_model, with_models_of
from fada_tui.report.identity import differing, model_with_settings
from fada_tui.runs.consent import NOTHING, wants
from fada_tui.runs.job import load_command
from fada_tui.runs.preflight.inspection import look
from fada_tui.runs.worker_client.model_identity import Identity, identity
from tests import examples

CONFIG = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["v_proj", "q_proj"]}
EMPTY = Registry(entries=())


def header(tensors: dict[str, tuple[str, list[int]]]) -> bytes:
    """Return a safetensors file of zeros."""
    described, at = {}, 0
    for name, (dtype, shape) in tensors.items():
        size = shape[0] * shape[1] * {"F32": 4, "BF16": 2}[dtype]
        described[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(described).encode()
    return struct.pack("<Q", len(head)) + head + bytes(at)


def save(folder: Path, *, dtype: str = "F32", **settings: Any) -> Path:
    """Save a LoRA of two tensors, 800 numbers in all."""
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG | settings))
    tensors = {"x.lora_A.weight": (dtype, [4, 100]), "x.lora_B.weight": (dtype, [100, 4])}
    (folder / "adapter_model.safetensors").write_bytes(header(tensors))
    return folder


def save_base(folder: Path) -> Path:
    """Save what looks like a whole model."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llava", "dtype": "float32"}')
    (folder / "model.safetensors").write_bytes(header({"a": ("F32", [10, 10])}))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_base(tmp_path / "base")


def refusals(folder: Path, *, peft: bool = True, allow_pickle: bool = False) -> list[Any]:
    files = read_lora(folder, str(folder), allow_pickle=allow_pickle)
    return list(obstacles("m", files, allow_pickle=allow_pickle, peft=peft))


def test_a_folder_of_a_lora_is_its_model_with_it(base: Path, tmp_path: Path) -> None:
    lora = save(tmp_path / "tuned", base_model_name_or_path=str(base))
    entry = resolve(str(lora), EMPTY)
    assert (entry.name, entry.source, entry.lora) == ("base+tuned", str(base), str(lora))
    assert resolve(str(base), EMPTY, str(lora)) == entry


def test_paths_count_from_the_folder_of_the_command(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "tuned", base_model_name_or_path="base")
    monkeypatch.chdir(tmp_path)
    for entry in (resolve("tuned", EMPTY), resolve("base", EMPTY, "tuned")):
        assert (entry.source, entry.lora) == (str(base), str(tmp_path / "tuned"))


@pytest.mark.parametrize("said", [None, "", "  ", 7, "a\nb"])
def test_a_lora_that_names_no_model_wants_one(tmp_path: Path, said: object) -> None:
    lora = save(tmp_path / "tuned", base_model_name_or_path=said)
    with pytest.raises(UsageError, match="--model MODEL --lora"):
        resolve(str(lora), EMPTY)


@pytest.mark.parametrize(
    "said", ["http://127.0.0.1:8000/v1#m", "/no/such", "demo", "fada-demo", "file:///etc"]
)
def test_a_lora_s_word_leads_to_no_server_and_no_name(tmp_path: Path, said: str) -> None:
    lora = save(tmp_path / "tuned", base_model_name_or_path=said)
    with pytest.raises(UsageError, match=r"which is not here: --model MODEL --lora"):
        resolve(str(lora), EMPTY)


def test_a_lora_s_word_downloads_nothing(tmp_path: Path) -> None:
    lora = save(tmp_path / "tuned", base_model_name_or_path="owner/model", revision="abc")
    with pytest.raises(UsageError, match=r"downloads nothing: --model owner/model --lora"):
        resolve(str(lora), EMPTY)
    snapshot = tmp_path / "hub" / "models--owner--model" / "snapshots" / "abc"
    save_base(snapshot)
    entry = resolve(str(lora), EMPTY, environ={"HF_HUB_CACHE": str(tmp_path / "hub")})
    assert (entry.source, entry.revision, entry.name) == ("owner/model", "abc", "model+tuned")


def test_a_lora_of_a_lora_is_refused(base: Path, tmp_path: Path) -> None:
    first = save(tmp_path / "first", base_model_name_or_path=str(base))
    second = save(tmp_path / "second", base_model_name_or_path=str(first))
    with pytest.raises(UsageError, match="which is not here"):
        resolve(str(second), EMPTY)


def test_whole_weights_beside_an_adapter_are_the_model(base: Path) -> None:
    (base / "adapter_config.json").write_text(json.dumps(CONFIG))
    assert resolve(str(base), EMPTY).lora is None


def test_the_list_s_own_name_stays(base: Path, tmp_path: Path) -> None:
    lora = save(tmp_path / "tuned", base_model_name_or_path=str(base))
    listed = ModelEntry(name="Mine", source=str(base), lora=str(lora), notes="n")
    plain = ModelEntry(name="Plain", source=str(base))
    alone = ModelEntry(name="Alone", source=str(lora))
    both = Registry(entries=(listed, plain))
    for text, option in (("Mine", None), (str(lora), None), ("Plain", str(lora)), (str(base), str(lora))):
        assert resolve(text, both, option) == listed
    assert resolve(str(base), both) == plain == resolve_model(str(base), both)
    entry = resolve("Alone", Registry(entries=(alone,)))
    assert (entry.name, entry.source, entry.lora) == ("Alone", str(base), str(lora))


def test_what_is_no_lora_is_refused_at_once(base: Path) -> None:
    with pytest.raises(UsageError, match="--lora: 'nothing here' is neither a folder nor a hub id"):
        resolve(str(base), EMPTY, "nothing here")
    with pytest.raises(UsageError, match="runs behind a server"):
        resolve("http://127.0.0.1:8000/v1#m", EMPTY, "owner/lora")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"peft_type": "IA3"}, "kind IA3"),
    ({"peft_type": None}, "kind None"),
    ({"megatron_config": {"a": 1}, "megatron_core": "os"}, "megatron_config="),
    ({"alora_invocation_tokens": [1, 2]}, "alora_invocation_tokens="),
    ({"layer_replication": [[0, 2]]}, "layer_replication="),
    ({"a_setting_of_tomorrow": True}, "a_setting_of_tomorrow=True"),
    ({"init_lora_weights": "pissa_niter_16"}, "init_lora_weights=pissa_niter_16"),
    ({"init_lora_weights": "corda", "corda_config": {"cache_file": "x.pt"}}, "init_lora_weights=corda"),
]


@pytest.mark.parametrize(("settings", "word"), REFUSED)
def test_what_a_configuration_asks_for_and_is_not_done_is_refused(
    tmp_path: Path, settings: dict[str, Any], word: str
) -> None:
    (found,) = refusals(save(tmp_path / "tuned", **settings))
    assert found.kind is ErrorKind.LOAD and word in found.message and "\n" not in found.message


def test_settings_of_training_are_no_reason(tmp_path: Path) -> None:
    training = {
        "auto_mapping": {"base_model_class": "X", "parent_library": "os"},
        "lora_dropout": 0.1,
        "init_lora_weights": "gaussian",
        "loftq_config": {"loftq_bits": 4},
        "peft_version": "0.99.0",
        "use_dora": True,
        "megatron_core": "megatron.core",
        "layer_replication": None,
        "use_bdlora": False,
    }
    assert refusals(save(tmp_path / "tuned", **training)) == []


def test_files_that_are_missing_or_must_not_be_read(tmp_path: Path) -> None:
    pickled = save(tmp_path / "pickled")
    (pickled / "adapter_model.safetensors").rename(pickled / "adapter_model.bin")
    assert [one.kind for one in refusals(pickled)] == [ErrorKind.PICKLE_REFUSED]
    assert refusals(pickled, allow_pickle=True) == []
    (pickled / "adapter_model.bin").unlink()
    assert "has no adapter_model.safetensors" in refusals(pickled)[0].message
    cut = save(tmp_path / "cut")
    data = (cut / "adapter_model.safetensors").read_bytes()
    (cut / "adapter_model.safetensors").write_bytes(data[:-8])
    assert [one.kind for one in refusals(cut)] == [ErrorKind.WEIGHTS_MISMATCH]
    pipe = save(tmp_path / "pipe")
    (pipe / "adapter_model.safetensors").unlink()
    os.mkfifo(pipe / "adapter_model.safetensors")
    assert "pipe" in refusals(pipe)[0].message
    lfs = save(tmp_path / "lfs")
    (lfs / "adapter_model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "LFS" in refusals(lfs)[0].message
    training = tmp_path / "training"
    save(training / "checkpoint-900")
    save(training / "checkpoint-1000")
    assert f"such as {training}/checkpoint-1000" in refusals(training)[0].message


def test_without_peft_the_extra_is_named(tmp_path: Path) -> None:
    (found,) = refusals(save(tmp_path / "tuned"), peft=False)
    assert found.kind is ErrorKind.MISSING_PACKAGE and "'fada-tui[peft]'" in found.message


def test_memory_of_a_lora_is_counted_and_said(base: Path, tmp_path: Path) -> None:
    lora = save(tmp_path / "tuned", dtype="BF16", base_model_name_or_path="owner/another")
    plain = look(ModelEntry(name="m", source=str(base)), max_new_tokens=1, ask_hub=False)
    found = look(ModelEntry(name="m", source=str(base), lora=str(lora)), max_new_tokens=1, ask_hub=False)
    assert found.lora is not None
    assert (found.lora.parameters, found.lora.memory, found.lora.download) == (
        800,
        3200,
        (lora / "adapter_model.safetensors").stat().st_size,
    )
    for need, without in zip(found.needs, plain.needs, strict=True):
        assert need.weights - without.weights == 3200
    assert any("made for owner/another" in one for one in found.remarks)


def test_a_lora_on_the_hub_is_looked_for_and_not_invented(base: Path) -> None:
    found = look(ModelEntry(name="m", source=str(base), lora="owner/lora"), max_new_tokens=1, ask_hub=True)
    assert found.lora is None
    assert any("owner/lora" in one.message for one in found.obstacles)


def of(model: ModelFacts, run_id: str) -> Run:
    return examples.run(id=run_id, model=model)


def test_base_and_base_with_a_lora_are_two_models(base: Path, tmp_path: Path) -> None:
    lora, other = save(tmp_path / "tuned"), save(tmp_path / "other")
    plain = of(ModelFacts(name="base", source=str(base), dtype="float32"), "a")
    tuned, again, second = (
        of(
            ModelFacts(
                name=f"base+{folder.name}",
                source=str(base),
                dtype="float32",
                lora=LoraFacts(source=str(folder), sha256={"adapter_config.json": "0", "w": digest}),
            ),
            f"{number}",
        )
        for number, (folder, digest) in enumerate(((lora, "a1"), (lora, "b2"), (other, "a1")))
    )
    entries = {
        "plain": ModelEntry(name="base", source=str(base)),
        "tuned": ModelEntry(name="x", source=str(base), lora=str(lora)),
        "folder": ModelEntry(name="y", source=str(lora)),
        "other": ModelEntry(name="z", source=str(base), lora=str(other)),
    }
    belongs = {name: [is_of(run, one) for run in (plain, tuned, second)] for name, one in entries.items()}
    assert belongs == {
        "plain": [True, False, False],
        "tuned": [False, True, False],
        "folder": [False, True, False],
        "other": [False, False, True],
    }
    assert [one.lora for one in with_models_of(EMPTY, (plain, tuned, second)).entries] == [
        None,
        str(lora),
        str(other),
    ]
    identities = {model_with_settings(run) for run in (plain, tuned, again, second)}
    assert len(identities) == 4, "the same folder trained on is another model"
    assert differing((tuned, again)) == ("lora",)


def test_leave_to_read_pickles_of_a_model_is_none_for_a_lora(base: Path, tmp_path: Path) -> None:
    lora = save(tmp_path / "tuned")
    entry = ModelEntry(name="m", source=str(base), lora=str(lora))
    consent = replace(NOTHING, pickled=frozenset({str(base)}))
    assert consent.reads_pickles_of(ModelEntry(name="m", source=str(base)))
    assert not consent.reads_pickles_of(entry)
    plan = Plan(
        model=entry, device="cpu", trust_remote_code=False, allow_pickle=True, rubric="fada", images=()
    )
    (want,) = wants(examples.run(plan=plan), consent)
    assert str(lora) in want.message
    assert want.granted(consent).reads_pickles_of(entry)


def test_a_resumed_run_wants_the_files_it_was_made_with(base: Path, tmp_path: Path) -> None:
    lora = save(tmp_path / "tuned")
    entry = ModelEntry(name="m", source=str(base), lora=str(lora))
    plan = Plan(model=entry, device="cpu", images=())
    facts = LoraFacts(source=str(lora), sha256={"adapter_config.json": "0"})
    begun = examples.run(plan=plan, model=ModelFacts(name="m", source=str(base), lora=facts))
    command = load_command(begun)
    assert (command.model.lora, command.lora_sha256) == (str(lora), facts.sha256)


def test_a_worker_is_kept_for_the_same_lora_alone(base: Path, tmp_path: Path) -> None:
    lora, other = save(tmp_path / "tuned"), save(tmp_path / "other")

    def loading(lora: Path | None) -> Identity:
        entry = ModelEntry(name="m", source=str(base), lora=str(lora) if lora else None)
        return identity(load_command(examples.run(plan=Plan(model=entry, device="cpu", images=()))))

    before = loading(lora)
    assert before == loading(lora)
    assert before != loading(None) and before != loading(other)
    (lora / "adapter_model.safetensors").write_bytes(b"trained on")
    assert before != loading(lora), "its files have changed"
