"""What the filter box completes."""

from pathlib import Path

from fada_tui.config.rubrics import load_rubric
from fada_tui.core.records import Question
from fada_tui.evaluation.assessment.filters import WORDS
from fada_tui.tui.present.filter_names import filter_names
from fada_tui.tui.state.open_runs import OpenRuns
from fada_tui.tui.state.review import Review
from fada_tui.tui.widgets.filterbox import FilterBox, _Words
from tests.examples import run


def test_names_of_all_kinds_are_offered_and_no_model_in_blind_mode() -> None:
    review = Review(OpenRuns("ada"), ())
    questions = (Question(id="q1", text="?", short="gestational age"), Question(id="q2", text="?"))
    review.choose_run(review.open_runs.open(Path(), run(questions=questions)))
    names = filter_names(review, load_rubric("fada"), ["tiny", "tiny", "a model"])
    assert names[:4] == ("category:A", "category:B", 'question:"gestational age"', "question:q2")
    assert "tag:hallucination" in names and names[-2:] == ("model:tiny", 'model:"a model"')
    review.open_runs.blind = True
    assert not any(name.startswith("model:") for name in filter_names(review, load_rubric("fada"), ["tiny"]))


async def test_the_last_word_is_completed() -> None:
    words = _Words(lambda: (*FilterBox(WORDS).offers(), "question:plane"))
    assert await words.get_suggestion("correct fl") == "correct flagged"
    assert await words.get_suggestion("-que") == "-question:"
    assert await words.get_suggestion("question:") == "question:plane"
    assert await words.get_suggestion("sco") == "score<0.5"
    assert await words.get_suggestion("correct ") is None and await words.get_suggestion("xyz") is None
