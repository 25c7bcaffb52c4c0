"""Models that sort images, on the screen: the ranking beneath the sentence, one answer an image."""

from pathlib import Path

from fada_tui.core.records import ModelFacts, Ranked
from fada_tui.core.text import percentage
from fada_tui.tui.state.ranking import answer_text, ranking_lines
from tests.contrastive import save_clip
from tests.examples import result
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for
from tests.tui.test_runs_from_keys import begin

SEVEN = tuple(
    Ranked(label=label, probability=probability)
    for label, probability in zip("abcdefg", (0.62, 0.2, 0.1, 0.05, 0.02, 0.007, 0.003), strict=True)
)


def test_the_likeliest_stand_with_bar_and_percentage() -> None:
    assert ranking_lines(SEVEN) == [
        "██████····  62%  a",
        "██········  20%  b",
        "█·········  10%  c",
        "··········   5%  d",
        "··········   2%  e",
        "and 2 more",
    ]
    assert ranking_lines(SEVEN[:2])[-1].endswith("b")


def test_a_small_share_is_not_none_and_a_large_one_not_all() -> None:
    shares = (0.0, 0.0001, 0.005, 0.0051, 0.5, 0.9949, 0.9951, 0.99999, 1.0)
    assert [percentage(share) for share in shares] == [
        "0%", "<1%", "<1%", "1%", "50%", "99%", ">99%", ">99%", "100%",
    ]  # fmt: skip


def test_the_sentence_comes_first_and_other_answers_stay_as_they_are() -> None:
    assert answer_text(result(response="Most likely a", ranking=SEVEN)).startswith("Most likely a\n\n██████")
    assert answer_text(result(response="two heads")) == "two heads"
    assert answer_text(result(response="")) == "(an empty answer)"
    assert answer_text(result(response="yes", ranking=SEVEN[:1])) == "yes"


async def test_a_run_from_the_keys_has_one_answer_an_image(tmp_path: Path) -> None:
    model = save_clip(tmp_path / "clip")
    app = make_app(tmp_path, model=(str(model),), question=("What?", "Why?"), limit=2)
    async with app.run_test(size=(140, 40)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        await begin(pilot, main)
        run = await wait_for(pilot, lambda: main.workspace.review.run)
        await wait_for(pilot, lambda: not run.running and len(list(run.results)) == 2)
        assert [question.text for question in run.questions] == ["What?"]
        assert isinstance(run.run.model, ModelFacts) and run.run.classes.name == "fada"
        assert (
            run.run.status == "complete"
            and main.workspace.run_control.run_progress.view(0, hidden=False).total == 2
        )
        await wait_for(pilot, lambda: "and 6 more" in screen_text(app))
        assert "Most likely" in screen_text(app) and "11 classes of fada" in screen_text(app)
        await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)
