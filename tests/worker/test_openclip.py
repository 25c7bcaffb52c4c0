"""OpenCLIP's checkpoints through the program's own loading, against what OpenCLIP itself says of them.

`pytest -m slow tests/worker/test_openclip.py` does the same at FetalCLIP's full size: 428
million weights, a minute.
"""

import json
import pickle
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPImageProcessorPil, CLIPProcessor

from fada_tui.config.class_sets import load_classes
from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load, Loaded, Message
from fada_tui.core.records import ClassSet, ImageClass, ModelEntry, ModelFacts
from fada_tui.models.hub_cache import is_here
from fada_tui.models.registry import load_registry
from fada_tui.worker.loading.load import LoadedModel, load
from fada_tui.worker.loading.openclip import renamed
from fada_tui.worker.loading.openclip_files import PUBLISHED_ELSEWHERE
from tests.conftest import Program
from tests.conftest import load as read_run
from tests.golden import openclip as golden
from tests.worker.test_hub import Hub

CASES = json.loads(golden.FILE.read_bytes())["cases"]
CLASSES = ClassSet(
    name="golden",
    sha256="",
    classes=tuple(ImageClass(name=name, prompts=tuple(prompts)) for name, prompts in golden.CLASSES.items()),
)


def save(
    folder: Path, model: dict[str, Any], preprocessing: dict[str, Any] | None = None, **changes: Any
) -> Path:
    """An OpenCLIP release; `changes` to its weights, `None` taking one out."""
    folder.mkdir(exist_ok=True)
    document = {"model_cfg": model, "preprocess_cfg": preprocessing or {}}
    (folder / "open_clip_config.json").write_text(json.dumps(document))
    tensors = {name: torch.from_numpy(array) for name, array in golden.tensors(model).items()} | changes
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    save_file(kept, folder / "open_clip_model.safetensors")
    golden.save_tokenizer(folder)
    # As CLIP's own tokenizer says, whatever the text tower's length.
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 77}))
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return save(tmp_path / "small", golden.SMALL)


def loaded(folder: Path | str, *, pickles: bool = False, **fields: Any) -> tuple[LoadedModel, Loaded]:
    entry = ModelEntry(**{"name": "clip", "source": str(folder)} | fields)
    sent: list[Message] = []
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=pickles, classes=CLASSES)
    return load(command, sent.append)


def refused(folder: Path | str, **fields: Any) -> ModelLoadError:
    with pytest.raises(ModelLoadError) as caught:
        loaded(folder, **fields)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def probabilities(model: LoadedModel, images: list[Image.Image]) -> np.ndarray:
    """As the program ranks: a row for each image, a column for each class."""
    rows = []
    for image in images:
        prepared = model.adapter.prepare([(image, "what is it?")], None)
        with torch.inference_mode():
            (ranking,) = model.adapter.rank(model.model, prepared.inputs)
        assert [one.probability for one in ranking] == sorted((r.probability for r in ranking), reverse=True)
        found = {one.label: one.probability for one in ranking}
        rows.append([found[name] for name in golden.CLASSES])
    return np.array(rows)


def check_golden(case: str, folder: Path) -> ModelFacts:
    model, preprocessing = golden.CASES[case]
    save(folder, model, golden.PREPROCESSING[preprocessing])
    for pad in (False, True):
        found, facts = loaded(folder, pad_square=pad)
        expected = np.array(CASES[case]["padded" if pad else "cropped"])
        np.testing.assert_allclose(probabilities(found, golden.images()), expected, atol=1e-5, rtol=0)
    assert facts.sorts
    return facts.model


@pytest.mark.parametrize("case", ["small", "quick"])
def test_probabilities_are_those_of_openclip(tmp_path: Path, case: str) -> None:
    facts = check_golden(case, tmp_path / case)
    assert (facts.architecture, facts.adapter, facts.dtype) == ("CLIPModel", "contrastive", "float32")
    assert facts.scale == pytest.approx(100) and not facts.pickled and facts.pad_square is True
    model, _ = golden.CASES[case]
    assert facts.parameters == sum(array.size for array in golden.tensors(model).values())


@pytest.mark.slow
def test_probabilities_at_full_size(tmp_path: Path) -> None:
    facts = check_golden("full", tmp_path / "full")
    entry = load_registry(Path("/nowhere")).find("FetalCLIP")
    assert entry and facts.parameters == entry.parameters


def test_wrappers_and_pickles_are_read(small: Path) -> None:
    expected = probabilities(loaded(small)[0], golden.images()[:2])
    tensors = load_file(small / "open_clip_model.safetensors")
    (small / "open_clip_model.safetensors").unlink()
    wrapped = {"epoch": 3, "state_dict": {f"module.{name}": tensor for name, tensor in tensors.items()}}
    torch.save(wrapped, small / "epoch_3.pt")
    assert refused(small).kind == ErrorKind.PICKLE_REFUSED
    found, facts = loaded(small, pickles=True)
    np.testing.assert_array_equal(probabilities(found, golden.images()[:2]), expected)
    assert facts.model.pickled


def test_a_pickle_that_would_run_code_does_not(small: Path, tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "harmed",))

    (small / "open_clip_model.safetensors").unlink()
    (small / "weights.pt").write_bytes(pickle.dumps({"state_dict": Harmful()}))
    error = refused(small, pickles=True)
    assert error.kind == ErrorKind.WEIGHTS_MISMATCH and "weights.pt" in str(error)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ln_final.weight": None}, "1 weights missing (such as text_model.final_layer_norm.weight)"),
        ({"visual.extra": torch.zeros(2)}, "1 weights unexpected (such as visual.extra)"),
        (
            {"text_projection": torch.zeros(64, 47)},
            "weights of another shape (such as text_projection.weight)",
        ),
    ],
)
def test_weights_that_do_not_fill_the_model(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    error = refused(save(tmp_path / "model", golden.SMALL, **changes))
    assert error.kind == ErrorKind.WEIGHTS_MISMATCH and words in str(error)


VISION, TEXT = golden.SMALL["vision_cfg"], golden.SMALL["text_cfg"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"vision_cfg": {**VISION, "timm_model_name": "vit_base_patch16_224"}},
            "timm's vit_base_patch16_224",
        ),
        ({"vision_cfg": {**VISION, "layers": [3, 4, 6, 3]}}, "ResNet"),
        ({"text_cfg": {"hf_model_name": "microsoft/BiomedNLP-PubMedBERT"}}, "microsoft/BiomedNLP-PubMedBERT"),
        ({"multimodal_cfg": {"width": 4}}, "multimodal_cfg"),
        ({"vision_cfg": {**VISION, "pool_type": "avg"}}, "pool_type"),
        ({"text_cfg": {**TEXT, "no_causal_mask": True}}, "no_causal_mask"),
        ({"vision_cfg": {**VISION, "image_size": [56, 70]}}, "[56, 70]"),
        ({"vision_cfg": {**VISION, "layers": "many"}}, "cannot be read"),
    ],
)
def test_what_is_not_clip_is_refused_before_its_weights(
    small: Path, changes: dict[str, Any], words: str
) -> None:
    document = {"model_cfg": golden.SMALL | changes}
    (small / "open_clip_config.json").write_text(json.dumps(document))
    (small / "open_clip_model.safetensors").write_bytes(b"never read")
    error = refused(small)
    assert error.kind == ErrorKind.ARCHITECTURE_UNKNOWN
    assert words in str(error) and "transformers' format" in str(error)


def test_images_prepared_in_another_way_are_refused(tmp_path: Path) -> None:
    error = refused(save(tmp_path / "model", golden.SMALL, {"resize_mode": "longest"}))
    assert error.kind == ErrorKind.ARCHITECTURE_UNKNOWN and "longest" in str(error)


def test_a_bare_configuration_under_another_name(small: Path) -> None:
    (small / "open_clip_config.json").unlink()
    (small / "My_Config.json").write_text(json.dumps(golden.SMALL))
    assert loaded(small)[1].model.architecture == "CLIPModel"


def test_transformers_own_format_comes_first(small: Path, tmp_path: Path) -> None:
    found, _ = loaded(small)
    found.model.save_pretrained(small)
    own = found.adapter.processor
    images = CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56})
    CLIPProcessor(images, own.tokenizer).save_pretrained(small)
    expected = probabilities(found, golden.images()[3:4])
    del found, own
    (small / "open_clip_model.safetensors").unlink()
    (small / "open_clip_model.safetensors").write_bytes(b"never read")
    again, _ = loaded(small)
    np.testing.assert_allclose(probabilities(again, golden.images()[3:4]), expected, atol=1e-6)


def test_no_weights_beside_the_configuration(small: Path) -> None:
    (small / "open_clip_model.safetensors").unlink()
    error = refused(small)
    assert error.kind == ErrorKind.NOT_FOUND and "no weights" in str(error)


def test_a_tokenizer_in_one_file_says_the_same(small: Path) -> None:
    found, _ = loaded(small)
    expected = probabilities(found, golden.images()[:1])
    found.adapter.processor.tokenizer.save_pretrained(small)
    for name in ("vocab.json", "merges.txt"):
        (small / name).unlink()
    assert (small / "tokenizer.json").is_file()
    np.testing.assert_array_equal(probabilities(loaded(small)[0], golden.images()[:1]), expected)


def test_a_tokenizer_that_is_not_here_is_named_with_the_command(small: Path) -> None:
    (small / "vocab.json").unlink()
    error = refused(small)
    assert error.kind == ErrorKind.OFFLINE_NOT_CACHED
    assert "hf download openai/clip-vit-large-patch14 merges.txt vocab.json" in str(error)


def test_a_tokenizer_of_another_model(small: Path) -> None:
    vocabulary = json.loads((small / "vocab.json").read_bytes())
    vocabulary |= {f"word{number}": len(vocabulary) + number for number in range(300)}
    (small / "vocab.json").write_text(json.dumps(vocabulary))
    assert refused(small).kind == ErrorKind.PROCESSOR_MISSING


def test_names_are_changed_and_nothing_else() -> None:
    tensors = {name: torch.from_numpy(array) for name, array in golden.tensors(golden.SMALL).items()}
    found = renamed(tensors | {"attn_mask": torch.zeros(1), "logit_bias": torch.zeros(1)})
    before = torch.cat([tensor.flatten() for tensor in tensors.values()]).sort().values
    after = torch.cat([tensor.flatten() for tensor in found.values()]).sort().values
    assert torch.equal(before, after)


def fetalclip() -> ModelEntry:
    entry = load_registry(Path("/nowhere")).find("FetalCLIP")
    assert entry
    return entry


def test_fetalclip_s_configuration_is_the_one_that_was_checked() -> None:
    (file,) = fetalclip().fetched_by_hand
    assert PUBLISHED_ELSEWHERE[file] == golden.FULL and fetalclip().pad_square


def test_fetalclip_says_its_licence_and_the_command(program: Program, images: Path) -> None:
    done, said = program.batch("--model", "FetalCLIP", "--images", images)
    assert done.returncode == 3
    assert said["runs"][0]["error"]["kind"] == ErrorKind.GATED
    message = said["runs"][0]["error"]["message"]
    assert "cc-by-nc-4.0: no commercial use" in message and "--allow-pickle" in message
    assert "hf download numansaeed/fetalclip-model FetalCLIP_weights.pt" in message
    assert "Traceback" not in done.stderr


def in_cache(repository: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A snapshot as `hf download` leaves it."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    place = folder / f"models--{repository.replace('/', '--')}"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    snapshot = place / "snapshots" / commit
    snapshot.mkdir(parents=True)
    return snapshot


def test_fetalclip_from_the_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its configuration comes from here, its tokenizer from the cache; what its file lacks is then told."""
    entry = fetalclip()
    snapshot = in_cache(entry.source, tmp_path / "cache", monkeypatch)
    (snapshot / "README.md").write_text("a card")
    error = refused(entry.source, fetched_by_hand=entry.fetched_by_hand)
    assert error.kind == ErrorKind.GATED
    environ = {"HF_HUB_CACHE": str(tmp_path / "cache")}
    assert not is_here(entry, environ)
    torch.save({"logit_scale": torch.zeros(())}, snapshot / "FetalCLIP_weights.pt")
    assert is_here(entry, environ)
    words = in_cache("openai/clip-vit-large-patch14", tmp_path / "cache", monkeypatch)
    golden.save_tokenizer(words)
    assert refused(entry.source, fetched_by_hand=entry.fetched_by_hand).kind == ErrorKind.PICKLE_REFUSED
    error = refused(entry.source, fetched_by_hand=entry.fetched_by_hand, pickles=True)
    assert error.kind == ErrorKind.WEIGHTS_MISMATCH and "weights missing" in str(error)


def test_a_batch_run_of_a_release(program: Program, images: Path, small: Path) -> None:
    done, said = program.batch("--model", small, "--images", images, "--pad-square")
    assert done.returncode == 0, done.stderr
    run = read_run(Path(said["runs"][0]["path"]))
    assert run["model"]["pad_square"] is True and run["model"]["scale"] == pytest.approx(100)
    assert run["classes"]["name"] == "fada"
    names = {one.name for one in load_classes("fada").classes}
    for result in run["results"]:
        assert {one["label"] for one in result["ranking"]} == names
        assert sum(one["probability"] for one in result["ranking"]) == pytest.approx(1)
        assert result["response"].startswith(f"Most likely {result['ranking'][0]['label']}")


@pytest.fixture
def hub(program: Program, small: Path, tmp_path: Path) -> Iterator[type[Hub]]:
    """A hub with one OpenCLIP release, its weights in two formats."""
    (small / "open_clip_pytorch_model.bin").write_bytes(b"never fetched")
    handler = type("Handler", (Hub,), {"folder": small, "downloads": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    program.env = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "cache"),
    }
    yield handler
    server.shutdown()
    server.server_close()


ASK = ("--batch", "--model", "owner/model", "--limit", "1")


def test_a_release_of_the_hub_is_fetched_in_one_format(
    hub: type[Hub], program: Program, images: Path
) -> None:
    done = program.run(*ASK, "--images", images)
    assert done.returncode == 0, done.stderr
    assert "open_clip_model.safetensors" in hub.downloads
    assert "open_clip_pytorch_model.bin" not in hub.downloads
    program.env |= {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = program.run(*ASK, "--images", images)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_beside_transformers_own_format_openclip_s_is_not_fetched(
    hub: type[Hub], program: Program, images: Path, tiny: Path
) -> None:
    for file in tiny.iterdir():
        (hub.folder / file.name).write_bytes(file.read_bytes())
    done = program.run(*ASK, "--images", images, "--max-new-tokens", "2")
    assert done.returncode == 0, done.stderr
    assert "model.safetensors" in hub.downloads and "open_clip_model.safetensors" not in hub.downloads


def test_a_release_that_cannot_be_run_is_refused_before_its_weights_are_fetched(
    hub: type[Hub], program: Program, images: Path
) -> None:
    model = golden.SMALL | {"text_cfg": {"hf_model_name": "microsoft/PubMedBERT"}}
    (hub.folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model}))
    done = program.run(*ASK, "--images", images)
    assert done.returncode == 3 and "its text tower is microsoft/PubMedBERT" in done.stderr
    assert not [name for name in hub.downloads if name.endswith((".safetensors", ".bin"))]
