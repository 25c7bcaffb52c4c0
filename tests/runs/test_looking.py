"""Whether answers go with the images: tested where a run is published, and only where answers have come."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Assessment, Question, Result, Run
from fada_tui.models.registry import load_registry
from fada_tui.runs import looking
from fada_tui.runs.looking import with_looking
from fada_tui.runs.publish import publish
from fada_tui.runs.rescoring import Anew, scored_anew
from fada_tui.store import folder as store
from tests.examples import error_result, result, run

VALUES = ("red", "green", "blue")
ASKED = (
    Question(id="q1", text="Which colour?", score="choice", values=VALUES),
    Question(id="q2", text="What else?"),
)


def answers(images: int = 12) -> tuple[Result, ...]:
    return tuple(
        result(f"{n % 3}/{n:02}.png", question, response=said, reference=VALUES[n % 3])
        for n in range(images)
        for question, said in (("q1", VALUES[n % 3]), ("q2", "Nothing."))
    )


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Run]:
    folder = store.create(tmp_path, "tiny")
    some = run(id=folder.name, status="complete", plan=UNSET, questions=ASKED, results=answers())
    store.write_run(folder, some)
    return folder, some


def published(folder: Path, some: Run) -> Run:
    publish(folder, some, load_registry(folder / "none.toml"))
    return store.read_run(folder)


def findings(some: Run) -> dict[str, str]:
    return {one.question_id: one.finding for one in some.looking or ()}


def noted_tests(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Make a note of each time that a run is tested."""
    calls: list[Any] = []
    real = looking.looking_of

    def noted(*given: Any) -> Any:
        calls.append(given)
        return real(*given)

    monkeypatch.setattr(looking, "looking_of", noted)
    return calls


def test_it_is_recorded_in_the_run(made: tuple[Path, Run]) -> None:
    assert findings(published(*made)) == {"q1": "evidence", "q2": "one_answer"}


def test_verdicts_alone_change_nothing_of_it(made: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, some = made
    first = published(folder, some)
    calls = noted_tests(monkeypatch)
    judged = replace(first.results[0], assessments=(Assessment(assessor="a", verdict="correct"),))
    again = published(folder, replace(first, results=(judged, *first.results[1:])))
    assert again.looking == first.looking
    assert calls == []


def test_more_answers_are_tested_anew(made: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, some = made
    failed = error_result("0/99.png", "q2")
    first = published(folder, replace(some, results=(*some.results, failed)))
    calls = noted_tests(monkeypatch)
    answered = result("0/99.png", "q2", response="Something.", reference="red")
    again = published(folder, replace(first, results=(*first.results[:-1], answered)))
    assert [one.images for one in again.looking or ()] == [12, 13]
    assert findings(again)["q2"] != "one_answer"
    assert len(calls) == 1


def test_scoring_anew_tests_anew(made: tuple[Path, Run]) -> None:
    folder, some = made
    first = published(folder, some)
    kinds = (replace(ASKED[0], values=("red", "no such colour")), ASKED[1])
    anew, _ = scored_anew(first, Anew(questions=kinds))
    assert anew.looking is UNSET
    again = published(folder, anew)
    assert findings(again) == findings(first)
    assert (again.looking or ())[0].observed != (first.looking or ())[0].observed


def test_an_interrupted_run_is_tested_as_far_as_it_came() -> None:
    some = with_looking(run(questions=ASKED, results=answers()))
    assert some.status == "interrupted"
    assert findings(some) == {"q1": "evidence", "q2": "one_answer"}


def test_a_run_without_answers_has_nothing_to_test() -> None:
    nothing = run(questions=ASKED, results=(error_result("0/00.png"),))
    assert with_looking(nothing).looking is UNSET
