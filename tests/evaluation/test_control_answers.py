"""What a model says of control pictures, beside its commonest answer about the images."""

from msgspec.structs import replace

from fada_tui.core.control import PICTURES, path_of
from fada_tui.core.records import Question, Ranked, Result, Run
from fada_tui.evaluation.control_answers import control_answers, same_as_commonest
from tests import examples


def run(answers: list[str | None], about: dict[str, str | None]) -> Run:
    """One question; `None` is an error."""

    def result(path: str, response: str | None) -> Result:
        return examples.error_result(path) if response is None else examples.result(path, response=response)

    return replace(
        examples.run(),
        results=tuple(result(f"A/{number}.png", text) for number, text in enumerate(answers)),
        controls=tuple(result(path_of(picture), text) for picture, text in about.items()),
    )


def all_of(text: str) -> dict[str, str | None]:
    return dict.fromkeys(PICTURES, text)


def test_the_same_whatever_case_spaces_and_end_marks() -> None:
    same = run(["A head.", "a head", "a hand"], {"black": "A  HEAD", "grey": "a head!", "noise": "a head"})
    (found,) = control_answers(same)
    assert found.same == PICTURES and found.all_same
    assert (found.commonest.answer, found.commonest.count, found.commonest.images) == ("A head.", 2, 3)
    assert same_as_commonest([found]) == ("q1",)


def test_one_that_differs_is_enough_to_differ() -> None:
    (found,) = control_answers(run(["a head"] * 3, all_of("a head") | {"grey": "nothing"}))
    assert found.same == ("black", "noise") and not found.all_same


def test_errors_count_for_nothing() -> None:
    (found,) = control_answers(run([None, "a head"], all_of("a head") | {"grey": None}))
    assert found.answered == ("black", "noise") and found.all_same
    (found,) = control_answers(run(["a head"], dict.fromkeys(PICTURES)))
    assert not found.answered and not found.all_same
    (found,) = control_answers(run([None], all_of("")))
    assert not found.same, "there is no commonest answer"


def test_without_control_pictures_there_is_nothing_to_tell() -> None:
    assert control_answers(examples.run()) == []


def test_each_question_by_itself() -> None:
    questions = (Question(id="q1", text="1"), Question(id="q2", text="2"))
    made = [examples.result("A/a.png", one, response=f"said to {one}") for one in ("q1", "q2")]
    about = [examples.result(path_of(one), "q2", response="said to q2") for one in PICTURES]
    both = replace(examples.run(questions=questions), results=tuple(made), controls=tuple(about))
    assert same_as_commonest(control_answers(both)) == ("q2",)
    assert control_answers(both)[0].results == {}


def test_of_ranked_labels_the_first_counts() -> None:
    """Sentences about them have probabilities, which are another for each picture."""

    def sorted_as(path: str, share: float) -> Result:
        ranking = (Ranked(label="Head", probability=share), Ranked(label="Hand", probability=1 - share))
        return examples.result(path, response=f"Most likely Head ({share:.0%}).", ranking=ranking)

    pictures = tuple(sorted_as(path_of(one), 0.6 + place / 10) for place, one in enumerate(PICTURES))
    made = replace(examples.run(), results=(sorted_as("A/a.png", 0.9),), controls=pictures)
    (found,) = control_answers(made)
    assert found.all_same and found.commonest.answer == "Head"
