"""A held key counts once, and no press of a person who judges quickly is lost: by given times."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from fada_tui.tui.terminal.held_key import HOLD_SECONDS, HeldKey, Press
from tests.tui.dashboard import assessments_of, save_run
from tests.tui.program import OnPty

Times = Sequence[float]


def counted(presses: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return which presses count, and see to it that none waits for long."""
    held_key = HeldKey()
    arriving = [Press(*press) for press in presses]
    found: list[tuple[str, float]] = []
    now, waiting = float("-inf"), list[Press]()
    while arriving or waiting:
        if not waiting:
            waiting.append(arriving.pop(0))
            now = max(now, waiting[0].at)
        while arriving and arriving[0].at <= now:
            waiting.append(arriving.pop(0))
        decision = held_key.decide(waiting[0], waiting[1:], now)
        if decision.wait:
            then = now + decision.wait + 1e-9
            now = min(then, arriving[0].at) if arriving else then
            continue
        press = waiting.pop(0)
        if decision.counts:
            found.append((press.key, press.at))
            assert now - press.at < 0.5, "nobody waits so long for a key"
    return found


def ones(times: Times) -> list[tuple[str, float]]:
    return [("1", at) for at in times]


def held(delay: float, every: float, seconds: float, begin: float = 0.0) -> list[float]:
    repeats = int((seconds - delay) / every) + 1
    return [begin, *(begin + delay + every * number for number in range(repeats))]


def through(times: Times, released: Times) -> list[float]:
    """Return when presses arrive over a link that lets them through at these times, after each press."""
    return [min((one for one in released if one >= at), default=at) for at in times]


@pytest.mark.parametrize("delay", [0.25, 0.4, 0.5, 0.66])
@pytest.mark.parametrize("every", [0.025, 0.033, 0.05])
def test_a_held_key_counts_once(delay: float, every: float) -> None:
    times = held(delay, every, 2.0)
    assert counted(ones(times)) == [("1", 0.0)]
    again = [at + 2.5 for at in times]
    assert counted(ones([*times, *again])) == [("1", 0.0), ("1", 2.5)]


@pytest.mark.parametrize("seed", range(20))
def test_an_uneven_terminal_makes_no_difference(seed: int) -> None:
    chance = random.Random(seed)
    times = [at + (chance.uniform(0, 0.02) if at else 0) for at in held(0.5, 0.033, 2.0)]
    assert counted(ones(sorted(times))) == [("1", 0.0)]


@pytest.mark.parametrize("seed", range(20))
def test_four_presses_a_second_all_count(seed: int) -> None:
    chance = random.Random(seed)
    times = [number * 0.25 + chance.uniform(-0.05, 0.05) for number in range(20)]
    assert counted(ones(times)) == ones(times)


def test_presses_of_other_keys_count_whatever_their_pace() -> None:
    presses = [("1", 0.0), ("2", 0.01), ("1", 0.02), ("3", 0.03), ("3", 0.3), ("1", 0.31)]
    assert counted(presses) == presses


def test_a_second_press_within_a_tenth_of_a_second_is_left_out() -> None:
    assert counted(ones([0.0, 0.06, 1.0])) == ones([0.0, 1.0])


def test_one_that_comes_early_takes_no_others_with_it() -> None:
    times = [0.0, 0.15, 0.3, 0.51, 0.6, 0.75, 0.9, 1.05]
    assert counted(ones(times)) == ones([at for at in times if at != 0.6])


def test_a_press_is_held_back_only_where_it_may_be_a_repeat() -> None:
    held_key = HeldKey()
    assert held_key.decide(Press("1", 0.0), (), 0.0).counts
    assert held_key.decide(Press("2", 0.1), (), 0.1).counts
    decision = held_key.decide(Press("2", 0.5), (), 0.5)
    assert not decision.counts and decision.wait == pytest.approx(HOLD_SECONDS)
    assert held_key.decide(Press("2", 0.5), (Press("3", 0.52),), 0.52).counts, "the next key ends it"
    assert held_key.decide(Press("2", 2.0), (), 2.0).counts, "late enough to be none"
    held_key.other()
    assert held_key.decide(Press("2", 2.1), (), 2.1).counts, "a key between them, such as u"


@pytest.mark.parametrize("number", [2, 3, 4])
def test_what_a_slow_link_brings_together_all_counts(number: int) -> None:
    pressed = [0.25 * one for one in range(number)]
    arrived = through(pressed, [pressed[-1]])
    assert counted(ones(arrived)) == ones(arrived)
    then = [*arrived, pressed[-1] + 0.25, pressed[-1] + 0.5]
    assert counted(ones(then)) == ones(then)


def test_a_press_right_after_a_stall_counts() -> None:
    pressed = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5]
    arrived = through(pressed, [0.0, 0.95])  # three together, and one 50 ms behind them
    assert counted(ones(arrived)) == ones(arrived)


@pytest.mark.parametrize("seed", range(20))
def test_a_busy_machine_that_reads_keys_late_loses_hardly_any(seed: int) -> None:
    chance = random.Random(seed)
    times = [number * 0.25 for number in range(20)]
    stalls = [number * 1.5 + chance.uniform(0.0, 1.0) for number in range(3)]
    released = sorted(at for at in (number * 0.005 for number in range(1200)) if not within(at, stalls))
    lost = 20 - len(counted(ones(through(times, released))))
    assert lost <= 2 * len(stalls), "what comes right behind a stall looks like a repeat"


def within(at: float, stalls: Times) -> bool:
    return any(begin <= at < begin + 0.45 for begin in stalls)


def test_mixed_keys_that_arrive_together_keep_their_order() -> None:
    presses = [("3", 1.0), ("1", 1.0), ("1", 1.0), ("2", 1.0), ("2", 1.001)]
    assert counted(presses) == presses


@pytest.mark.parametrize("every", [0.1, 0.15, 0.2, 0.4])
@pytest.mark.parametrize("delay", [0.25, 0.5, 0.66])
def test_a_held_key_over_a_link_that_lets_through_bunches_counts_once_or_twice(
    delay: float, every: float
) -> None:
    times = held(delay, 0.033, 2.0)
    released = [number * every for number in range(40)]
    assert len(counted(ones(through(times, released)))) <= 2, "not all of 40"


def test_a_held_key_over_a_link_that_stalls_counts_once_for_each_stall() -> None:
    arrived = through(held(0.5, 0.033, 3.0), [1.0, 3.0])
    assert counted(ones(arrived)) == ones([1.0, 3.0])


def test_a_key_that_is_held_on_a_terminal_counts_once_and_quick_ones_all(
    start: Callable[..., OnPty], tmp_path: Path
) -> None:
    place = save_run(tmp_path)
    program = start()
    program.wait_for("0 of 24 judged")

    def press_at(times: Times) -> None:
        began = time.monotonic()
        for at in times:
            time.sleep(max(began + at - time.monotonic(), 0.0))
            program.press("1")

    press_at(held(0.5, 0.033, 1.5))
    program.wait_for("a key that is held down, or pressed again within 0.1 s, counts once")
    program.press("2")
    program.wait_for("◐ partial ·")
    judged = len(assessments_of(place))
    assert judged <= 12, "one of some thirty presses, and one for each stall of a busy machine"
    program.send(b"111")  # held up on their way
    program.wait_for(f" {judged + 3} of 24 judged")
    program.press("n")
    program.type("1111")  # a text
    program.wait_for("1111")
    program.press("enter")
    program.wait_for("note “1111”")
    verdicts = [said[-1].verdict for said in assessments_of(place).values() if said[-1].verdict]
    assert verdicts == ["correct"] * (judged - 1) + ["partial"] + ["correct"] * 3
