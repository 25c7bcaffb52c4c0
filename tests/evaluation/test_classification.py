"""Figures of models that sort images: against values worked out by hand, and what must always hold."""

import csv
import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from sklearn.metrics import accuracy_score, f1_score

from fada_tui.config.class_sets import CLASS_SETS, load_classes
from fada_tui.core.records import ClassSet, Dataset, Generation, ImageClass, ModelFacts, Ranked, Result, Run
from fada_tui.evaluation.classification import (
    DRAWS,
    ROUNDS,
    Confusions,
    constant_classes,
    macro_f1,
    macro_f1_interval,
    rounds,
    sorting,
)
from fada_tui.evaluation.statistics import Share, wilson
from fada_tui.report.comparison import render_comparison
from fada_tui.report.exports import export_run
from fada_tui.report.figures import figures
from fada_tui.report.sorting import classification_section, confusions
from fada_tui.report.summary import render_summary
from fada_tui.runs.scoring import with_scores
from tests.examples import error_result, result, run

CLASSES = ClassSet(
    name="four",
    sha256="0123456789abcdef" * 4,
    source="four.toml",
    classes=(
        ImageClass(name="abdomen", prompts=("a", "b"), aliases=("Abodomen", "Abdominal section")),
        ImageClass(name="brain", prompts=("c",)),
        ImageClass(name="heart", prompts=("d",)),
        ImageClass(name="femur", prompts=("e",)),
    ),
)


def said(path: str, *labels: str) -> Result:
    """A result that ranks these classes, the likeliest first."""
    ranking = tuple(
        Ranked(label=label, probability=1 / 2 ** (place + 1)) for place, label in enumerate(labels)
    )
    return result(path, response=f"Most likely {labels[0]}", ranking=ranking)


RESULTS = (
    said("Abodomen/1.png", "abdomen", "brain", "heart", "femur"),
    said("ABDOMEN/2.png", "brain", "heart", "femur", "abdomen"),
    said("abdominal_section/3.png", "brain", "abdomen", "heart", "femur"),
    said("Brain/4.png", "brain", "abdomen", "heart", "femur"),
    said("Brain/5.png", "brain", "heart", "abdomen", "femur"),
    said("Brain/6.png", "femur", "heart", "brain", "abdomen"),
    said("Unknown/7.png", "heart", "brain", "femur", "abdomen"),
    said("Unknown/8.png", "brain", "heart", "femur", "abdomen"),
    error_result("Brain/9.png"),
)


def sorted_by(results: tuple[Result, ...] = RESULTS, **fields: Any) -> Run:
    model = ModelFacts(name="clip", pad_square=True, scale=100.0)
    fields = {"status": "complete", "classes": CLASSES, "generation": Generation(max_new_tokens=9)} | fields
    return replace(run(), results=results, model=model, **fields)


def test_accuracy_confusions_and_what_is_excluded() -> None:
    found = sorting(RESULTS, CLASSES, {})
    assert found.top1 == Share(3, 6)
    assert found.top3 == Share(5, 6)
    assert found.excluded == {"Unknown": 2}
    assert dict(found.confusions) == {
        ("abdomen", "abdomen"): 1,
        ("abdomen", "brain"): 2,
        ("brain", "brain"): 2,
        ("brain", "femur"): 1,
    }


def test_macro_f1_by_hand() -> None:
    # abdomen: 2·1 / (3 + 1) = 1/2; brain: 2·2 / (3 + 4) = 4/7; femur has no image and is left out.
    assert sorting(RESULTS, CLASSES, {}).macro_f1 == pytest.approx((1 / 2 + 4 / 7) / 2)
    assert macro_f1(()) is None
    assert macro_f1(((("a", "b"), 3),)) == 0
    assert macro_f1(((("a", "a"), 3), (("b", "b"), 1))) == 1


def section(of: Run) -> list[str]:
    found = figures(of)
    return [*classification_section(of, found), *confusions(found)]


def test_the_first_three_of_three_say_nothing() -> None:
    three = replace(CLASSES, classes=CLASSES.classes[:3])
    assert sorting(RESULTS, three, {}).top3 is None


def test_no_image_of_any_class() -> None:
    found = sorting(RESULTS[6:], CLASSES, {})
    assert (found.top1, found.macro_f1, found.excluded) == (Share(0, 0), None, {"Unknown": 2})
    page = "\n".join(section(sorted_by(RESULTS[6:])))
    assert "no category is one of the classes" in page and "###" not in page


def random_confusions(seed: int) -> Confusions:
    draw = random.Random(seed)
    names = "abcd"[: draw.randint(1, 4)]
    pairs = [(truth, said) for truth, said in itertools.product(names, "abcd") if draw.random() < 0.6]
    return tuple((pair, draw.randint(1, 12)) for pair in pairs)


@pytest.mark.parametrize("seed", range(30))
def test_what_holds_of_any_counts(seed: int) -> None:
    counts = random_confusions(seed)
    score, bounds = macro_f1(counts), macro_f1_interval(counts)
    assert (score is None) == (not counts)
    if score is None or bounds is None:
        return
    assert 0 <= bounds.low <= bounds.high <= 1 and 0 <= score <= 1
    names = {"a": "d", "b": "c", "c": "b", "d": "a"}
    renamed = tuple(((names[truth], names[given]), count) for (truth, given), count in counts)
    assert macro_f1(renamed) == pytest.approx(score)
    assert macro_f1(tuple(reversed(counts))) == pytest.approx(score)
    doubled = tuple((pair, 2 * count) for pair, count in counts)
    assert macro_f1(doubled) == pytest.approx(score)


def test_macro_f1_equals_the_mean_of_precision_and_recall_s_harmonic_mean() -> None:
    for seed in range(30):
        counts = random_confusions(seed)
        scores = []
        for name in {truth for (truth, _), _ in counts}:
            hits = sum(count for pair, count in counts if pair == (name, name))
            images = sum(count for (truth, _), count in counts if truth == name)
            given = sum(count for (_, said), count in counts if said == name)
            precision, recall = hits / given if given else 0.0, hits / images
            scores.append(2 * precision * recall / (precision + recall) if hits else 0.0)
        assert macro_f1(counts) == (pytest.approx(sum(scores) / len(scores)) if scores else None)


def test_the_interval_is_of_the_resampled_images() -> None:
    certain = ((("a", "a"), 40),)
    assert macro_f1_interval(certain) == (1.0, 1.0)
    assert macro_f1_interval(((("a", "a"), 1),)) is None
    few = ((("a", "a"), 4), (("a", "b"), 1), (("b", "b"), 4), (("b", "a"), 1))
    many = tuple((pair, 40 * count) for pair, count in few)
    narrow, wide = macro_f1_interval(many), macro_f1_interval(few)
    assert narrow and wide
    assert wide.low < narrow.low < macro_f1(few) < narrow.high < wide.high  # type: ignore[operator]
    # Of one class with hits k of n, F1 is 2k / (n + k); k is binomial with n = 200, p = 0.8.
    one = macro_f1_interval(((("a", "a"), 160), (("a", "b"), 40)))
    assert one
    half = 1.96 * (200 * 0.8 * 0.2) ** 0.5
    assert one.low == pytest.approx(2 * (160 - half) / (360 - half), abs=0.01)
    assert one.high == pytest.approx(2 * (160 + half) / (360 + half), abs=0.01)
    macro_f1_interval.cache_clear()
    assert macro_f1_interval(few) == wide


def test_no_constant_class_is_better_than_that_of_most_images() -> None:
    """By scikit-learn, with the classes that have images, as the figure is defined."""
    dice = random.Random(5)
    for _ in range(50):
        truth = dice.choices("abc", [5, 3, 1], k=dice.randint(1, 30))
        said = dice.choices("abcd", k=len(truth))
        constants = constant_classes(tuple(Counter(zip(truth, said, strict=True)).items()))
        assert constants is not None
        majority, own = constants
        scores = {
            one: (
                accuracy_score(truth, [one] * len(truth)),
                f1_score(
                    truth, [one] * len(truth), labels=sorted(set(truth)), average="macro", zero_division=0
                ),
            )
            for one in "abcd"
        }
        assert (majority.accuracy, majority.macro_f1) == pytest.approx(max(scores.values()), abs=1e-9)
        assert (own.accuracy, own.macro_f1) == pytest.approx(scores[own.name], abs=1e-9)
        assert said.count(own.name) == max(Counter(said).values())
    assert constant_classes(()) is None


def test_resampling_of_many_images_is_bounded() -> None:
    assert rounds(6) == ROUNDS
    assert rounds(5000) * 5000 == DRAWS
    assert rounds(10**6) == 200


def test_the_page_s_section() -> None:
    lines = section(sorted_by())
    page = "\n".join(lines)
    assert "- **Classes**: four: 4 classes, 5 prompts (SHA-256 0123456789abcdef…)" in lines
    assert "- **Accuracy**: 50% (95% interval 19–81%), 3 of 6" in lines
    assert "- **Accuracy of the First Three**: 83% (95% interval 44–97%), 5 of 6" in lines
    assert "- **Macro F1**: 0.536 (95% interval " in page and ", n = 6" in page
    assert "- **Excluded**: 2 images of categories that are no class: Unknown (2)" in lines
    assert "- **Padded to a Square**: yes" in lines and "- **Scale of the Cosine**: 100" in lines
    assert "| **abdomen** | **1** | 2 | · |" in lines and "| **brain** | **0** |" not in page
    assert "| **brain** | · | **2** | 1 |" in lines
    assert "1,000 bootstrap resamples" in page and "seed 20250101" in page
    assert section(run()) == []


def test_names_cannot_break_the_table() -> None:
    hostile = replace(
        CLASSES,
        name="x|y\n# z",
        classes=(
            ImageClass(name="a|b\n# c", prompts=("p",), aliases=("Brain",)),
            ImageClass(name="<b>", prompts=("q",)),
        ),
    )
    results = (said("Brain/1.png", "a|b\n# c", "<b>"), said("`U`|x/2.png", "<b>", "a|b\n# c"))
    lines = section(sorted_by(results, classes=hostile))
    assert not any(line.startswith("# ") for line in lines)
    assert "| **a\\|b␊\\# c** | **1** |" in lines
    assert any("\\`U\\`\\|x (1)" in line for line in lines)


def test_the_page_leaves_out_what_would_mislead() -> None:
    page = render_summary(sorted_by(), (), (), None)
    assert page.index("## Performance Metrics") < page.index("## Classification") < page.index("## Detailed")
    for misleading in (
        "Question Used",
        "Auto Score",
        "Context terms",
        "same words",
        "chat template",
        "at most",
    ):
        assert misleading not in page
    assert "### Prompts of the Classes" in page and "abdomen: a" in page
    assert "--classes four.toml" in page and "--pad-square" in page
    pickled = replace(sorted_by(), model=replace(sorted_by().model, pickled=True))
    assert "--allow-pickle" in render_summary(pickled, (), (), None) and "--allow-pickle" not in page
    plain = render_summary(replace(run(), results=(result(),)), (), (), None)
    assert "## Classification" not in plain and "--pad-square" not in plain


def test_answers_of_such_a_run_are_not_scored() -> None:
    scored, _ = with_scores(sorted_by())
    assert all(one.auto is None for one in scored.results)


def test_frames_of_a_file_and_images_of_a_patient_do_not_narrow_the_accuracy_s_interval() -> None:
    alone = figures(sorted_by()).sorting
    assert alone is not None and alone.interval == wilson(alone.top1.hits, alone.top1.total)
    of_two = [replace(one, patient=f"P{place % 2}") for place, one in enumerate(sorted_by().results)]
    found = figures(replace(sorted_by(), results=tuple(of_two))).sorting
    assert found is not None and found.top1 == alone.top1
    assert found.interval == wilson(2 * alone.top1.hits / alone.top1.total, 2)
    assert found.interval_of_three is not None


def test_frames_of_a_file_do_not_narrow_the_macro_f1_s_interval() -> None:
    said_of = [("abdomen", "brain"), ("brain", "brain"), ("abdomen", "abdomen"), ("brain", "abdomen")] * 15
    alone = tuple(said(f"{truth}/{place}.dcm#1", label) for place, (truth, label) in enumerate(said_of))
    frames = tuple(replace(one, path=one.path.replace("#1", f"#{n}")) for one in alone for n in range(1, 5))
    once, often = figures(sorted_by(alone)).sorting, figures(sorted_by(frames)).sorting
    assert once is not None and often is not None and not once.by_cluster
    one, many = once.interval_of_macro_f1, often.interval_of_macro_f1
    assert one is not None and many is not None and often.macro_f1 == once.macro_f1
    assert many == pytest.approx(one, abs=0.02)
    naive = macro_f1_interval(often.confusions)
    assert naive is not None and naive.high - naive.low < 0.6 * (many.high - many.low)
    page = render_summary(sorted_by(frames), [], [], None)
    assert "frames of one file" in page and "bootstrap resamples" not in page


def test_the_comparison_has_its_columns_only_where_there_is_such_a_run() -> None:
    writes = replace(run(), id="other", status="complete", results=(result("Brain/4.png"),))
    assert "Macro F1" not in render_comparison([writes], "md")
    both = render_comparison([writes, sorted_by()], "md").splitlines()
    clip = next(line for line in both if line.startswith("| clip"))
    assert "| writes no text | 50% (95% interval 19–81%), 3 of 6 | 0.536 |" in clip
    assert "| – | – |" in next(line for line in both if line.startswith("| tiny"))
    rows = render_comparison([writes, sorted_by()], "csv").splitlines()
    assert rows[0].endswith("sorted_right,sorted,accuracy,accuracy_low,accuracy_high,macro_f1")
    assert rows[1].split(",")[-6:-3] == ["3", "6", "0.5"] and rows[2].endswith(",,,,,,")


def test_exports_carry_the_ranking() -> None:
    first = sorted_by(RESULTS[:1])
    ranking = "abdomen 0.5000 | brain 0.2500 | heart 0.1250 | femur 0.0625"
    (row,) = csv.DictReader(export_run(first, "csv").splitlines())
    assert row["ranking"] == ranking
    assert '"ranking":[{"label":"abdomen","probability":0.5}' in export_run(first, "jsonl")
    assert "femur 0.0625" in export_run(first, "html")
    (row,) = csv.DictReader(export_run(replace(run(), results=(result(),)), "csv").splitlines())
    assert row["ranking"] == ""


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Abodomen", "abdomen"),
        ("AORTA", "aorta"),
        ("brain", "brain"),
        ("Cervical", "cervical region"),
        ("Cervix", "cervix"),
        ("CRL-View", "crown-rump length"),
        ("Femur", "femur"),
        ("heart", "heart"),
        ("NT-View", "nuchal translucency"),
        ("Non_standard_NT", "nuchal translucency"),
        ("Public_Symphysis_fetal_head", "pubic symphysis and fetal head"),
        ("Standard_NT", "nuchal translucency"),
        ("Thorax", "thorax"),
        ("Trans-cerebellum", "brain"),
        ("Trans-thalamic", "brain"),
        ("trans_ventricular", "brain"),
    ],
)
def test_folders_of_fetal_data_sets_are_classes_of_the_shipped_set(folder: str, name: str) -> None:
    found = sorting([said(f"{folder}/1.png", name, "none")], load_classes("fada"), {})
    assert not found.excluded and found.top1 == Share(1, 1)


def test_a_set_of_ones_own_says_that_a_folder_cervical_is_the_cervix(tmp_path: Path) -> None:
    images = [
        said(f"{folder}/{number}.png", "cervix") for folder in ("Cervical", "Cervix") for number in "123"
    ]
    assert sorting(images, load_classes("fada"), {}).top1 == Share(3, 6)
    file = tmp_path / "own.toml"
    shipped = CLASS_SETS.file("fada").read_text().replace('"Cervical", ', "")
    file.write_text(shipped.replace('["Maternal cervix"]', '["Maternal cervix", "Cervical"]'))
    assert sorting(images, load_classes(str(file)), {}).top1 == Share(6, 6)


FETAL = ("Abodomen", "Aorta", "Cervical", "Cervix", "Femur")
"""Folders of fifteen images, three in each."""


def fetal_clip(**aliases: str) -> Run:
    """A run that takes two folders for the cervix, knows the femur, and takes the rest for the heart."""
    sorted_into = {"Cervical": "cervix", "Cervix": "cervix", "Femur": "femur"}
    images = tuple(
        said(f"{folder}/{number}.png", sorted_into.get(folder, "heart"))
        for folder in FETAL
        for number in "123"
    )
    counted = Dataset(
        name="fetal", categories=dict.fromkeys(FETAL, 3), images=15, aliases=dict(aliases) or UNSET
    )
    return sorted_by(images, classes=load_classes("fada"), dataset=counted)


def test_a_person_s_alias_says_what_a_folder_s_images_are() -> None:
    without, with_alias = fetal_clip(), fetal_clip(cervical="Cervix")
    assert sorting(without.results, load_classes("fada"), {}).top1 == Share(6, 15)
    for words, one in (
        ("40% (95% interval 20–64%), 6 of 15", without),
        ("60% (95% interval 36–80%), 9 of 15", with_alias),
    ):
        assert words in render_comparison([one], "md")
        page = render_summary(one, (), (), None)
        assert f"- **Accuracy**: {words}" in page
        assert ("- **Folders' Meaning**: cervical means Cervix (a person's word)" in page) == (
            one is with_alias
        )


def test_an_alias_that_no_folder_has_changes_nothing() -> None:
    page = render_summary(fetal_clip(Head="Brain"), (), (), None)
    assert "6 of 15" in page and "Folders' Meaning" not in page


def test_an_alias_of_what_is_no_class_leaves_the_images_out() -> None:
    found = sorting(fetal_clip().results, load_classes("fada"), {"Cervical": "Spleen"})
    assert found.excluded == {"Cervical": 3} and found.top1 == Share(6, 12)
