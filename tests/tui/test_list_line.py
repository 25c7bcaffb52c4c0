"""The image list in one line, and the rows beneath an answer: what stays where room is short."""

from msgspec.structs import replace

from fada_tui.core.records import Assessment
from fada_tui.evaluation.rubric import Tag
from fada_tui.tui.state.list_line import ListLine
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.widgets.answer import note_line, place_line, tags_row
from fada_tui.tui.widgets.list_line import fitting
from fada_tui.tui.widgets.verdicts import MEANING_FROM, meaning_lines, rows_of

LINE = ListLine(
    name="Abodomen_0001.png",
    number=1234,
    images=1894,
    category="Abdomen",
    marks=("correct", "partial", "unjudged", "waiting"),
    current=1,
)


def test_the_category_goes_first_then_letters_of_the_name_then_the_number() -> None:
    assert fitting(LINE, 70) == ("Abodomen_0001.png", " · 1,234 of 1,894", " · Abdomen")
    assert fitting(LINE, 48) == ("Abodomen_0001.png", " · 1,234 of 1,894", "")
    name, number, category = fitting(LINE, 34)
    assert number == " · 1,234/1,894" and category == ""
    assert name.startswith("Abo") and name.endswith("001"), "names differ at their ends"
    name, number, _ = fitting(LINE, 24)
    assert number == "" and name.endswith("001")
    for width in range(1, 80):
        assert sum(map(len, fitting(LINE, width))) + len(LINE.marks) + 4 <= max(width, 9)
    assert fitting(ListLine(images=1894), 40) == ("1,894 images", "", "")


def test_what_verdicts_mean_is_whole_or_cut_to_a_line() -> None:
    meanings = {"correct": "word " * 20, "partial": "short", "incorrect": "word " * 9}
    width = MEANING_FROM + 25
    assert [len(meaning_lines(meanings[one], width, "whole")) for one in meanings] == [4, 1, 2]
    assert meaning_lines(meanings["correct"], width, "short")[0].endswith("…")
    assert (rows_of(meanings, width, "whole"), rows_of(meanings, width, "short")) == (8, 4)  # type: ignore[arg-type]
    assert rows_of(meanings, width, "row") == rows_of({}, width, "whole") == 1  # type: ignore[arg-type]


def test_tags_are_letters_and_those_that_are_set_are_spelled_out() -> None:
    tags = [Tag(letter="h", name="hallucination", meaning=""), Tag(letter="g", name="generic", meaning="")]
    view = AnswerView(state="answered", question="?", number=2, questions=8, category="Heart")
    assert tags_row(view, tags).plain == "t tags h g"
    said = replace(view, assessment=Assessment(tags=("generic", "old one"), flagged=True, note="a\nb"))
    row = tags_row(said, tags).plain
    assert row == "t tags h [generic] [old one] ⚑ flagged"
    assert note_line(said.assessment) == "n “a b”"
    assert place_line(view) == "Question 2 of 8 · Heart"
