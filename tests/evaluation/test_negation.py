"""What texts deny, by hand: of each, which words are mentioned and not denied."""

from time import process_time

import pytest

from fada_tui.config.rubrics import load_rubric
from fada_tui.core.records import AutoScore
from fada_tui.evaluation.auto import score
from fada_tui.evaluation.negation import is_negated, negations
from fada_tui.evaluation.phrases import finder, folded

WORDS = (
    *("stomach", "liver", "spine", "abdomen", "heart", "fetus", "fetal", "image", "head"),
    *("breech", "cephalic", "transverse", "abnormality", "abnormal", "normal"),
)

CASES = [
    ("the stomach, the liver (not seen) and the spine", "spine stomach"),
    ("stomach (no liver) and spine", "spine stomach"),
    ("no liver in view, not a normal image", ""),
    ("no stomach, the liver", "liver"),
    ("no stomach, the liver or the spine", ""),
    ("a non-breech presentation", ""),
    ("no stomach seen", ""),
    ("The stomach is not visible.", ""),
    ("without evidence of a stomach", ""),
    ("The stomach is absent.", ""),
    ("Absent stomach bubble", ""),
    ("neither stomach nor liver", ""),
    ("I cannot see a stomach.", ""),
    ("I can't see the stomach or the liver.", ""),
    ("no stomach, liver or spine", ""),
    ("no stomach, but the liver is seen", "liver"),
    ("No stomach. The liver is seen.", "liver"),
    ("no stomach; liver", "liver"),
    ("No stomach here. Later the stomach is seen.", "stomach"),
    ("No stomach, and the liver is seen", "liver"),
    ("No stomach, the liver is well seen.", "liver"),
    ("Stomach, liver and spine are not visible.", ""),
    ("The liver is seen, the stomach is not visible.", "liver"),
    ("The liver is seen and the stomach is not.", "liver"),
    ("The liver is visible and the stomach cannot be seen", "liver"),
    ("Liver seen, stomach not seen", "liver"),
    ("stomach absent, liver present", "liver"),
    ("liver present, stomach absent", "liver"),
    ("The stomach isn't clearly seen, liver and spine are.", "liver spine"),
    ("Not visible: stomach, liver.", ""),
    ("Not visible:\n- stomach\n- liver\n\nVisible:\n- spine", "spine"),
    ("Absent: stomach. Present: liver.", "liver"),
    ("Not only the stomach but also the liver is seen", "liver stomach"),
    ("A stomach cannot be excluded", "stomach"),
    ("no doubt this is the stomach", "stomach"),
    ("The stomach has been ruled out", ""),
    ("No structures other than the liver", "liver"),
    ("nothing but the liver", "liver"),
    ("No abnormality of the stomach", ""),
    ("There is no stomach in the abdomen", "abdomen"),
    ("No abnormality is seen in the liver and stomach.", "liver stomach"),
    ("The stomach does not appear to be present", ""),
    ("The stomach doesn't appear visible; spine is.", "spine"),
    ("There is a lack of stomach filling", ""),
    ("I have not seen the stomach.", ""),
    ("We do not see the stomach in this image of the liver", "image liver"),
    ("Rather than the stomach this shows the liver", ""),
    ("This is the liver rather than the stomach", "liver"),
    ("It is the liver, not the stomach.", "liver"),
    ("Not the stomach, the liver.", "liver"),
    ("No, the stomach is visible.", "stomach"),
    ("No stomach, only the liver", "liver"),
    ("The stomach is missing while the liver is seen", "liver"),
    ("The stomach (liver not seen)", "stomach"),
    ("fetus without stomach", "fetus"),
    ("Unable to identify the stomach; liver identified", "liver"),
    ("In this image of the liver the stomach is not seen", "image liver"),
    ("The stomach was never visualized", ""),
    ("There isn't a stomach", ""),
    ("none of stomach, liver or spine", ""),
    ("The spine is not out of view", "spine"),
    ("Although no stomach is seen, the liver is normal", "liver normal"),
    ("The liver, which is normal, and the stomach are visible, no spine", "liver normal stomach"),
    ("The stomach is out of view, liver is in view", "liver"),
    ("Stomach: not visible. Liver: visible", "liver"),
    ("Stomach: absent\nLiver: present", "liver"),
    ("- Stomach: no\n- Liver: yes", "liver"),
    ("| stomach | not seen |\n| liver | seen |", "liver"),
    ("The stomach, liver, and spine, which are not abnormal, are seen", "liver spine stomach"),
    ("non-visualisation of the stomach", ""),
    ("No fetal stomach", ""),
    ("The liver shows no stomach", "liver"),
    ("The liver is not well seen because of the spine", "spine"),
    ("stomach not identified; however, liver", "liver"),
    ("Neither the stomach nor the liver is visible, the spine is visible", "spine"),
    ("The stomach is unlikely", ""),
    ("no fetal heart activity in a fetus", "fetus"),
    ("This fetal image shows no abnormality", "fetal image"),
    ("There are no visible abnormalities in this fetal ultrasound image.", "fetal image"),
    ("I do not see any abnormality in this fetal ultrasound.", "fetal"),
    ("The fetus is not in breech presentation; it is cephalic", "cephalic fetus"),
    ("not breech", ""),
    ("The fetus is not breech, it is cephalic", "cephalic fetus"),
    ("cephalic and not breech", "cephalic"),
    ("The image is not of a fetus", "image"),
    ("This is not a fetal ultrasound image", ""),
    ("no fetus, but a heart", "heart"),
    ("It is difficult to say; the image does not show the fetus or the heart clearly", "image"),
    ("Abnormality: no", ""),
    ("abnormality - none", ""),
    ("No abnormality and no fetus is seen", ""),
    ("No abnormality, fetus in cephalic position", "cephalic"),
    ("the fetus is cephalic (not breech or transverse)", "cephalic fetus"),
    ("There is no evidence that the fetus is abnormal", ""),
    ("The fetus has no heart abnormality", "fetus"),
    ("This image does not provide enough information to determine whether the fetus is breech", "image"),
    ("normal, no abnormality", "normal"),
    ("not normal", ""),
    ("The heart's not seen", ""),
    ("a heart that is not abnormal", "heart"),
    ("Yes, no abnormality.", ""),
    ("there was no heart and there was a fetus", "fetus"),
    ("no longer breech", ""),
    ("cannot rule out an abnormality", "abnormality"),
    ("No head; heart", "heart"),
    ("The stomach can't be seen.", ""),
    ("The liver is seen, the stomach can't.", "liver"),
    ("The stomach cannot clearly be seen", ""),
    ("The stomach is, unfortunately, not visible.", ""),
    ("The stomach is probably not visible", ""),
    ("barely any stomach", ""),
    ("The following structures are not visible: stomach, liver", ""),
    ("A stomach? No.", ""),
    ("Is the fetus breech? No, cephalic", "cephalic"),
    ("It is unlikely to be breech", ""),
    ("The stomach is very unlikely", ""),
    ("There's no question that this is the stomach", "stomach"),
    ("The stomach is seen without difficulty", "stomach"),
]


@pytest.mark.parametrize(("text", "affirmed"), CASES)
def test_what_is_denied_does_not_count(text: str, affirmed: str) -> None:
    answer = folded(text)
    found = {
        one.name for one in finder((word, word) for word in WORDS)(answer) if not is_negated(answer, *one[1:])
    }
    assert sorted(found) == affirmed.split()


@pytest.mark.long
@pytest.mark.parametrize(
    "part",
    [
        "no ",
        "no stomach ",
        "stomach not seen ",
        "not ",
        " ",
        "-",
        ".",
        "stomach, ",
        "- no\n",
        "is not ",
        "not clearly ",
        "clearly ",
        "is lyly,",
        ": no|",
    ],
)
def test_endless_repetition_takes_no_time(part: str) -> None:
    answer = folded(part * 20_000)
    began = process_time()
    negations(answer)
    mentions = finder([("stomach", "stomach"), ("liver", "liver")])(answer)
    assert sum(is_negated(answer, *one[1:]) for one in mentions) <= 20_000
    assert process_time() - began < 10


def test_a_text_without_negation_denies_nothing() -> None:
    assert negations(folded("The stomach and the abnormal liver, known from another scan.")) == ()


def test_a_phrase_that_has_a_negation_in_it_is_not_denied_by_it() -> None:
    answer = folded("It is not assessable.")
    assert not is_negated(answer, answer.index("not"), answer.index("."))
    assert is_negated(answer, answer.index("assessable"), answer.index("."))


def auto(answer: str, question: str = "") -> AutoScore:
    found = score(answer, "Abdomen", load_rubric("fada"), question=question)
    assert found is not None
    return found


def test_denied_terms_count_neither_for_a_category_nor_for_context() -> None:
    found = auto(
        "No fetal structures, no stomach and no uterus; the liver is seen, the heart is not visible."
    )
    assert found.category_terms == ("liver",)
    assert not found.context and found.maternal_terms == () and found.other_categories == ()
    assert auto("There is no stomach in this fetal abdomen").context_terms == ("fetal",)
    assert auto("The stomach is not seen at first, then the stomach is seen.").category_terms == ("stomach",)


def test_words_of_the_question_do_not_count() -> None:
    asked = "Is this a fetal image, and is the stomach in it?"
    assert not auto("Yes, this is a fetal image, and the stomachs are in it.", asked).context
    found = auto("Yes: a fetus with stomach, liver and uterus.", asked)
    assert found.context_terms == ("fetus",) and found.category_terms == ("liver",)
    assert found.maternal_terms == ("uterus",)
    assert auto("The uterus", "Is it the uterus?").maternal_terms == ()
    assert auto("Yes: a fetus with stomach, liver and uterus.").category_terms == ("stomach", "liver")
