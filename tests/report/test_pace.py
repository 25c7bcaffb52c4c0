"""A run that became slower says so, with both medians."""

from fada_tui.report.summary import render_summary
from tests.examples import result, run


def speed(times: list[float]) -> str:
    results = tuple(result(f"A/{place}.png", time=time) for place, time in enumerate(times))
    page = render_summary(run(status="complete", results=results), [], [], None)
    return page.split("- **How Fast**: ")[1].split("\n")[0]


def test_a_pace_that_falls_is_said_with_both_medians() -> None:
    said = speed([9.0, *[1.0, 1.1] * 10, *[2.0] * 60, *[3.0, 3.1] * 10])
    assert said.endswith(
        "(n = 101); ⚠️ the pace fell: median 1.05 s in the first fifth of the answers, 3.05 s in the last "
        "(Mann-Whitney, p < 0.001)"
    )


def test_medians_of_hundredths_of_a_second_are_seen_to_differ() -> None:
    said = speed([0.09, *[0.011] * 20, *[0.0125] * 60, *[0.014] * 20])
    assert "median 0.011 s in the first fifth of the answers, 0.014 s in the last" in said


def test_an_even_pace_a_rising_one_and_a_slow_beginning_are_not() -> None:
    for times in ([1.0, 1.1] * 50, [*[3.0] * 50, *[1.0] * 50], [30.0, *[1.0] * 50], [1.0, 9.0]):
        assert "pace" not in speed(times)
