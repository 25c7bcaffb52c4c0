import math
from pathlib import Path

import pytest

from fada_tui.config.rubrics import RUBRICS, load_rubric
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Assessment, AutoScore, Verdict
from fada_tui.evaluation.auto import score
from fada_tui.evaluation.rubric import Rubric
from fada_tui.evaluation.statistics import identical_answers, mean, median, quartiles, wilson
from fada_tui.evaluation.verdicts import current, tally
from tests.examples import result

SMALL = """
name = "small"
title = "Small"
[verdicts]
correct = "right"
[context]
name = "fetal context"
terms = ["fetal"]
[maternal]
terms = ["uterus"]
[[categories]]
name = "A"
aliases = ["Ay"]
terms = [["liver"]]
"""


@pytest.fixture(scope="module")
def fada() -> Rubric:
    return load_rubric("fada")


def scored(response: str, category: str, rubric: Rubric) -> AutoScore:
    found = score(response, category, rubric)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("folder", "category"),
    [
        ("Abodomen", "Abdomen"),
        ("ABDOMEN", "Abdomen"),
        ("Aorta", "Aorta"),
        ("Cervical", "Cervical region"),
        ("Cervix", "Cervix"),
        ("CRL-View", "Crown-rump length"),
        ("Femur", "Femur"),
        ("NT-View", "Nuchal translucency"),
        ("Non_standard_NT", "Nuchal translucency"),
        ("Public_Symphysis_fetal_head", "Pubic symphysis"),
        ("Standard_NT", "Nuchal translucency"),
        ("Thorax", "Thorax"),
        ("Trans-cerebellum", "Brain"),
        ("trans_thalamic", "Brain"),
        ("Trans-ventricular", "Brain"),
    ],
)
def test_folder_names_find_their_category(fada: Rubric, folder: str, category: str) -> None:
    found = fada.category(folder)
    assert found is not None
    assert found.name == category


def test_the_fada_rubric_says_what_screens_need(fada: Rubric) -> None:
    assert RUBRICS.shipped() == ("fada",)
    assert fada.context.name == "fetal context"
    assert set(fada.verdicts) == {"correct", "partial", "incorrect"}
    assert {tag.letter: tag.name for tag in fada.tags}["h"] == "hallucination"
    assert {category.name for category in fada.categories} >= {
        *("Abdomen", "Aorta", "Brain", "Femur", "Heart", "Cervix", "Thorax"),
    }


def test_terms_match_whole_words_in_any_case_and_number(fada: Rubric) -> None:
    found = scored("The FETUSES' Stomachs, livers and vertebrae; umbilical-vein.", "Abodomen", fada)
    assert found.context_terms == ("fetus",)
    assert found.category_terms == ("stomach", "liver", "umbilical vein", "spine")
    assert found.score == 4 / 7
    assert scored("Atria and septa, the mitral valves", "Heart", fada).category_terms == (
        "atrium",
        "septum",
        "valve",
    )
    none = scored("delivery of superfetalised oliver", "Abodomen", fada)
    assert not none.context
    assert none.category_terms == ()


def test_maternal_terms_are_confusion_except_where_the_mother_is_shown(fada: Rubric) -> None:
    answer = "The uterus, cervix, and fallopian tubes."
    confused = scored(answer, "Abodomen", fada)
    assert confused.maternal_terms == ("uterus", "cervix", "fallopian tube")
    assert confused.other_categories == ("Cervix",)
    right = scored(answer, "Cervix", fada)
    assert right.maternal_terms == ()
    assert right.category_terms == ("cervix", "uterus")


def test_the_cervical_region_is_the_fetus_s_unless_a_rubric_gives_its_folder_to_the_cervix(
    fada: Rubric, tmp_path: Path
) -> None:
    neck = scored("the cervical spine of a fetus, its neck", "Cervical", fada)
    assert neck.category_terms == ("cervical spine", "neck", "spine")
    assert neck.maternal_terms == neck.other_categories == ()
    assert scored("the cervix", "Cervical", fada).maternal_terms == ("cervix",)
    assert scored("the cervical spine", "Cervix", fada).category_terms == ()
    assert scored("the cervical spine", "Cervix", fada).other_categories == ("Cervical region",)
    file = tmp_path / "own.toml"
    shipped = RUBRICS.file("fada").read_text().replace('"Cervical", ', "")
    file.write_text(shipped.replace('["Maternal cervix"]', '["Maternal cervix", "Cervical"]'))
    own = load_rubric(str(file))
    assert scored("the cervix", "Cervical", own).maternal_terms == ()
    assert scored("the cervix", "Cervical", own).category_terms == ("cervix",)


@pytest.mark.parametrize("answer", ["a baby in profile", "BABIES", "the baby's head"])
def test_a_baby_is_fetal_context(fada: Rubric, answer: str) -> None:
    assert scored(answer, "Brain", fada).context_terms == ("baby",)


def test_a_whole_fetus_is_known_by_its_crown_and_rump(fada: Rubric) -> None:
    found = scored("The CRL plane: crown to rump, the whole body", "CRL-View", fada)
    assert found.category_terms == ("crown-rump length", "crown", "rump", "trunk")
    assert found.other_categories == ()
    assert scored("the crown rump length", "Femur", fada).other_categories == ("Crown-rump length",)


def test_naming_another_plane_is_found_but_not_organs_that_share_one(fada: Rubric) -> None:
    assert scored("a fetal brain with its thalami", "Femur", fada).other_categories == ("Brain",)
    assert scored("the heart with the aorta", "Aorta", fada).other_categories == ()


def test_no_answer_has_no_score_and_an_unknown_category_only_context(fada: Rubric) -> None:
    assert score(None, "Abodomen", fada) is None
    assert scored("", "Abodomen", fada).score == 0
    unknown = scored("a fetal heart, the uterus", "Photographs", fada)
    assert unknown.score is None
    assert unknown.context
    assert unknown.maternal_terms == ("uterus",)
    assert unknown.other_categories == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("name =", "name"), "line 2: not valid TOML"),
        (('title = "Small"', ""), "missing required field 'title'"),
        (("aliases", "aliasses"), "unknown field 'aliasses'"),
        (('[["liver"]]', '["liver"]'), "Expected 'array'"),
        (('aliases = ["Ay"]', 'near = ["B"]'), "near 'B'"),
        (('["uterus"]', '[" - "]'), "' - ' is not a term"),
        (('[["liver"]]', '[["liver"]]\n[[categories]]\nname="B"\naliases=["a"]\nterms=[]'), "names two"),
        (("[[categories]]", '[[tags]]\nletter="xy"\nname="t"\nmeaning="m"\n[[categories]]'), "one letter"),
    ],
)
def test_a_bad_rubric_is_one_line_that_says_where(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SMALL)
    assert load_rubric(str(file)).name == "small"
    file.write_text(SMALL.replace(*change, 1))
    with pytest.raises(UsageError) as caught:
        load_rubric(str(file))
    assert str(file) in str(caught.value) and complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_quartiles_are_interpolated_and_take_two_values() -> None:
    assert quartiles([9.0, 1.0, 2.0, 3.0, 5.0]) == (2.0, 5.0)
    assert quartiles([1.0, 2.0]) == (1.25, 1.75)
    assert quartiles([1.0]) is quartiles([]) is None


def test_mean_and_median_of_nothing_are_unknown() -> None:
    assert mean([]) is None
    assert median([]) is None
    assert mean([2.87, 1.69, 1.85, 8.03, 8.24]) == pytest.approx(4.536)
    assert median([1.0, 4.0, 2.0, 3.0]) == 2.5


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    # Published: R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, total: int, low: float, high: float) -> None:
    found = wilson(successes, total)
    assert found is not None
    assert found == pytest.approx((low, high), abs=5e-5)


def test_wilson_stays_within_bounds() -> None:
    assert wilson(0, 0) is None
    for total in (1, 2, 5, 1000):
        for half in range(2 * total + 1):
            found = wilson(half / 2, total)
            assert found is not None
            assert 0 <= found.low <= half / 2 / total <= found.high <= 1
            assert math.isfinite(found.low + found.high)


def test_identical_answers_are_of_different_images_to_the_same_question() -> None:
    results = [
        result("A/a.png", response="the  heart"),
        result("A/b.png", response="the heart\n"),
        result("A/a.png", "q2", response="the heart"),
        result("A/c.png", response="the liver"),
        result("A/d.png", response=None),
    ]
    assert identical_answers(results) == (2, 4)


def given(verdict: Verdict | None, assessor: str | None = None, **fields: object) -> Assessment:
    return Assessment(verdict=verdict, assessor=assessor, **fields)  # type: ignore[arg-type]


def test_an_assessors_last_word_counts_and_can_take_all_back() -> None:
    history = (given("correct", "ann"), given("partial", "bob"), given("incorrect", "ann"))
    assert [one.verdict for one in current(history)] == ["incorrect", "partial"]
    assert current((given("correct"), given(None))) == ()
    assert [one.note for one in current((given("correct"), given(None, note="blurred")))] == ["blurred"]
    assert [one.flagged for one in current((given("correct"), given(None, flagged=True)))] == [True]


def test_quality_counts_half_for_partial_and_the_mean_of_several_assessors() -> None:
    counts = tally(
        [
            result("A/a.png", assessments=(given("correct", "ann", context=True), given("incorrect", "bob"))),
            result("A/b.png", assessments=(given("partial", "ann", context=False),)),
            result("A/c.png"),
        ]
    )
    assert (counts.judged, counts.correct, counts.partial, counts.incorrect) == (2, 1, 1, 1)
    assert counts.quality == 0.5
    assert counts.context == (1, 2)
    assert counts.assessors == 2
    assert tally([]).quality is None
    assert tally([]).interval is None
