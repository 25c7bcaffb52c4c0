from typing import Any

from fada_tui.report.sections import Section, fitting


def lines(*sizes: int, **fields: Any) -> Section:
    return Section(tuple(lambda size=size: ["x"] * size for size in sizes), **fields)


def test_what_fits_stays_whole() -> None:
    assert fitting([lines(10, 5), lines(20, 1)], 30) == [0, 0]


def test_what_saves_most_is_shortened_first() -> None:
    some = [lines(10, 5), lines(20, 8, 1), lines(3)]
    assert fitting(some, 32) == [0, 1, 0]
    assert fitting(some, 20) == [0, 2, 0]
    assert fitting(some, 10) == [1, 2, 0]
    assert fitting(some, 1) == [1, 2, 0], "no shorter form is left"


def test_a_form_that_saves_nothing_is_passed_over() -> None:
    assert fitting([lines(10, 10, 4), lines(5, 5)], 12) == [2, 0]


def test_a_last_resort_comes_when_nothing_else_is_left() -> None:
    some = [lines(50, 40, 1, last_resort=True), lines(20, 15)]
    assert fitting(some, 60) == [1, 0]
    assert fitting(some, 55) == [1, 1]
    assert fitting(some, 54) == [2, 1]


def test_a_form_that_may_not_stand_on_the_page_is_not_made() -> None:
    def fails() -> list[str]:
        raise AssertionError

    assert fitting([Section((fails, lambda: ["x"]), first=1)], 10) == [1]


def test_a_heading_counts_and_an_empty_section_has_none() -> None:
    section = Section((lambda: ["x", ""],), heading="A", level=3)
    assert section.lines(0) == ["### A", "", "x", ""]
    assert section._replace(forms=(list,)).lines(0) == []
    assert fitting([section._replace(forms=(*section.forms, list))], 3) == [1]
