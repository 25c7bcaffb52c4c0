"""What is scored, when, and by what."""

from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.rubrics import RUBRICS
from fada_tui.core.records import (
    Plan,
    PlannedImage,
    Question,
    References,
    Run,
    Score,
    ScoredFigure,
    Similarity,
)
from fada_tui.runs.scoring import with_scores, without_scores
from tests.examples import ENTRY, error_result, result, run

REFERENCES = References(name="one.csv", sha256="a" * 64, matched=2, of=3)


def own_rubric(folder: Path) -> Path:
    """A rubric in a file, as a person copies the shipped one."""
    file = folder / "own.toml"
    file.write_bytes(RUBRICS.file("fada").read_bytes())
    return file


def by_own_rubric(file: Path) -> Run:
    scored, told = with_scores(
        run(results=(result(),), plan=Plan(model=ENTRY, device="cpu", rubric=str(file)))
    )
    assert told == () and scored.results[0].auto is not None
    return scored


def test_answers_are_scored_once_and_the_run_says_by_what() -> None:
    scored, told = with_scores(run(results=(result(), error_result("A/b.png"))))
    assert told == ()
    answer, error = scored.results
    assert answer.auto is not None and answer.auto.context and error.auto is None
    assert scored.scoring is not UNSET
    assert (scored.scoring.rubric, scored.scoring.references_sha256) == ("fada", ())
    assert with_scores(scored) == (scored, ())


def test_a_rubric_that_has_changed_scores_nothing_unasked(tmp_path: Path) -> None:
    file = own_rubric(tmp_path)
    scored = by_own_rubric(file)
    file.write_text(file.read_text().replace('"fetal", ', ""))

    later = replace(scored, results=(*scored.results, result("A/b.png")))
    again, (told,) = with_scores(later)
    assert again == later
    assert "not scored: 1 answer of" in told and "has changed" in told and "fada-tui rescore" in told

    afresh, told_now = with_scores(without_scores(later))
    assert told_now == () and afresh.scoring != scored.scoring
    assert all(one.auto and not one.auto.context for one in afresh.results)


def test_a_rubric_that_changed_before_the_first_answer_scores_all(tmp_path: Path) -> None:
    file = own_rubric(tmp_path)
    scored = by_own_rubric(file)
    file.write_text(file.read_text().replace('"fetal", ', ""))
    none_yet = replace(scored, results=(error_result("A/b.png"), result()))
    again, told = with_scores(none_yet)
    assert told == () and again.scoring != scored.scoring and again.results[1].auto is not None


def test_a_rubric_that_is_gone_loses_nothing(tmp_path: Path) -> None:
    file = own_rubric(tmp_path)
    scored = by_own_rubric(file)
    file.unlink()
    later = replace(scored, results=(*scored.results, result("A/b.png")))
    again, (told,) = with_scores(later)
    assert again == later and "not scored" in told and str(file) in told


def test_what_only_a_newer_version_can_score_keeps_its_scores() -> None:
    by_ear = Question(id="q1", text="What?", score="by_ear")
    score, figure = (
        Score(kind="by_ear", value=0.5),
        ScoredFigure(question_id="q1", key="loudness", name="loudness", value=0.5, n=1),
    )
    made = run(questions=(by_ear,), results=(result(score=score, auto=None), result("A/b.png", auto=None)))
    first, told = with_scores(made)
    assert told == () and first.scoring and first.results[0].score == score
    newer = replace(first, scoring=replace(first.scoring, figures=(figure,)))
    afresh, _ = with_scores(without_scores(newer))
    assert afresh == newer
    later, _ = with_scores(replace(newer, results=(*newer.results, result("A/c.png", auto=None))))
    assert later.scoring and later.scoring.figures == (figure,) and later.results[0].score == score
    known = replace(newer, questions=(replace(by_ear, score="text"),))
    assert with_scores(without_scores(known))[0].results[0].score is UNSET


def test_similarity_stays_when_more_answers_come() -> None:
    first, _ = with_scores(run(results=(result(),)))
    assert first.scoring
    figure = ScoredFigure(question_id="q1", key="similarity", name="similarity", value=0.5, n=1)
    by = Similarity(model="own/embeddings", questions=())
    compared = replace(first, scoring=replace(first.scoring, similarity=by, figures=(figure,)))
    later, _ = with_scores(replace(compared, results=(*compared.results, result("A/b.png"))))
    assert later.scoring and (later.scoring.similarity, later.scoring.figures) == (by, (figure,))
    afresh, _ = with_scores(without_scores(later))
    assert afresh.scoring and (afresh.scoring.similarity, afresh.scoring.figures) == (UNSET, ())


def test_results_take_their_references_from_the_plan_errors_too() -> None:
    images = tuple(
        PlannedImage(
            image=path.rpartition("/")[2],
            category="A",
            path=path,
            references={"q1": f"one of {path}"} if path != "A/c.png" else UNSET,
            other_references={"two": {"q1": "two", "q9": "of another question"}}
            if path == "A/a.png"
            else UNSET,
        )
        for path in ("A/a.png", "A/b.png", "A/c.png")
    )
    made = run(
        results=(result("A/a.png"), error_result("A/b.png"), result("A/c.png")),
        plan=Plan(model=ENTRY, device="cpu", images=images),
        references=REFERENCES,
    )
    scored, _ = with_scores(made)
    assert [one.reference for one in scored.results] == ["one of A/a.png", "one of A/b.png", UNSET]
    assert [one.other_references for one in scored.results] == [{"two": "two"}, UNSET, UNSET]
    assert scored.scoring is not UNSET and scored.scoring.references_sha256 == ("a" * 64,)
