from typing import Any

import numpy
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Assessment, FileFacts, Question, Result, Run, Score, Verdict
from fada_tui.evaluation.pairing import Outcomes, aligned, outcomes_of
from tests.examples import error_result, result, run

SIDE = Question(id="q1", text="Which side?", score="choice", values=("left", "right"))


def scored(path: str, right: bool, question: str = "q1", **more: Any) -> Result:
    said = "left" if right else "right"
    score = Score(
        kind="choice",
        value=float(right),
        matched=("left",) if right else (),
        missed=() if right else ("left",),
        extra=() if right else ("right",),
    )
    more.setdefault("reference", "left")
    return result(path, question, response=said, score=score, **more)


def judged(path: str, *verdicts: Verdict) -> Result:
    assessments = (Assessment(assessor=str(place), verdict=one) for place, one in enumerate(verdicts))
    return result(path, assessments=tuple(assessments))


def of(*results: Result, question: Question = SIDE) -> Run:
    return run(questions=(question,), results=results)


def side_by_side(*runs: Run) -> dict[str, Outcomes]:
    return {one.kind: one for one in aligned([outcomes_of(one) for one in runs])}


def file(sha256: str) -> FileFacts:
    return FileFacts(size=1, sha256=sha256)


def pairs(*runs: Run) -> list[list[float]]:
    """The scores that two runs have of the same image."""
    found = side_by_side(*runs)["score"].values
    return sorted(found[~numpy.isnan(found).any(axis=1)].tolist())


def test_images_are_the_same_by_their_files_bytes_whatever_they_are_called() -> None:
    one = of(scored("A/a.png", True, file=file("1")), scored("A/b.png", False, file=file("2")))
    renamed = of(scored("A/b.png", True, file=file("1")), scored("B/c.png", True, file=file("2")))
    assert pairs(one, renamed) == [[0.0, 1.0], [1.0, 1.0]]
    changed = of(scored("A/a.png", True, file=file("3")), scored("A/b.png", True, file=file("2")))
    assert pairs(one, changed) == [[0.0, 1.0]]


def test_frames_of_a_file_are_several_images_and_one_cluster() -> None:
    frames = of(scored("A/a.dcm#1", True, file=file("1")), scored("A/a.dcm#2", False, file=file("1")))
    found = side_by_side(frames, frames)["score"]
    assert found.values.tolist() == [[1.0, 1.0], [0.0, 0.0]] and found.clusters == (0, 0)


def test_images_of_a_patient_are_one_cluster() -> None:
    one = of(
        scored("A/a.png", True, patient="p"), scored("A/b.png", True, patient="p"), scored("A/c.png", True)
    )
    assert side_by_side(one, one)["score"].clusters == (0, 0, 1)


def test_without_the_files_hash_the_pixels_and_then_the_name_decide() -> None:
    both = of(
        scored("A/a.png", True, file=file("1"), sha256="p1"),
        scored("A/b.png", False, file=file("2"), sha256="p2"),
    )
    assert pairs(both, of(scored("A/x.png", True, sha256="p1"), scored("A/a.png", True, sha256="p9"))) == [
        [1, 1]
    ]
    assert pairs(both, of(scored("A/b.png", True))) == [[0.0, 1.0]]
    assert pairs(of(scored("A/a.png", True)), of(scored("B/a.png", True))) == []


def test_a_name_of_two_images_is_neither() -> None:
    one, other = (of(scored("A/a.png", True, file=file(name))) for name in "12")
    found = side_by_side(one, other, of(scored("A/a.png", True)))["score"]
    assert numpy.isnan(found.values).sum(axis=1).tolist() == [2, 2, 2]


def test_images_of_one_name_below_a_category_are_told_apart_by_their_paths() -> None:
    def both(first: bool, second: bool) -> Run:
        paths = (("A/x/1.png", first), ("A/y/1.png", second))
        return of(*(replace(scored(path, right), category="A", image="1.png") for path, right in paths))

    assert pairs(both(True, False), both(True, True)) == [[0.0, 1.0], [1.0, 1.0]]


def test_copies_of_a_file_are_one_image() -> None:
    copies = of(scored("A/a.png", True, file=file("1")), scored("B/a.png", False, file=file("1")))
    assert pairs(copies, of(scored("A/a.png", True, file=file("1")))) == [[0.5, 1.0]]


def test_questions_are_the_same_by_their_text() -> None:
    other = replace(SIDE, id="side", text="which  SIDE?")
    assert pairs(of(scored("A/a.png", True)), of(scored("A/a.png", True, "side"), question=other)) == [[1, 1]]
    reworded = replace(SIDE, text="On which side?")
    assert side_by_side(of(scored("A/a.png", True)), of(scored("A/a.png", True), question=reworded)) == {}


def test_scores_by_other_values_are_not_set_side_by_side() -> None:
    other = replace(SIDE, values=("left", "right", "both"))
    assert side_by_side(of(scored("A/a.png", True)), of(scored("A/a.png", True), question=other)) == {}


def test_scores_against_other_references_are_told_by_their_number() -> None:
    truths = side_by_side(
        of(scored("A/a.png", True), scored("A/b.png", True)),
        of(scored("A/a.png", True, reference=" Left "), scored("A/b.png", False, reference="right")),
    )["score"].truths
    assert [len(set(row)) for row in truths.tolist()] == [1, 2]


def test_an_error_is_no_outcome_and_a_wrong_one() -> None:
    failed = replace(error_result("A/a.png"), reference="left")
    unusable = replace(error_result("A/b.png"), reference="no idea")
    right = of(scored("A/a.png", True), scored("A/b.png", True), scored("A/c.png", True))
    found = side_by_side(right, of(failed, unusable, scored("A/c.png", False)))["score"]
    assert numpy.nan_to_num(found.values, nan=-1).tolist() == [[1, -1], [1, -1], [1, 0]]
    assert numpy.nan_to_num(found.as_wrong, nan=-1).tolist() == [[1, 0], [1, -1], [1, 0]]
    assert found.errors.tolist() == [[False, True], [False, False], [False, False]]


def test_verdicts_are_two_outcomes_and_several_assessors_a_share() -> None:
    one = of(judged("A/a.png", "correct"), judged("A/b.png", "partial"), result("A/c.png"))
    other = of(judged("A/a.png", "incorrect"), judged("A/b.png", "correct", "partial"))
    found = side_by_side(one, other)
    assert set(found) == {"correct", "correct_or_partial"}
    assert found["correct"].values.tolist() == [[1.0, 0.0], [0.0, 0.5]]
    assert found["correct_or_partial"].values.tolist() == [[1.0, 0.0], [1.0, 1.0]]


def test_a_question_of_which_one_run_has_outcomes_is_left_out() -> None:
    assert side_by_side(of(scored("A/a.png", True)), of(result("A/a.png", score=UNSET))) == {}
