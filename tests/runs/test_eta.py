from collections.abc import Iterable

from fada_tui.runs.eta import Eta


def begun(eta: Eta, keys: Iterable[int], now: float) -> None:
    for key in keys:
        eta.begin(key, now)


def test_nothing_is_told_before_an_answer_is_there() -> None:
    eta = Eta()
    assert (eta.began, eta.mean, eta.left(3, 5.0)) == (None, None, None)
    eta.begin(1, 5.0)
    assert (eta.began, eta.mean, eta.left(3, 9.0)) == (5.0, None, None)


def test_one_at_a_time_it_is_the_mean_by_the_clock_and_counts_down() -> None:
    eta = Eta()
    for number in range(3):
        eta.begin(number, 10.0 * number)
        eta.end(number, 10.0 * number + 9.0)  # a second passes between two answers
    assert eta.mean == 29 / 3
    eta.begin(3, 30.0)
    assert eta.left(2, 31.0) == 2 * 29 / 3 - 2
    assert eta.left(2, 1000.0) == 29 / 3  # the one at hand is late; the other is not


def test_a_batch_takes_its_duration_once() -> None:
    """Each of eight answers waits 8 s for all of them: one second each, and 8 s left for eight more."""
    eta = Eta()
    begun(eta, range(8), 100.0)
    for key in range(8):
        eta.end(key, 108.0)
    assert (eta.mean, eta.left(8, 108.0)) == (1.0, 8.0)


def test_answers_that_end_early_in_a_batch_change_nothing_until_all_are_there() -> None:
    eta = Eta()
    begun(eta, range(4), 0.0)
    eta.end(0, 1.0)
    assert eta.mean is None  # the other three may take for ever
    for key, now in ((1, 2.0), (2, 2.0), (3, 8.0)):
        eta.end(key, now)
    begun(eta, range(4, 8), 8.0)
    eta.end(4, 8.5)
    eta.end(5, 8.5)
    assert eta.mean == 2.0
    assert eta.left(6, 9.0) == 15.0
    assert eta.left(6, 99.0) == 8.0


def test_requests_that_overlap_are_counted_by_the_clock() -> None:
    """Four in flight, each of 4 s, one of them ending each second: a second each, not four."""
    eta = Eta()
    begun(eta, range(4), 0.0)
    for key in range(12):
        now = key + 1.0
        eta.end(key, now)
        eta.begin(key + 4, now)
        assert eta.mean == (None if key < 3 else 1.0)
    assert eta.left(10, 12.5) == 9.5


def test_a_moment_of_rest_does_not_freeze_the_pace_of_overlapping_requests() -> None:
    eta = Eta()
    begun(eta, range(2), 0.0)
    eta.end(0, 10.0)
    eta.end(1, 10.0)
    begun(eta, range(2, 4), 10.0)
    for key in range(2, 12):
        eta.end(key, 10.0 + key / 2)
        eta.begin(key + 2, 10.0 + key / 2)
    assert eta.mean == 15.5 / 12


def test_what_was_lost_with_a_worker_begins_again() -> None:
    eta = Eta()
    begun(eta, range(2), 0.0)
    eta.forget()
    eta.begin(0, 10.0)
    eta.end(0, 12.0)
    begun(eta, range(1, 3), 12.0)
    assert (eta.mean, eta.left(2, 12.0)) == (12.0, 24.0)


def test_where_no_beginning_is_seen_time_counts_from_the_first_end() -> None:
    eta = Eta()
    eta.end(0, 100.0)
    eta.end(-1, 100.01)
    assert (eta.mean, eta.left(5, 103.0)) == (None, None)
    eta.end(1, 104.0)
    eta.end(2, 108.0)
    assert eta.mean == 4.0
    assert eta.left(5, 109.0) == 20.0
