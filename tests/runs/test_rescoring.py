"""Runs that are scored again: what changes, and what is told."""

from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.class_sets import load_classes
from fada_tui.core.errors import RunLockedError, UsageError
from fada_tui.core.records import Assessment, Question, QuestionSet, Run
from fada_tui.models.registry import Registry
from fada_tui.runs.rescoring import Anew, rescore, scored_anew, with_kinds
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock
from tests.examples import result, run

SIDES = Question(id="side", text="Which side?", score="choice", values=("left", "right"), short="Side")


def asked(*questions: Question) -> Run:
    return run(questions=questions, plan=UNSET, status="complete", results=())


def test_questions_are_matched_by_their_texts_and_keep_their_ids() -> None:
    made = asked(Question(id="q1", text=" which  SIDE "), Question(id="q2", text="What else?"))
    again, told = with_kinds(made, (SIDES, Question(id="age", text="How old?")))
    first, second = again.questions
    assert (first.id, first.text, first.short, first.values) == ("q1", " which  SIDE ", "Side", SIDES.values)
    assert second == made.questions[1]
    assert told == (
        "q2 is scored as before: the set has no such question",
        "age of the set was not asked in this run",
    )


def test_the_same_id_with_another_text_is_another_question() -> None:
    made = asked(Question(id="side", text="On which side is the stomach?"))
    again, told = with_kinds(made, (SIDES,))
    assert again == made
    assert told == (
        "side is scored as before: the set asks another question by that id: 'Which side?'",
        "side of the set was not asked in this run",
    )


def test_a_run_says_which_set_its_questions_are_of_if_all_are() -> None:
    own = QuestionSet(name="own", source="/own.toml")
    anew = Anew(questions=(SIDES,), question_set=own)
    again, _ = scored_anew(asked(replace(SIDES, score="none", values=UNSET)), anew)
    assert again.question_set == own
    again, _ = scored_anew(asked(replace(SIDES, id="q1"), Question(id="q2", text="Why?")), anew)
    assert again.question_set is UNSET


def test_a_set_takes_a_kind_back() -> None:
    plain = Question(id="side", text="Which side?")
    again, _ = with_kinds(asked(SIDES), (plain,))
    assert again.questions == (plain,)


def test_all_is_scored_again_by_another_rubric_and_verdicts_stay(tmp_path: Path) -> None:
    verdict = Assessment(assessor="a", verdict="partial")
    made = run(results=(result(assessments=(verdict,)), result("A/b.png"), result("B/c.png")))
    before, _ = scored_anew(made, Anew())
    file = tmp_path / "own.toml"
    file.write_text(
        'name = "own"\ntitle = "Own"\n[verdicts]\ncorrect = "c"\npartial = "p"\nincorrect = "i"\n'
        '[context]\nname = "adult"\nterms = ["adult"]\n[maternal]\nterms = ["womb"]\n'
    )
    folder = tmp_path / made.id
    folder.mkdir()
    store.write_run(folder, before)
    again, told = rescore(folder, Anew(rubric=str(file)), Registry(entries=()))
    assert told == ()
    assert [one.auto and (one.auto.rubric, one.auto.context) for one in again.results] == [("own", False)] * 3
    assert again.results[0].assessments == (verdict,)
    assert again.scoring is not UNSET and again.scoring.rubric == str(file)
    assert store.read_run(folder) == again and (folder / store.SUMMARY_NAME).exists()


def test_a_run_that_is_being_written_and_an_unknown_rubric_change_nothing(tmp_path: Path) -> None:
    made = replace(run(results=(result(),)), id="one")
    folder = tmp_path / "one"
    folder.mkdir()
    store.write_run(folder, made)
    before = (folder / store.RUN_NAME).read_bytes()
    with pytest.raises(UsageError, match="no rubric or file 'fadda'"):
        rescore(folder, Anew(rubric="fadda"), Registry(entries=()))
    with RunLock(folder), pytest.raises(RunLockedError):
        rescore(folder, Anew(), Registry(entries=()))
    assert (folder / store.RUN_NAME).read_bytes() == before


def experts(folder: Path, name: str, *rows: str) -> str:
    file = folder / name
    file.write_text("\n".join(("folder,image,q1", *rows)) + "\n")
    return str(file)


def test_references_are_taken_from_files_in_place_of_those_that_were(tmp_path: Path) -> None:
    made = run(results=(result("A/a.png", reference="old"), result("A/b.png", reference="old")), plan=UNSET)
    first = experts(tmp_path, "one.csv", "A,a.png,a head", "A,z.png,nothing of this run")
    second = experts(tmp_path, "two.csv", "A,b.png,a femur")
    again, _ = scored_anew(made, Anew(references=(first, second)))
    assert [one.reference for one in again.results] == ["a head", UNSET]
    assert [one.other_references for one in again.results] == [UNSET, {"two.csv": "a femur"}]
    found = again.references
    assert found is not UNSET and (found.name, found.matched, found.of) == ("one.csv", 1, 2)
    assert len(found.unmatched) == 1 and "z.png" in found.unmatched[0]
    assert again.scoring is not UNSET and len(again.scoring.references_sha256) == 2

    kept, _ = scored_anew(again, Anew())
    assert [one.reference for one in kept.results] == ["a head", UNSET]


def test_what_a_folder_means_is_changed_and_taken_back() -> None:
    made = run(results=(result("Cervical/a.png", response="the cervix and the bladder"),), plan=UNSET)
    neck, _ = scored_anew(made, Anew())
    mother, _ = scored_anew(made, Anew(aliases={"cervical": "Cervix"}))
    again, _ = scored_anew(mother, Anew(aliases={}))
    terms = [one.results[0].auto and one.results[0].auto.category_terms for one in (neck, mother, again)]
    assert terms == [(), ("cervix", "bladder"), ()]
    assert mother.dataset.aliases == {"cervical": "Cervix"} and again.dataset.aliases is UNSET
    with pytest.raises(UsageError, match="--alias Cervical=Cervicks"):
        scored_anew(made, Anew(aliases={"Cervical": "Cervicks"}))


def test_similarity_of_a_model_that_sorts_images_is_refused() -> None:
    with pytest.raises(UsageError, match="no answer has a score of the kind 'text'"):
        scored_anew(replace(run(), classes=load_classes("fada")), Anew(similarity="own/embeddings"))


def test_kinds_of_a_newer_version_are_told() -> None:
    _, told = scored_anew(asked(replace(SIDES, score="by_ear")), Anew())
    assert told == ("side keeps the scores it has: only a newer version knows the kind 'by_ear'",)
