"""What a model needs, told from its files: against the real models, processors and caches."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from msgspec.structs import replace
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Idefics3ForConditionalGeneration,
)
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from benchmarks.smolvlm_500m import configuration
from fada_tui.config.settings import Settings
from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.paths import demo_weights
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.models import installed
from fada_tui.models.checkpoint import CheckpointFiles, Tensor, read_folder
from fada_tui.models.image_tokens import image_tokens
from fada_tui.models.memory import MARGIN_LEAST, Need, bytes_at, margin, values_per_token, weigh
from fada_tui.models.obstacles import Candidate
from fada_tui.models.registry import Registry
from fada_tui.models.requirements import UNKNOWN, Requirements, of_checkpoint
from fada_tui.runs.planning import estimate, jobs
from fada_tui.runs.preflight.inspection import look
from fada_tui.runs.preflight.memory_fit import Free, suggest
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.worker import adapters
from fada_tui.worker.adapters.plain import FORMS
from fada_tui.worker.adapters.prompting import TextAdapter
from tests import refused
from tests.conftest import Program
from tests.nvml.driver import Driver, build_driver
from training.dialogue import CHAT_TEMPLATE

GB = 1_000_000_000
SMOL_PARAMETERS = 507_482_304
BLIP2_PARAMETERS = 3_744_761_856


def save_shapes(folder: Path, model_class: type[Any], config: Any) -> Path:
    """Save a model's exact configuration over a file of holes: all but the numbers."""
    with torch.device("meta"):
        model = model_class(config)
    folder.mkdir()
    shapes = {name: tuple(one.shape) for name, one in model.named_parameters()}
    refused.holes(folder / "model.safetensors", shapes, "BF16")
    config.architectures = [model_class.__name__]
    config.dtype = "bfloat16"
    config.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def smol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolVLM-500M without its numbers."""
    folder = tmp_path_factory.mktemp("real") / "smol"
    save_shapes(folder, Idefics3ForConditionalGeneration, configuration())
    images = {
        "do_image_splitting": True,
        "size": {"longest_edge": 2048},
        "max_image_size": {"longest_edge": 512},
    }
    images["image_processor_type"] = "Idefics3ImageProcessor"
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    processor = {"processor_class": "Idefics3Processor", "image_seq_len": 64}
    (folder / "processor_config.json").write_text(json.dumps(processor))
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    (folder / "tokenizer.json").write_text("{}")
    (folder / "README.md").write_text(
        "---\nlibrary_name: transformers\nlicense: apache-2.0\n---\nlicense: no\n"
    )
    return folder


def looked(folder: Path, **fields: Any) -> Requirements:
    return look(ModelEntry(name="m", source=str(folder), **fields), max_new_tokens=150, ask_hub=False)


def files(config: dict[str, Any], **more: Any) -> CheckpointFiles:
    given: dict[str, Any] = {"origin": "folder", "sizes": {}, "documents": {"config.json": config}}
    return CheckpointFiles(**given | more)


def test_smolvlm_500m_as_published(smol: Path) -> None:
    found = looked(smol)
    assert found.weighed.parameters == SMOL_PARAMETERS
    assert found.need and found.need.precision == "bfloat16"
    assert found.need.weights == 2 * SMOL_PARAMETERS, "1.01 GB"
    assert found.image and found.image.count == 1088
    assert found.values_per_token == 32 * 2 * 5 * 64
    assert found.need.cache == found.values_per_token * (1088 + 128 + 150) * 2
    assert [need.precision for need in found.needs] == ["float32", "bfloat16", "8bit", "4bit"]
    assert found.license == "apache-2.0" and found.here and found.obstacles == ()
    assert 1.5 * GB < found.need.total < 1.7 * GB, "docs/benchmarks.md: 1.5 GB resident"


@pytest.mark.parametrize(("edge", "tokens", "how"), [(1024, 320, "5 tiles"), (512, 64, "one tile")])
def test_smolvlm_500m_at_less_than_its_own_resolution(smol: Path, edge: int, tokens: int, how: str) -> None:
    found = looked(smol, longest_edge=edge)
    assert found.image and found.image.count == tokens and how in found.image.how
    assert found.need and found.need.cache == 32 * 2 * 5 * 64 * (tokens + 128 + 150) * 2
    assert found.resolution.longest_edge == 2048


def test_a_resolution_that_loading_would_refuse(smol: Path) -> None:
    found = looked(smol, longest_edge=256)
    assert found.image is None
    assert [obstacle.message for obstacle in found.obstacles] == [
        "m: --longest-edge 256 is out of its bounds, 512 to 4,096 pixels: a tile has 512 a side"
    ]


def test_blip2_as_published_and_its_quantised_size(tmp_path: Path) -> None:
    text = {"model_type": "opt", "hidden_size": 2560, "ffn_dim": 10240, "num_hidden_layers": 32}
    text |= {"num_attention_heads": 32, "word_embed_proj_dim": 2560, "vocab_size": 50304}
    found = looked(
        save_shapes(tmp_path / "blip2", Blip2ForConditionalGeneration, Blip2Config(text_config=text))
    )
    by = {need.precision: need for need in found.needs}
    assert found.weighed.parameters == pytest.approx(BLIP2_PARAMETERS, rel=0.001)
    assert by["bfloat16"].weights == pytest.approx(7.5 * GB, rel=0.01)
    assert by["8bit"].weights < 4.2 * GB < by["8bit"].total, "what it was seen to take at 8 bits"
    assert found.image and found.image.count == 32
    assert [one.kind for one in found.obstacles] == [ErrorKind.PROCESSOR_MISSING]


def test_the_cache_is_what_transformers_keeps(tiny: Path) -> None:
    model = AutoModelForImageTextToText.from_pretrained(tiny)
    tokens = torch.arange(5).unsqueeze(0)
    kept = model(input_ids=tokens, use_cache=True).past_key_values
    numbers = sum(layer.keys.numel() + layer.values.numel() for layer in kept.layers)
    config = json.loads((tiny / "config.json").read_text())
    read = read_folder(tiny, "folder")
    assert values_per_token(config, None) == numbers // 5
    assert values_per_token({"text_config": {}}, read.tensors) == numbers // 5, "from the headers alone"
    assert weigh(read, None).parameters == model.num_parameters()


@pytest.mark.parametrize("folder", ["demo", "tiny"])
def test_image_tokens_are_what_the_processor_makes(folder: str, tiny: Path) -> None:
    place = demo_weights() if folder == "demo" else tiny
    processor = AutoProcessor.from_pretrained(place)
    content = [{"type": "image", "image": Image.new("RGB", (64, 64))}, {"type": "text", "text": "?"}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=True, return_dict=True, return_tensors="pt"
    )
    read = read_folder(place, "folder")
    config = dict(read.documents["config.json"])
    count = int((inputs["input_ids"] == config["image_token_id"]).sum())
    found = image_tokens(config, read.documents)
    assert found and found.count == count


@pytest.mark.parametrize(
    ("config", "images", "count"),
    [
        ({"model_type": "llava", "vision_config": {"image_size": 336, "patch_size": 14}}, {}, 576),
        (
            {
                "model_type": "llava_next",
                "image_grid_pinpoints": [[336, 672], [672, 672], [1008, 336]],
                "vision_config": {"image_size": 336, "patch_size": 14},
            },
            {},
            5 * 576,
        ),
        ({"model_type": "blip-2", "num_query_tokens": 32, "vision_config": {"image_size": 224}}, {}, 32),
        ({"model_type": "gemma3", "mm_tokens_per_image": 256, "vision_config": {}}, {}, 256),
        ({"model_type": "paligemma", "text_config": {}, "vision_config": {"num_image_tokens": 256}}, {}, 256),
        (
            {"model_type": "internvl", "image_seq_length": 256, "vision_config": {"image_size": [448, 448]}},
            {"crop_to_patches": True, "max_patches": 12},
            13 * 256,
        ),
        (
            {"model_type": "qwen2_vl", "vision_config": {"patch_size": 14, "spatial_merge_size": 2}},
            {"min_pixels": 3136, "max_pixels": 784 * 100},
            100,
        ),
        ({"model_type": "idefics2", "perceiver_config": {"resampler_n_latents": 64}}, {}, 320),
        ({"model_type": "idefics3", "vision_config": {"image_size": 512, "patch_size": 16}}, {}, None),
        ({"model_type": "something", "vision_config": {}}, {}, None),
    ],
)
def test_image_tokens_of_other_families(
    config: dict[str, Any], images: dict[str, Any], count: int | None
) -> None:
    found = image_tokens(config, {"preprocessor_config.json": images})
    assert (found.count if found else None) == count


def test_the_parameters_come_from_the_best_source_there_is() -> None:
    config = {"dtype": "float16"}
    size = {"model.safetensors": 100}
    assert weigh(files(config, sizes=size, tensors=(Tensor("a.weight", "F16", (3, 4)),)), 7).parameters == 12
    assert weigh(files(config, sizes=size), 7).known_from == "the model list"
    assert weigh(files(config, sizes=size), None).parameters == 50
    assert weigh(files(config), None).parameters is None
    assert weigh(UNKNOWN, None).parameters is None


def test_quantisation_packs_the_linear_layers_alone() -> None:
    tensors = (
        Tensor("model.embed_tokens.weight", "F16", (10, 4)),
        Tensor("lm_head.weight", "F16", (10, 4)),
        Tensor("layers.0.q_proj.weight", "F16", (4, 4)),
        Tensor("layers.0.q_proj.bias", "F16", (4,)),
        Tensor("vision.patch_embedding.weight", "F16", (4, 3, 2, 2)),
    )
    weighed = weigh(files({}, tensors=tensors), None)
    kept = 40 + 40 + 4 + 48
    assert bytes_at("8bit", weighed) == 16 + 2 * kept
    assert bytes_at("4bit", weighed) == 9 + 2 * kept, "half a byte, and four of scale for each 64"
    assert bytes_at("float32", weighed) == 4 * (16 + kept)
    assert bytes_at("other", weighed) is None


def test_a_checkpoint_saved_quantised_takes_what_its_files_take() -> None:
    config = {"model_type": "llava", "quantization_config": {"quant_method": "gptq"}, "auto_map": {}}
    entry = ModelEntry(name="m", source="a/b", parameters=10**9)
    read = files(config, sizes={"model.safetensors": 4 * GB, "processor_config.json": 1})
    here = replace(installed.installed(), has_package=lambda _: False)
    model = Candidate(name="m", where="a/b", files=read, here=here, trusted=False, allow_pickle=False)
    found = of_checkpoint(entry, model, max_new_tokens=1)
    assert [(need.precision, need.weights) for need in found.needs] == [("gptq", 4 * GB)]
    assert "its quantisation (gptq) needs gptqmodel" in found.obstacles[-1].message


def test_the_margin_is_a_fifth_and_never_less_than_the_libraries() -> None:
    assert margin(0) == MARGIN_LEAST
    assert margin(10 * GB) == 2 * GB


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return build_driver(tmp_path_factory.mktemp("driver"))


def shown(program: Program, *arguments: str | Path) -> dict[str, Any]:
    done = program.run("models", "show", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_gpus_one_with_room(smol: Path, program: Program, driver: Driver) -> None:
    program.env = {"LD_LIBRARY_PATH": str(driver.folders["whole"]), "STUB_USED": str(22 * 2**30)}
    told = shown(program, smol)
    assert told["runnable"] and told["requirements"]["weighed"]["parameters"] == SMOL_PARAMETERS
    first, second = told["places"]
    assert first["fits"] == {"float32": False, "bfloat16": True, "8bit": True, "4bit": True}
    assert second["fits"] == {"float32": False, "bfloat16": False, "8bit": False, "4bit": True}
    assert told["suggestion"] == {"place": "GPU 0", "precision": "bfloat16", "options": ""}

    program.env["STUB_USED"] = str(23 * 2**30)
    said = program.run("models", "show", smol).stdout
    assert "GPU 0:      1.07 GB free: fits at 4bit; not at float32, bfloat16, 8bit\n" in said
    assert "GPU 1:      0.0 MB free: does not fit\n" in said
    assert (
        "Advice:     fits GPU 0 at 4bit: --quantization 4bit (with fada-tui[quantization] installed)" in said
    )
    assert max(map(len, said.splitlines())) < 110

    plan = program.run("--batch", "--dry-run", "--json", "--model", smol)
    (planned,) = json.loads(plan.stdout)["plan"]
    assert planned["suggestion"] == {"place": "GPU 0", "precision": "4bit", "options": "--quantization 4bit"}
    assert planned["weights_bytes"] == 2 * SMOL_PARAMETERS and planned["dtype"] == "bfloat16"
    spoken = program.run("--batch", "--dry-run", "--model", smol).stdout
    assert "  gpu 0      1.07 GB free: fits at 4bit; not at float32, bfloat16, 8bit\n" in spoken


def test_what_cannot_be_run_is_said_as_loading_would_say_it(
    tiny: Path, tmp_path: Path, program: Program, images: Path
) -> None:
    folder = refused.damaged(tiny, tmp_path / "own", refused.own_code)
    done, said = program.batch("--model", folder, "--images", images)
    assert done.returncode == 3
    told = shown(program, folder)
    assert not told["runnable"] and told["requirements"]["own_code"]
    assert told["requirements"]["obstacles"] == [said["runs"][0]["error"]]
    plain = program.run("models", "show", folder)
    assert plain.returncode == 0, "that it cannot be run is the answer, not a failure"
    assert f"Cannot run: {said['runs'][0]['error']['message']}\n" in plain.stdout


REFUSED = (
    (refused.unknown_type, ErrorKind.ARCHITECTURE_UNKNOWN),
    (refused.unprompted_class, ErrorKind.ARCHITECTURE_UNKNOWN),
    (refused.own_code, ErrorKind.REMOTE_CODE_NEEDED),
    (refused.of_qwen, ErrorKind.MISSING_PACKAGE),
    (refused.without_processor, ErrorKind.PROCESSOR_MISSING),
    (refused.without_template, ErrorKind.NO_CHAT_TEMPLATE),
    (refused.without_config, ErrorKind.NOT_FOUND),
    (refused.of_another_class, ErrorKind.ARCHITECTURE_UNKNOWN),
    (refused.with_a_class_of_its_own, ErrorKind.REMOTE_CODE_NEEDED),
    (refused.of_a_timm_tower, ErrorKind.MISSING_PACKAGE),
    (refused.as_pickle, ErrorKind.PICKLE_REFUSED),
)


async def test_every_refusal_that_files_tell_is_told_in_the_loader_s_words(
    tiny: Path, tmp_path: Path
) -> None:
    client = WorkerClient(tmp_path / "worker.log", Deadlines())
    await client.start()
    for damage, kind in REFUSED:
        folder = refused.damaged(tiny, tmp_path / damage.__name__, damage)
        found = looked(folder)
        entry = ModelEntry(name="m", source=str(folder))
        command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
        with pytest.raises(ModelLoadError) as caught:
            async for _ in client.load(command):
                pass
        assert (caught.value.kind, str(caught.value)) == (kind, found.obstacles[0].message)
        assert found.obstacles[0].kind == kind
    await client.kill()


def need(precision: str, size: int) -> Need:
    return Need(precision=precision, weights=size, cache=0, margin=0)


NEEDS = (need("float32", 400), need("bfloat16", 200), need("8bit", 100), need("4bit", 50))
MAIN = Free("main memory", False, 1000)


@pytest.mark.parametrize(
    ("free", "asked", "text"),
    [
        ((500, 0), "bfloat16", "fits GPU 0 at bfloat16"),
        ((150, 300), "bfloat16", "fits GPU 1 at bfloat16: --device cuda:1"),
        ((300, 0), "float32", "fits GPU 0 at bfloat16: --dtype bfloat16"),
        ((150, 60), "bfloat16", "fits GPU 0 at 8bit: --quantization 8bit"),
        ((40, 60), "bfloat16", "fits GPU 1 at 4bit: --quantization 4bit --device cuda:1"),
        ((10, None), "float32", "fits main memory at float32: --device cpu"),
    ],
)
def test_the_advice_is_the_least_change(free: tuple[int | None, ...], asked: str, text: str) -> None:
    gpus = [Free(f"GPU {index}", True, size) for index, size in enumerate(free)]
    best = suggest(NEEDS, asked, gpus, MAIN)
    assert best and best.text == text


def test_quantised_weights_are_no_advice_for_main_memory() -> None:
    assert suggest(NEEDS, "bfloat16", [Free("main memory", False, 120)]) is None


def test_the_installed_transformers_is_read_as_it_is() -> None:
    library = installed.transformers_tables()
    assert set(CONFIG_MAPPING_NAMES) - library.model_types <= {"gpt-sw3"}
    assert library.image_text == dict(MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES)
    assert library.image_processors == {
        name: dict(one) for name, one in IMAGE_PROCESSOR_MAPPING_NAMES.items()
    }


@pytest.mark.parametrize(
    ("processor", "images", "model_type", "needed"),
    [
        ("Qwen2VLProcessor", "Qwen2VLImageProcessor", "qwen2_vl", True),
        (None, None, "internvl", True),
        ("SmolVLMProcessor", None, "smolvlm", True),
        ("Idefics3Processor", "Idefics3ImageProcessor", "idefics3", False),
        (None, "LlavaNextImageProcessorFast", "llava_next", False),
        (None, None, "llama4", True),
        (None, None, "unheard-of", False),
    ],
)
def test_which_processors_need_torchvision(
    processor: str | None, images: str | None, model_type: str, needed: bool
) -> None:
    assert installed.transformers_tables().needs_torchvision(processor, images, model_type) is needed


def test_the_adapters_prompt_what_is_said_of_them() -> None:
    every = adapters.known().values()
    own = {name for adapter in every for name in getattr(adapter, "architectures", ())}
    assert installed.adapters().others is False
    assert own | set(FORMS) == installed.adapters().prompted
    ranking = [adapter for adapter in every if not issubclass(adapter, TextAdapter)]
    assert {name for adapter in ranking for name in adapter.architectures} == installed.adapters().ranking


def test_thoughts_count_for_the_longest_answer(tiny: Path, images: Path) -> None:
    sizes = []
    for thoughts in (None, 400):
        settings = Settings(model=(str(tiny),), images=str(images), max_thinking_tokens=thoughts)
        ((job,), _) = jobs(settings, Registry(entries=()), None)
        sizes.append(estimate(job, ask_hub=False).requirements.tokens)
        assert settings.most_tokens == job.generation.most_tokens == settings.max_new_tokens + (thoughts or 0)
    assert sizes[1] - sizes[0] == 400


def test_what_is_unknown_is_not_made_up(tmp_path: Path) -> None:
    found = looked(tmp_path / "nowhere")
    assert (found.weighed.parameters, found.needs, found.image, found.gated) == (None, (), None, None)
    assert [one.kind for one in found.obstacles] == [ErrorKind.NOT_FOUND]
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text("[1]")
    assert [one.kind for one in looked(tmp_path / "empty").obstacles] == [ErrorKind.ARCHITECTURE_UNKNOWN]
