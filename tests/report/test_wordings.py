from msgspec.structs import replace

from fada_tui.core.records import ClassSet, Question, Run
from fada_tui.report.comparison import compared, comparison_section, render_comparison
from fada_tui.report.wordings import Wordings, differing_wordings, wordings_line, wordings_list
from tests.examples import run


def asking(name: str, **texts: str) -> Run:
    questions = tuple(Question(id=id, text=text) for id, text in texts.items())
    return replace(run(), id=name, status="complete", questions=questions)


FIRST = asking("one", plane="Which plane?", quality="How good?")
SECOND = asking("two", quality="How good?", plane="Which *plane* is it?")
THIRD = asking("three", plane="Which plane?")


def test_an_id_with_two_texts_is_two_questions() -> None:
    assert differing_wordings([FIRST, SECOND, THIRD]) == (
        Wordings(
            question_id="plane",
            texts=(("Which plane?", ("one", "three")), ("Which *plane* is it?", ("two",))),
        ),
    )
    assert differing_wordings([FIRST, THIRD]) == ()


def test_a_model_that_sorts_images_was_asked_nothing() -> None:
    sorts = replace(SECOND, classes=ClassSet(name="", sha256="", classes=()))
    assert differing_wordings([FIRST, sorts]) == ()


def test_the_comparison_lists_both_texts_and_who_asked_them() -> None:
    page = render_comparison([FIRST, SECOND, THIRD], "md")
    listed = """
- **plane** is asked in 2 wordings:
  - "Which plane?": one, three
  - "Which \\*plane\\* is it?": two
"""
    assert listed in page
    assert "quality" not in page
    assert "wordings" not in render_comparison([FIRST, THIRD], "md")
    rival = replace(SECOND, model=replace(SECOND.model, name="other"))
    section = comparison_section(compared(FIRST), [compared(rival)])
    assert '  - "Which \\*plane\\* is it?": two' in section and section[-1] == ""


def test_a_run_s_page_lists_the_first_of_them() -> None:
    here, there = (
        asking(name, **{f"id{place}": f"{name} {place}" for place in range(5)}) for name in ("one", "two")
    )
    rival = replace(there, model=replace(there.model, name="other"))
    section = "\n".join(comparison_section(compared(here), [compared(rival)]))
    assert "**id2** is asked" in section and "id3" not in section and "- and 2 other questions" in section


def test_however_many_there_are_the_list_stays_short() -> None:
    many = [
        asking(f"run-{number}", **{f"id{place}": f"{number} {'x' * 300}" for place in range(30)})
        for number in range(50)
    ]
    lines = wordings_list(differing_wordings(many))
    assert len(lines) <= 60 and max(map(len, lines)) < 250
    assert lines[-1] == "- and 22 other questions"
    assert "  - and 46 others" in lines
    line = wordings_line(differing_wordings(many))
    assert line.startswith("Asked in several wordings, so not the same questions: id0 (50), ")
    assert line.endswith("id7 (50) and 22 more.")
    assert wordings_line(()) == "" and wordings_list(()) == []
