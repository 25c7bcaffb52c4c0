"""Answers as models write them, scored by the vocabularies of the shipped sets."""

import csv
from pathlib import Path

import pytest

from fada_tui.config.questions import load_questions
from fada_tui.evaluation.scoring import score_answer, vocabulary_of
from training.dialogue import answer
from training.samples import samples

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(
    ("asked", "response", "reference", "value"),
    [
        ("clinical orientation", "The fetus is in breech presentation.", "breech", 1),
        ("clinical orientation", "Vertex", "cephalic", 1),
        ("clinical orientation", "It cannot be assessed from this image.", "not assessable", 1),
        ("clinical plane", "A trans-ventricular view of the brain", "Transventricular", 1),
        ("clinical plane", "The four chamber view of the fetal heart", "4CV", 1),
        ("clinical plane", "It is not a standard plane.", "no standard plane", 1),
        ("clinical plane", "Transthalamic", "transcerebellar", 0),
        ("clinical biometry", "Biparietal diameter and head circumference", "BPD, HC", 1),
        ("clinical biometry", "none", "none", 1),
        ("clinical age", "about 20 weeks", "18-22 weeks", 1),
        ("clinical age", "18–22 weeks", "20 weeks", 1),
        ("clinical age", "in the second trimester", "18-22 weeks", 0),
        ("clinical quality", "The image is of excellent quality.", "good", 1),
        ("clinical normality", "No abnormality is seen.", "normal", 1),
        ("clinical normality", "Yes, the ventricle is enlarged.", "abnormal", 1),
        ("fada plane", "This is the transcerebellar plane.", "Trans-cerebellum", 1),
        ("fada fetal", "Yes: the skull and its midline are of a fetus.", "yes", 1),
        ("fada biometry", "The femur length", "FL", 1),
        ("fada abnormal", "Nothing looks abnormal.", "normal", 1),
        ("fada quality", "Moderate: there is shadowing.", "fair", 1),
    ],
)
def test_answers_find_the_values_that_they_mean(
    asked: str, response: str, reference: str, value: float
) -> None:
    name, id = asked.split()
    (question,) = (question for question in load_questions(name) if question.id == id)
    found = score_answer(vocabulary_of(question, [reference]), response, reference)
    assert found is not None and found.value == value


def test_right_answers_about_the_samples_are_wholly_right() -> None:
    with (SAMPLES / "references.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for question in load_questions("demo"):
        vocabulary = vocabulary_of(question, [row[question.id] for row in rows])
        for row, (path, shown) in zip(rows, samples(), strict=True):
            found = score_answer(vocabulary, answer(question.id, shown), row[question.id])
            assert found is not None and found.value == 1, (path, question.id, found)
