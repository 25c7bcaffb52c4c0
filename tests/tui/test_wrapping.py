import pytest
from rich.cells import cell_len

from fada_tui.tui.present.wrapping import Wrapped, wrapped

TEXT = (
    "The four chambers of the heart are seen.\n\n- left atrium\n- right ventricle  with\ttabs 胎児の心臓です"
)


@pytest.mark.parametrize("width", [1, 2, 7, 20, 200])
def test_no_line_is_wider_than_asked_and_no_word_is_lost(width: int) -> None:
    lines = Wrapped(width, TEXT).lines
    assert all(cell_len(line) <= max(width, 2) for line in lines)
    assert "".join("".join(lines).split()) == "".join(TEXT.split())


def test_words_are_kept_whole_where_they_fit() -> None:
    assert wrapped("four chamber view of the heart", 12) == ["four chamber", "view of the", "heart"]


@pytest.mark.parametrize("size", [1, 3, 11])
def test_text_that_comes_in_pieces_wraps_like_the_whole(size: int) -> None:
    growing = Wrapped(13)
    for start in range(0, len(TEXT), size):
        growing.add(TEXT[start : start + size])
    assert growing.lines == Wrapped(13, TEXT).lines


def test_lines_before_the_first_changed_one_stay() -> None:
    growing = Wrapped(10, "first line\nsecond line\nthird")
    before = list(growing.lines)
    changed = growing.add(" and more")
    assert changed > 0
    assert growing.lines[:changed] == before[:changed]


def test_controls_become_visible() -> None:
    assert Wrapped(40, "a\x1b[2Jb\x9bc‮d").lines == [r"a\x1b[2Jb\x9bc\u202ed"]


def test_what_follows_a_word_that_was_cut_stays_apart_from_it() -> None:
    assert wrapped("gestational sac seen", 8) == ["gestatio", "nal sac", "seen"]
