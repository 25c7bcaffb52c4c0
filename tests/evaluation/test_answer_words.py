"""Words that one of several answers has alone."""

import pytest

from fada_tui.evaluation.answer_words import words_alone, words_of_one


def alone(*answers: str) -> list[list[str]]:
    """The words themselves."""
    words = words_of_one(answers)
    return [[answer[mark.start : mark.end] for mark in words_alone(answer, words)] for answer in answers]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (("The head is on the left.", "the HEAD is on the right"), [["left"], ["right"]]),
        (("no fetus", "a fetus", "one fetus"), [["no"], [], ["one"]]),
        (("heart, stomach", "heart", "heart; stomach"), [[], [], []]),
        (("12.5 mm, 20-22 weeks", "12 mm, 20-24 weeks"), [["12.5", "20-22"], ["12", "20-24"]]),
        (("left left", "right"), [["left", "left"], ["right"]]),
        (("Femur",), [[]]),
        (("", "Femur"), [[], ["Femur"]]),
        ((), []),
    ],
)
def test_words_of_one_answer_alone(answers: tuple[str, ...], words: list[list[str]]) -> None:
    assert alone(*answers) == words


def test_any_words_and_places_are_right() -> None:
    answers = ["Größe: 3,5 cm — ok?", "Größe: 3,6 cm — ok!", "größe"]
    assert alone(*answers) == [["3,5"], ["3,6"], []]
