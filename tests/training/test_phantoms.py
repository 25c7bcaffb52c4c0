"""The phantoms: the same again from the same seed, and showing what they say they show."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.config.questions import DEFAULT_QUESTION, load_questions
from fada_tui.config.scoring_fields import YES_NO
from training.dialogue import CANONICAL, OTHER, answer, plane_named, reference, wordings
from training.lessons import EVALUATION_SEEDS, SAMPLE_SEEDS, TRAINING_SEEDS
from training.phantoms import CATEGORIES, Phantom, phantom
from training.samples import PER_CATEGORY, REFERENCES, main, samples

SAMPLES = Path(__file__).parents[2] / "samples"
SEEDS = range(7000, 7030)


def pixels(shown: Phantom) -> np.ndarray:
    return np.asarray(shown.image, dtype=np.float32)


def level(shown: Phantom, column: float, row: float, radius: int = 4) -> float:
    """Mean grey level of a small square."""
    c, r = round(column), round(row)
    return float(pixels(shown)[r - radius : r + radius + 1, c - radius : c + radius + 1].mean())


@pytest.mark.parametrize("category", CATEGORIES)
def test_seed_decides_every_pixel(category: str) -> None:
    first, again, other = phantom(category, 5), phantom(category, 5), phantom(category, 6)
    assert first.image.tobytes() == again.image.tobytes()
    assert (first.structures, first.quality) == (again.structures, again.quality)
    assert first.image.tobytes() != other.image.tobytes()
    assert (first.image.mode, first.image.size) == ("L", (384, 288))


def test_unknown_category_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="Abdomen, Aorta, Brain, Femur, Heart, Cervix"):
        phantom("Spine", 1)


def test_stomach_is_the_dark_blob_on_the_side_that_is_claimed() -> None:
    sides = []
    for seed in SEEDS:
        shown = phantom("Abdomen", seed)
        if shown.stomach_side is None:
            assert "stomach" not in shown.structures
            assert "stomach" not in shown.landmarks
            continue
        column, row = shown.landmarks["stomach"]
        middle = shown.landmarks["body"][0]
        assert shown.stomach_side == ("left" if column < middle else "right")
        assert abs(column - middle) > 12, "too near the middle to have a side"
        stomach = level(shown, column, row, 3)
        ring = [level(shown, column + 36 * np.cos(a), row + 36 * np.sin(a), 3) for a in np.arange(8)]
        assert stomach < np.median(ring), f"seed {seed}"
        sides.append(shown.stomach_side)
    assert {"left", "right"} == set(sides)
    assert len(sides) < len(SEEDS), "a stomach is sometimes empty"


def test_shadow_behind_the_femur_is_darker_than_tissue_before_it_and_the_shaft_is_bright() -> None:
    for seed in SEEDS:
        shown = phantom("Femur", seed)
        column, row = shown.landmarks["shaft"]
        middle = 384 / 2
        # The beam leaves the probe above the picture, so what lies behind the shaft lies further out, too.
        behind = column + (column - middle) * 0.1, row + 22
        before = column - (column - middle) * 0.1, row - 16
        shaft = level(shown, column, row, 2)
        assert shaft > 180, f"seed {seed}"
        assert level(shown, *behind) < 0.75 * shaft, f"seed {seed}"
        assert level(shown, *behind) < level(shown, *before), f"seed {seed}"


def test_heart_has_dark_chambers_beside_a_brighter_septum() -> None:
    darker = [
        level(shown, *shown.landmarks["left ventricle"], radius=3)
        < level(shown, *shown.landmarks["septum"], radius=1)
        for shown in (phantom("Heart", seed) for seed in SEEDS)
    ]
    assert np.mean(darker) > 0.85, "only a shadow may hide it"


def test_skull_is_brighter_than_the_brain() -> None:
    for seed in SEEDS:
        shown = phantom("Brain", seed)
        column, row = shown.landmarks["skull"]
        near = pixels(shown)[round(row) - 6 : round(row) + 7, round(column)].max()
        assert near > 200, f"seed {seed}"
        assert near > level(shown, *shown.landmarks["head"], radius=12), f"seed {seed}"


def test_aorta_is_a_dark_tube_with_bright_walls() -> None:
    for seed in SEEDS:
        shown = phantom("Aorta", seed)
        column, row = shown.landmarks["aorta"]
        around = [
            pixels(shown)[round(row + 14 * np.sin(a)), round(column + 14 * np.cos(a))]
            for a in np.arange(0, 6.3, 0.1)
        ]
        assert level(shown, column, row, 1) < max(around) - 40, f"seed {seed}"


def test_bladder_is_dark_and_the_cervix_is_not_fetal() -> None:
    seen = 0
    for seed in SEEDS:
        shown = phantom("Cervix", seed)
        assert not shown.is_fetal
        assert ("bladder" in shown.structures) == ("bladder" in shown.landmarks)
        if "bladder" in shown.landmarks:
            column, row = shown.landmarks["bladder"]
            seen += 1
            assert level(shown, column, row, 3) < level(shown, *shown.landmarks["canal"], 12), f"seed {seed}"
    assert 5 < seen < len(SEEDS) - 5


def test_poor_quality_means_noise_where_fluid_is_black() -> None:
    """The darkest tenth of the fan is fluid or shadow: noise lifts it."""
    floor: dict[str, list[float]] = {"good": [], "fair": [], "poor": []}
    for seed in SEEDS:
        shown = phantom("Femur", seed)
        lit = pixels(shown)[120:240, 140:240]
        floor[shown.quality].append(np.percentile(lit, 10))
    assert np.mean(floor["good"]) < np.mean(floor["fair"]) < np.mean(floor["poor"])


def test_label_stands_outside_the_fan() -> None:
    corner = np.asarray(phantom("Brain", 1).image)[2:18, 4:64]
    assert 150 < (corner == 200).sum() < 450
    assert set(np.unique(corner)) == {0, 200}
    assert np.array_equal(corner, np.asarray(phantom("Heart", 9).image)[2:18, 4:64])


def test_samples_are_what_the_generator_draws() -> None:
    drawn = dict(samples())
    assert sorted(path.relative_to(SAMPLES) for path in SAMPLES.rglob("*.png")) == sorted(drawn)
    for path, shown in drawn.items():
        with Image.open(SAMPLES / path) as kept:
            assert kept.mode == "L"
            difference = np.abs(np.asarray(kept, dtype=np.int16) - np.asarray(shown.image, dtype=np.int16))
        # Another processor's exponentials may round a pixel up that was rounded down here.
        assert difference.max() <= 1, path
        assert np.mean(difference > 0) < 0.001, path
        assert (SAMPLES / path).stat().st_size < 100_000


def test_references_of_the_samples_are_what_the_generator_drew(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    assert (SAMPLES / REFERENCES).read_bytes() == (tmp_path / REFERENCES).read_bytes()
    with (SAMPLES / REFERENCES).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["folder", "image", *CANONICAL]
    for row, (path, shown) in zip(rows, samples(), strict=True):
        assert Path(row["folder"], row["image"]) == path
        assert row["structures"].split(", ") == list(shown.structures)
        assert row["stomach"] == (shown.stomach_side or "not visible")
        assert row["quality"] == shown.quality


@pytest.mark.long
def test_references_are_of_the_words_that_their_questions_know() -> None:
    known = {question.id: question.values or YES_NO for question in load_questions("demo")}
    for category in CATEGORIES:
        for seed in SEEDS:
            shown = phantom(category, seed)
            assert set(shown.structures) <= set(known["structures"])
            for question in ("plane", "fetal", "stomach", "quality"):
                assert reference(question, shown) in known[question]
    with pytest.raises(ValueError, match="no question 'age'"):
        reference("age", phantom("Brain", 1))


def test_samples_are_written_again_by_their_command(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.png"))
    assert len(written) == PER_CATEGORY * len(CATEGORIES) == 24
    with Image.open(tmp_path / "Brain" / "Brain_002.png") as image:
        assert image.tobytes() == phantom("Brain", SAMPLE_SEEDS + 1).image.tobytes()


def test_seeds_of_samples_figures_and_training_lie_apart() -> None:
    assert SAMPLE_SEEDS + PER_CATEGORY < EVALUATION_SEEDS
    assert EVALUATION_SEEDS + 100_000 <= TRAINING_SEEDS


def test_answers_follow_the_truth() -> None:
    shown = next(phantom("Abdomen", seed) for seed in SEEDS if phantom("Abdomen", seed).stomach_side)
    described = answer("structures", shown)
    assert described.startswith("This is an axial view of the fetal abdomen showing the stomach")
    assert all(name in described for name in shown.structures)
    assert f"on the {shown.stomach_side} side" in answer("stomach", shown)
    assert shown.quality in answer("quality", shown)
    mother = phantom("Cervix", 1)
    assert answer("fetal", mother).startswith("No")
    assert "not visible" in answer("stomach", mother)
    with pytest.raises(ValueError, match="structures, plane, fetal, stomach, quality"):
        answer("weight", mother)


@pytest.mark.parametrize("category", CATEGORIES)
def test_plane_is_read_from_right_answers(category: str) -> None:
    for seed in SEEDS:
        shown = phantom(category, seed)
        assert plane_named(answer("structures", shown)) == category
        assert plane_named(answer("plane", shown)) == category


def test_no_wording_asks_two_questions() -> None:
    texts = [wording.text for wording in wordings()]
    assert len(set(texts)) == len(texts)
    assert {wording.question for wording in wordings()} == {*CANONICAL, OTHER}
    assert DEFAULT_QUESTION.text in CANONICAL.values()


def test_drawing_needs_no_torch() -> None:
    code = "import sys, training.samples, training.card; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
