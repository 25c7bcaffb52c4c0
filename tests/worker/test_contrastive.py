"""Models that compare images with texts: real classes, small and random, loaded as the program does."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fada_tui.config.class_sets import load_classes
from fada_tui.core.errors import ModelLoadError, UsageError
from fada_tui.core.protocol import Load
from fada_tui.core.records import ClassSet, ImageClass, ModelEntry
from fada_tui.worker.adapters.contrastive import squared
from fada_tui.worker.loading.load import LoadedModel, load
from tests.conformance.asking import ask_together, asked
from tests.conftest import Program, write_image
from tests.conftest import load as read_run
from tests.contrastive import FAMILIES, clip, save, siglip
from tests.golden import openclip as golden

CLASSES = ClassSet(
    name="two",
    sha256="",
    classes=(
        ImageClass(name="head", prompts=("Ultrasound of the fetal head", "the skull")),
        ImageClass(name="femur", prompts=("one bright bone",)),
    ),
)


def loaded(folder: Path, *, classes: ClassSet | None = CLASSES, **fields: Any) -> LoadedModel:
    command = Load(
        model=ModelEntry(name="sorter", source=str(folder), **fields),
        device="cpu",
        trust_remote_code=False,
        allow_pickle=False,
        classes=classes,
    )
    return load(command, lambda _: None)[0]


def ranked(model: LoadedModel, image: Image.Image) -> dict[str, float]:
    prepared = model.adapter.prepare([(image, "")], None)
    with torch.inference_mode():
        (ranking,) = model.adapter.rank(model.model, prepared.inputs)
    return {one.label: one.probability for one in ranking}


def plainly(folder: Path, family: str, image: Image.Image, prompts: list[str]) -> torch.Tensor:
    """The model's own logits for an image and some texts, by transformers' documented calls alone."""
    model_class = type(FAMILIES[family](folder)[0])
    model = model_class.from_pretrained(folder).eval()
    processor_class = type(FAMILIES[family](folder)[1])
    processor = processor_class.from_pretrained(folder)
    siglip = family.startswith("siglip")
    padding = "max_length" if siglip else True
    texts = processor.tokenizer(prompts, padding=padding, max_length=40, return_tensors="pt")
    kept = ("input_ids",) if siglip else ("input_ids", "attention_mask")
    pixels = processor.image_processor(images=image, return_tensors="pt")
    with torch.no_grad():
        return model(**{key: texts[key] for key in kept}, **pixels)


@pytest.mark.parametrize("family", FAMILIES)
def test_probabilities_are_the_softmax_of_the_model_s_own_logits(tmp_path: Path, family: str) -> None:
    folder = save(tmp_path / family, FAMILIES[family])
    one_prompt = ClassSet(
        name="plain",
        sha256="",
        classes=(
            ImageClass(name="head", prompts=("the fetal head",)),
            ImageClass(name="skull", prompts=("the skull of one",)),
            ImageClass(name="bone", prompts=("one bone",)),
        ),
    )
    image = golden.images()[0]
    found = ranked(loaded(folder, classes=one_prompt), image)
    prompts = [one.prompts[0] for one in one_prompt.classes]
    logits = plainly(folder, family, image, prompts).logits_per_image
    expected = logits.softmax(dim=1)[0].tolist()
    np.testing.assert_allclose([found[one.name] for one in one_prompt.classes], expected, atol=1e-6)
    assert max(expected) - min(expected) > 0.01
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_images_of_several_shapes_are_sorted_together_as_each_alone(tmp_path: Path, family: str) -> None:
    model = loaded(save(tmp_path / family, FAMILIES[family]))
    noise = np.random.default_rng(0).integers(0, 256, (3, 60, 80, 3), dtype=np.uint8)
    sizes = ((80, 60), (60, 80), (30, 90))
    images = [Image.fromarray(one).resize(size) for one, size in zip(noise, sizes, strict=True)]
    for image, answer in zip(images, ask_together(model, [asked(one, "") for one in images]), strict=True):
        assert answer.ranking
        together = {one.label: one.probability for one in answer.ranking}
        assert together == pytest.approx(ranked(model, image), abs=1e-6)


def test_a_class_is_the_mean_of_its_prompts_unit_vectors(tmp_path: Path) -> None:
    folder = save(tmp_path / "clip", clip)
    image = golden.images()[1]
    found = ranked(loaded(folder), image)
    prompts = [prompt for one in CLASSES.classes for prompt in one.prompts]
    said = plainly(folder, "clip", image, prompts)
    head, femur = said.text_embeds[:2].mean(dim=0), said.text_embeds[2]
    cosines = torch.stack([said.image_embeds[0] @ one / one.norm() for one in (head, femur)])
    expected = (cosines * np.exp(3.0)).softmax(dim=0).tolist()
    np.testing.assert_allclose([found["head"], found["femur"]], expected, atol=1e-6)


def test_siglip_reads_lower_case(tmp_path: Path) -> None:
    folder = save(tmp_path / "siglip", siglip)
    file = folder / "tokenizer.json"
    file.write_text(file.read_text().replace('"Lowercase"', '"NFC"'))  # as SigLIP 2's, which leaves it to us
    shouting = ClassSet(
        name="loud",
        sha256="",
        classes=tuple(
            ImageClass(name=one.name, prompts=tuple(prompt.upper() for prompt in one.prompts))
            for one in CLASSES.classes
        ),
    )
    image = golden.images()[0]
    assert ranked(loaded(folder, classes=shouting), image) == ranked(loaded(folder), image)


def test_a_prompt_longer_than_the_text_tower_is_cut(tmp_path: Path) -> None:
    for family in ("alt", "clip", "siglip"):
        folder = save(tmp_path / family, FAMILIES[family])
        long = ClassSet(
            name="long",
            sha256="",
            classes=(ImageClass(name="a", prompts=("bone " * 99,)), ImageClass(name="b", prompts=("skull",))),
        )
        assert sum(ranked(loaded(folder, classes=long), golden.images()[0]).values()) == pytest.approx(1)


def test_padding_to_a_square_keeps_the_edges(tmp_path: Path) -> None:
    image = Image.new("RGB", (100, 41), "white")
    square = squared(image)
    assert square.size == (100, 100)
    rows = np.asarray(square)[:, 0, 0]
    assert rows[:29].max() == 0 and rows[29:70].min() == 255 and rows[70:].max() == 0
    assert squared(square) is square
    folder = save(tmp_path / "clip", clip)
    picture = golden.images()[0]
    padded = ranked(loaded(folder, pad_square=True), picture)
    assert padded == ranked(loaded(folder), squared(picture)) != ranked(loaded(folder), picture)


def test_without_classes_there_is_nothing_to_sort_into(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="--classes"):
        loaded(save(tmp_path / "clip", clip), classes=None)


def test_a_system_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--system-prompt"):
        loaded(save(tmp_path / "clip", clip)).adapter.prepare([(golden.images()[0], "")], "be brief")


@pytest.fixture
def anatomy(tmp_path: Path) -> Path:
    """Images of two categories that are classes by an alias and a name, and of one that is none."""
    root = tmp_path / "anatomy"
    for number in range(3):
        for category in ("Abodomen", "Brain", "Unknown"):
            write_image(root / category / f"{category}_{number}.png", number, (120, 90))
    return root


def test_a_run_is_one_result_an_image_and_a_page_with_figures(
    program: Program, anatomy: Path, tmp_path: Path
) -> None:
    folder = save(tmp_path / "clip", clip)
    done, said = program.batch(
        "--model", folder, "--images", anatomy, "--question", "What?", "--question", "Why?", "--pad-square",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sorts images and is asked nothing" in done.stderr and "9/9" in done.stderr
    here = Path(said["runs"][0]["path"])
    run = read_run(here)
    assert len(run["results"]) == 9 and len(run["questions"]) == 1
    assert run["classes"] == {**run["classes"], "name": "fada", "source": "fada"}
    assert "plan" not in run
    for result in run["results"]:
        assert result["auto"] is None and result["tokens"]["generated"] is None
        assert result["finish"] == "stop" and result["prompt"] == "11 classes of fada"
    page = (here / "summary.md").read_text()
    assert "## Classification" in page and "55 prompts" in page
    assert "3 images of categories that are no class: Unknown (3)" in page
    assert "of 6" in page and "--classes fada" in page and "--pad-square" in page
    assert "Auto Score" not in page and "Question Used" not in page
    again = program.run("report", here)
    assert again.returncode == 0 and (here / "summary.md").read_text() == page
    exported = next(csv.DictReader(program.run("export", here, "--format", "csv").stdout.splitlines()))
    assert exported["ranking"].count(" | ") == 10
    compared = program.run("compare", "--format", "csv").stdout
    assert "accuracy" in compared.splitlines()[0]
    assert "| Accuracy | Macro F1 |" in (here.parent / "comparison.md").read_text()


def test_a_run_that_is_taken_up_again_sorts_into_the_same_classes(
    program: Program, anatomy: Path, tmp_path: Path
) -> None:
    folder = save(tmp_path / "clip", clip)
    broken = anatomy / "Brain" / "Brain_0.png"
    whole = broken.read_bytes()
    broken.write_bytes(b"no image")
    mine = tmp_path / "mine.toml"
    classes = "".join(f"[[class]]\nname = '{name}'\nprompts = ['{name}']\n" for name in ("Brain", "Unknown"))
    mine.write_text(classes)
    done, said = program.batch(
        "--model", folder, "--images", anatomy, "--classes", mine, "--question", "a", "--question", "b"
    )
    assert done.returncode == 1, done.stderr
    here = Path(said["runs"][0]["path"])
    broken.write_bytes(whole)
    mine.unlink()
    done, _ = program.batch("--resume", here)
    assert done.returncode == 0, done.stderr
    run = read_run(here)
    assert len(run["results"]) == 9 and {len(result["ranking"]) for result in run["results"]} == {2}
    page = (here / "summary.md").read_text()
    assert "of 6" in page and "Abodomen (3)" in page and f"--classes {mine}" in page


BAD_CLASSES = [
    ("nothing", "no class set or file 'nothing'"),
    ("[[class]]\nname = 'a'\nprompts = ['x']\n", "two classes at least"),
    ("[[class]]\nname = 'a'\nprompts = ['x']\n[[class]]\nname = 'b'\nprompts = []\n", "'b' needs"),
    ("[[class]]\nname = 'a'\nprompts = ['x']\n[[class]]\nname = 'A'\nprompts = ['y']\n", "names two"),
    (
        "[[class]]\nname = 'a b'\nprompts = ['x']\n"
        "[[class]]\nname = 'c'\naliases = ['A_B']\nprompts = ['y']\n",
        "'a b' names two classes",
    ),
    ("[[class]]\nname = 'a'\nprompts = 'x'\n", "array"),
    ("[[class]\n", "not valid TOML"),
]


@pytest.mark.parametrize(("text", "words"), BAD_CLASSES)
def test_class_sets_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "classes.toml"
    if text != "nothing":
        file.write_text(text)
    with pytest.raises(UsageError, match=r".") as caught:
        load_classes("nothing" if text == "nothing" else str(file))
    assert words in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_bad_classes_end_the_program_before_a_run(program: Program) -> None:
    done = program.run("--batch", "--classes", "fda")
    assert done.returncode == 2 and "did you mean 'fada'" in done.stderr
    assert not (program.cwd / "results").exists()


def test_the_shipped_set_has_the_samples_categories() -> None:
    names = {one.name for one in load_classes("fada").classes}
    assert {"abdomen", "aorta", "brain", "cervix", "femur", "heart"} <= names


def test_a_set_is_told_by_its_names_and_prompts(tmp_path: Path) -> None:
    file = tmp_path / "classes.toml"

    def identity(*, title: str = "one", prompt: str = "x", name: str = "a", alias: str = "c") -> str:
        file.write_text(
            f"name = '{title}'\n[[class]]\nname = '{name}'\nprompts = ['{prompt}']\naliases = ['{alias}']\n"
            "[[class]]\nname = 'b'\nprompts = ['y']\n"
        )
        return load_classes(str(file)).sha256

    same = {identity(), identity(title="two"), identity(alias="d")}
    assert len(same) == 1
    assert len({*same, identity(prompt="z"), identity(name="e")}) == 3
