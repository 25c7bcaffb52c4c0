"""Words that a score is about: found in the text, and where wrapping puts them."""

from fada_tui.evaluation.scoring.marks import Mark, marks
from fada_tui.tui.present.marks import counted, pieces
from fada_tui.tui.present.wrapping import Wrapped

TEXT = "A Stomach-bubble and the livers\r\n\x1bare seen;\tno spine. The aortic arch is well seen."
NAMES = {"matched": ("stomach", "liver"), "missed": ("spine",), "extra": ("aortic arch",)}
SYNONYMS = {"stomach": ("stomach bubble",)}


def marked(text: str, width: int) -> list[tuple[str, str]]:
    """The marked words of a text as they stand in its lines, wrapped to a width."""
    found = counted(text, marks(text, NAMES, SYNONYMS))
    told, place = [], 0
    for line in Wrapped(width, text).lines:
        parts = pieces(line, place, found)
        assert "".join(part for part, _ in parts) == line
        told += [(part, kind) for part, kind in parts if kind]
        place += sum(not one.isspace() for one in line)
    return told


def test_words_are_found_in_any_form_and_not_where_they_are_denied() -> None:
    assert [(TEXT[one.start : one.end], one.kind) for one in marks(TEXT, NAMES, SYNONYMS)] == [
        ("Stomach-bubble", "matched"),
        ("livers", "matched"),
        ("aortic arch", "extra"),
    ]


def test_numbers_in_a_value_s_range_and_its_noun_are_marked() -> None:
    text = "About 22 weeks, 11–14 weeks by CRL of 60 mm, and an abnormality."
    names = {"matched": ("20-24 weeks", "abnormal"), "extra": ("11-14 weeks",)}
    assert [(text[one.start : one.end], one.kind) for one in marks(text, names, {})] == [
        ("22 weeks", "matched"),
        ("11–14 weeks", "extra"),
        ("abnormality", "matched"),
    ]


def test_marks_stand_where_wrapping_puts_the_words_at_every_width() -> None:
    wide = [("Stomach-bubble", "matched"), ("livers", "matched"), ("aortic arch", "extra")]
    assert marked(TEXT, 200) == wide
    for width in range(1, 120):
        told = marked(TEXT, width)
        for kind in ("matched", "extra"):
            letters = "".join(part for part, of in told if of == kind).replace(" ", "")
            assert letters == "".join(part for part, of in wide if of == kind).replace(" ", ""), width


def test_a_letter_that_folds_to_two_marks_nothing_rather_than_something_else() -> None:
    assert marks("der Fuß und die Aorta", {"matched": ("aorta",)}, {}) == ()
    assert counted("", ()) == ()
    assert pieces("", 0, (Mark(0, 3, "extra"),)) == []
