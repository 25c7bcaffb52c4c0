"""The resolution of images as a setting: what it does to run, plan and page, and which models refuse it."""

import json
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
)
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from fada_tui.core.errors import ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry, Resolution
from fada_tui.models.resolution import RefusedError, changes, default
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.worker.adapters.prompting import Prepared
from fada_tui.worker.loading.load import LoadedModel
from fada_tui.worker.loading.load import load as load_model
from tests.checkpoints import save_idefics3
from tests.conformance.families import (
    ernie4_5_vl_moe,
    gemma3,
    glm4v,
    idefics2,
    internvl,
    lfm2_vl,
    llama4,
    llava,
    llava_next,
    minicpmv4_6,
    mistral3,
    qwen2_vl,
    qwen3_vl,
)
from tests.conformance.family import Family
from tests.conftest import LONG_ENOUGH, Program, load, run_folders, tell, write_image
from tests.held import held_worker, hold

TILE = 64
SMOLVLM_500M: dict[str, Any] = {
    "size": {"longest_edge": 2048},
    "max_image_size": {"longest_edge": 512},
    "do_image_splitting": True,
}


@pytest.fixture(scope="session")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that cuts a square image into sixteen tiles of four tokens, as SmolVLM does it."""
    folder = save_idefics3(tmp_path_factory.mktemp("cut") / "cut")
    words = AutoTokenizer.from_pretrained(folder)
    template = AutoProcessor.from_pretrained(folder).chat_template
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 4 * TILE}, max_image_size={"longest_edge": TILE}, do_image_splitting=True
    )
    Idefics3Processor(images, words, image_seq_len=4, chat_template=template).save_pretrained(folder)
    return folder


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    root = tmp_path / "squares"
    for number in range(2):
        write_image(root / "A" / f"{number}.png", number, (96, 96))
    return root


def batch(program: Program, model: Path, images: Path, *more: str) -> dict[str, Any]:
    done, said = program.batch("--model", model, "--images", images, "--max-new-tokens", "6", *more)
    assert done.returncode == 0, done.stderr
    return load(Path(said["runs"][0]["path"]))


def seen(entry: ModelEntry) -> LoadedModel:
    return load_model(
        Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), lambda _: None
    )[0]


def picture(size: tuple[int, int]) -> Image.Image:
    """A gradient: the same each time."""
    return Image.linear_gradient("L").resize(size).convert("RGB")


def prepared(model: LoadedModel, size: tuple[int, int]) -> Prepared:
    assert model.adapter is not None
    return model.adapter.prepare([(picture(size), "What is shown?")], None)


@pytest.mark.parametrize(
    ("asked", "tokens"), [((), 17 * 4), (("--longest-edge", "128"), 5 * 4), (("--longest-edge", "64"), 4)]
)
def test_the_longest_edge_decides_over_the_image_tokens_of_a_run(
    asked: tuple[str, ...], tokens: int, program: Program, cut: Path, squares: Path
) -> None:
    run = batch(program, cut, squares, *asked)
    assert [result["tokens"]["image"] for result in run["results"]] == [tokens, tokens]
    assert run["model"].get("longest_edge") == (int(asked[1]) if asked else None)
    assert "max_tiles" not in run["model"]

    processor = AutoProcessor.from_pretrained(cut)
    if asked:
        processor.image_processor.size = {"longest_edge": int(asked[1])}
    model = Idefics3ForConditionalGeneration.from_pretrained(cut)
    for result in run["results"]:
        shown = Image.open(squares / result["path"]).convert("RGB")
        content = [{"type": "image", "image": shown}, {"type": "text", "text": result["question"]}]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            answer = model.generate(**inputs, max_new_tokens=6, do_sample=False)
        new = answer[0, inputs["input_ids"].shape[1] :]
        assert processor.tokenizer.decode(new, skip_special_tokens=True).strip() == result["response"]


@pytest.mark.slow
def test_two_resolutions_of_one_model_are_told_apart(program: Program, cut: Path, squares: Path) -> None:
    batch(program, cut, squares)
    batch(program, cut, squares, "--longest-edge", "128")
    first, second = run_folders(program.cwd)
    page = (second / "summary.md").read_text()
    assert "- **Image Resolution**: longest edge 128 px (asked for), 20 image tokens an image" in page
    assert "--longest-edge 128" in page
    assert "| **cut (longest edge 128 px)** |" in page and "| cut |" in page
    assert "Image Resolution" not in (first / "summary.md").read_text()
    comparison = (second.parent / "comparison.md").read_text()
    assert "| cut |" in comparison and "| cut (longest edge 128 px) |" in comparison
    rows = json.loads(program.run("compare", "--format", "json").stdout)
    assert [(row["longest_edge"], row["image_tokens_most"]) for row in rows] == [(None, 68), (128, 20)]


@pytest.mark.slow
def test_resume_keeps_it(program: Program, cut: Path, tmp_path: Path) -> None:
    for number in range(12):
        write_image(tmp_path / "many" / "A" / f"{number}.png", number, (96, 96))
    hold(program, JOURNAL_NAME, 1)
    process = program.start(
        "--batch", "--model", cut, "--images", tmp_path / "many", "--max-new-tokens", "60",
        "--longest-edge", "128",
    )  # fmt: skip
    worker = held_worker(process)
    tell(process, signal.SIGINT)
    worker.resume()
    process.communicate(timeout=LONG_ENOUGH)
    (folder,) = run_folders(program.cwd)
    assert load(folder)["status"] == "interrupted"
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    run = load(folder)
    assert (run["status"], run["model"]["longest_edge"]) == ("complete", 128)
    assert [result["tokens"]["image"] for result in run["results"]] == [20] * 12


def test_environment_and_model_list_say_it_too(program: Program, cut: Path, squares: Path) -> None:
    added = program.run("models", "add", "coarse", "--source", cut, "--longest-edge", "64")
    assert added.returncode == 0, added.stderr
    shown = program.run("models", "show", "coarse").stdout
    assert "longest edge 64 px, asked for; its own is longest edge 256 px" in shown
    assert "4 tokens (one tile)" in shown
    program.env["FADA_TUI_LONGEST_EDGE"] = "128"
    done, said = program.batch("--model", "coarse", "--images", squares, "--dry-run")
    assert done.returncode == 0, done.stderr
    (plan,) = said["plan"]
    assert plan["requirements"]["image"]["count"] == 20
    assert plan["requirements"]["asked"] == {"longest_edge": 128, "max_tiles": None}
    assert plan["requirements"]["resolution"] == {"longest_edge": 256, "max_tiles": None}


def test_the_plan_follows_in_tokens_and_memory(program: Program, cut: Path, squares: Path) -> None:
    def plan(*asked: str) -> dict[str, Any]:
        said = program.batch("--model", cut, "--images", squares, "--dry-run", *asked)[1]
        found: dict[str, Any] = said["plan"][0]["requirements"]
        return found

    own, less = plan(), plan("--longest-edge", "128")
    assert (own["image"]["count"], less["image"]["count"]) == (68, 20)
    assert own["tokens"] - less["tokens"] == 48
    assert own["needs"]["float32"]["cache"] > less["needs"]["float32"]["cache"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ("--longest-edge", "32"),
            "cut: --longest-edge 32 is out of its bounds, 64 to 4,096 pixels: a tile has 64 a side",
        ),
        (
            ("--max-tiles", "4"),
            "cut: its image processor takes no --max-tiles: the tiles follow from --longest-edge; "
            "leave --max-tiles out",
        ),
    ],
)
def test_what_a_model_cannot_see_is_refused(
    asked: tuple[str, ...], said: str, program: Program, cut: Path, squares: Path
) -> None:
    done = program.run("--batch", "--model", cut, "--images", squares, *asked)
    assert done.returncode == 3
    assert said in done.stderr
    planned = program.run("--batch", "--model", cut, "--images", squares, *asked, "--dry-run").stdout
    assert said in planned


def test_a_model_that_cuts_no_tiles_is_not_sent_to_the_edge(program: Program) -> None:
    planned = program.run("--batch", "--max-tiles", "2", "--dry-run").stdout
    assert "takes no --max-tiles: it cuts none; leave --max-tiles out" in planned


def test_into_how_many_tiles_a_server_decides_itself(program: Program, squares: Path) -> None:
    done = program.run(
        "--batch", "--model", "http://127.0.0.1:9/v1#m", "--images", squares, "--max-tiles", "4"
    )
    assert done.returncode == 2
    assert "m@127.0.0.1:9: its server decides into how many tiles it cuts images" in done.stderr
    assert "leave --max-tiles out (--longest-edge makes images smaller" in done.stderr


def test_prompts_have_words_for_so_many_tiles_alone(cut: Path, tmp_path: Path) -> None:
    processor = AutoProcessor.from_pretrained(cut)
    names = [f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2)]
    processor.tokenizer.add_tokens(names)
    folder = tmp_path / "two"
    processor.save_pretrained(folder)
    (folder / "config.json").write_bytes((cut / "config.json").read_bytes())
    (folder / "model.safetensors").write_bytes(b"never read")
    with pytest.raises(ModelLoadError, match="129 is out of its bounds, 64 to 128 pixels"):
        seen(ModelEntry(name="two", source=str(folder), longest_edge=129))


FAMILIES: list[tuple[Family, dict[str, int], tuple[int, int], int | None]] = [
    (mistral3.FAMILY, {"longest_edge": 32}, (320, 320), 4),
    (llava_next.FAMILY, {}, (640, 640), 88),
    (llava_next.FAMILY, {"max_tiles": 2}, (640, 640), 36),
    (idefics2.FAMILY, {"longest_edge": 24}, (320, 320), 4),
    (qwen2_vl.FAMILY, {"longest_edge": 32}, (640, 640), 4),
    (qwen3_vl.FAMILY, {"longest_edge": 64}, (640, 640), 16),
    (ernie4_5_vl_moe.FAMILY, {"longest_edge": 32}, (640, 640), 4),
    (gemma3.FAMILY, {"max_tiles": 2}, (1500, 300), 12),
    (glm4v.FAMILY, {"longest_edge": 32}, (640, 640), 4),
    (llama4.FAMILY, {"max_tiles": 1}, (320, 240), 4),
    (minicpmv4_6.FAMILY, {"max_tiles": 1}, (640, 640), 4),
    (internvl.FAMILY, {"max_tiles": 4}, (640, 640), 20),
    (lfm2_vl.FAMILY, {"max_tiles": 2}, (1500, 300), 12),
]


@pytest.mark.parametrize(
    ("family", "asked", "size", "tokens"),
    [one for one in FAMILIES if one[0].needs is None or find_spec(one[0].needs)],
)
def test_families(
    family: Family, asked: dict[str, int], size: tuple[int, int], tokens: int, tmp_path: Path
) -> None:
    folder = tmp_path / family.model_type
    torch.manual_seed(0)
    family.build(folder)
    model = seen(ModelEntry(name=folder.name, source=str(folder), **asked))
    made = prepared(model, size)
    assert made.image_tokens == (tokens,)
    with torch.inference_mode():
        inputs = made.inputs.to(dtype=model.model.dtype)
        model.model.generate(**inputs, max_new_tokens=2, do_sample=False)


def test_grids_are_those_of_processor_and_model(tmp_path: Path) -> None:
    folder = tmp_path / "llava_next"
    torch.manual_seed(0)
    llava_next.FAMILY.build(folder)
    model = seen(ModelEntry(name="llava_next", source=str(folder), max_tiles=2))
    made = prepared(model, (640, 640))

    processor = AutoProcessor.from_pretrained(folder)
    plain = AutoModelForImageTextToText.from_pretrained(folder)
    grids = [grid for grid in plain.config.image_grid_pinpoints if grid != [64, 64]]
    assert len(grids) == len(plain.config.image_grid_pinpoints) - 1
    processor.image_processor.image_grid_pinpoints = plain.config.image_grid_pinpoints = grids
    inputs = processor(images=picture((640, 640)), text=made.prompts[0], return_tensors="pt")
    with torch.inference_mode():
        ours = model.model.generate(**made.inputs, max_new_tokens=8, do_sample=False)
        theirs = plain.generate(**inputs, max_new_tokens=8, do_sample=False)
    assert ours.tolist() == theirs.tolist()


def test_a_tower_of_one_size_refuses_before_weights(tmp_path: Path) -> None:
    folder = tmp_path / "llava"
    llava.FAMILY.build(folder)
    for weights in folder.glob("*.safetensors"):
        weights.write_bytes(b"never read")
    with pytest.raises(ModelLoadError) as refused:
        seen(ModelEntry(name="llava", source=str(folder), longest_edge=512))
    assert str(refused.value) == "llava: its images always have 32 × 32 pixels; leave --longest-edge out"


def test_smolvlm_500m_as_published() -> None:
    assert default("Idefics3ImageProcessor", SMOLVLM_500M) == Resolution(longest_edge=2048)
    made = changes("Idefics3ImageProcessor", SMOLVLM_500M, Resolution(longest_edge=1024), rows=6)
    assert made == {"size": {"longest_edge": 1024}}
    with pytest.raises(RefusedError, match="512 to 3,072 pixels"):
        changes("Idefics3ImageProcessor", SMOLVLM_500M, Resolution(longest_edge=4096), rows=6)


@pytest.mark.parametrize(
    ("processor", "images", "asked", "made"),
    [
        (
            "Qwen2VLImageProcessorFast",
            {"min_pixels": 3136, "max_pixels": 12845056},
            Resolution(longest_edge=512),
            {"size": {"shortest_edge": 3136, "longest_edge": 512 * 512}},
        ),
        (
            "Glm4vImageProcessor",
            {"size": {"shortest_edge": 12544, "longest_edge": 11760000}, "temporal_patch_size": 2},
            Resolution(longest_edge=512),
            {"size": {"shortest_edge": 12544, "longest_edge": 2 * 512 * 512}},
        ),
        (
            "Gemma3ImageProcessorPil",
            {},
            Resolution(max_tiles=3),
            {"do_pan_and_scan": True, "pan_and_scan_max_num_crops": 3},
        ),
        (
            "LlavaNextImageProcessor",
            {"image_grid_pinpoints": [[336, 672], [672, 336], [672, 672], [1008, 336]]},
            Resolution(max_tiles=3),
            {"image_grid_pinpoints": [[336, 672], [672, 336], [1008, 336]]},
        ),
        ("CLIPImageProcessor", {}, Resolution(), {}),
    ],
)
def test_each_image_processor_has_its_own_setting(
    processor: str, images: dict[str, Any], asked: Resolution, made: dict[str, Any]
) -> None:
    assert changes(processor, images, asked) == made


@pytest.mark.parametrize(
    ("processor", "images", "asked", "said"),
    [
        (
            "MllamaImageProcessor",
            {"max_image_tiles": 4},
            Resolution(max_tiles=2),
            "has no setting for --max-tiles",
        ),
        ("Ovis2ImageProcessor", {"crop_to_patches": False}, Resolution(max_tiles=2), "not cut into tiles"),
        ("Ovis2ImageProcessor", {}, Resolution(longest_edge=2), "takes --max-tiles, not --longest-edge"),
        ("Gemma3ImageProcessor", {}, Resolution(max_tiles=1), "2 or more crops of a wide image"),
        ("Qwen2VLImageProcessor", {"min_pixels": 3136}, Resolution(longest_edge=55), "56 or more pixels"),
        (
            "SiglipImageProcessor",
            {"size": {"height": 384, "width": 384}},
            Resolution(longest_edge=2, max_tiles=2),
            "always have 384 × 384 pixels; leave --longest-edge and --max-tiles out",
        ),
        ("OfAnotherPackage", {}, Resolution(longest_edge=512), "has no setting for --longest-edge"),
    ],
)
def test_what_has_no_such_setting_says_so(
    processor: str, images: dict[str, Any], asked: Resolution, said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        changes(processor, images, asked)
