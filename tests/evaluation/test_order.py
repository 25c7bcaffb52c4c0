"""The way through the answers, and blind mode's order and letters."""

import random
import subprocess
import sys
from collections import Counter
from typing import NamedTuple

import pytest

from fada_tui.core.records import PlannedImage
from fada_tui.evaluation.assessment.blind import Labels, letters, shuffled
from fada_tui.evaluation.assessment.order import Progress, next_unassessed


class Place(NamedTuple):
    image: PlannedImage
    run: str | None


def places(runs: tuple[str | None, ...] = ("one", "two"), count: int = 50) -> list[Place]:
    return [
        Place(PlannedImage(image=f"{number}.png", category="A", path=f"A/{number}.png"), run)
        for run in runs
        for number in range(count)
    ]


def waits(place: bool) -> bool:
    return place


@pytest.mark.parametrize("step", [1, -1])
def test_next_is_the_nearest_that_waits_around_the_end_and_never_here(step: int) -> None:
    dice = random.Random(0)
    for _ in range(2000):
        waiting = [dice.random() < 0.3 for _ in range(dice.randrange(1, 9))]
        at = dice.randrange(len(waiting))
        around = [(at + step * distance) % len(waiting) for distance in range(1, len(waiting))]
        expected = next((index for index in around if waiting[index]), None)
        assert next_unassessed(waiting, at, waits, step) == expected


def test_from_nowhere_the_first_or_the_last_that_waits() -> None:
    waiting = [False, True, False, True, False]
    assert next_unassessed(waiting, -1, waits, 1) == 1
    assert next_unassessed(waiting, -1, waits, -1) == 3
    assert next_unassessed([True], -1, waits, 1) == 0
    assert next_unassessed([True], -1, waits, -1) == 0


def test_none_where_no_other_waits() -> None:
    for at in (-1, 0):
        for step in (1, -1):
            assert next_unassessed([], at, waits, step) is None
    assert next_unassessed([True], 0, waits, 1) is None
    assert next_unassessed([False, True, False], 1, waits, 1) is None


def test_it_stops_looking_once_found() -> None:
    asked: list[int] = []

    def waiting(place: int) -> bool:
        asked.append(place)
        return True

    assert next_unassessed(range(100_000), 5, waiting, 1) == 6
    assert asked == [6]


def test_progress_in_words() -> None:
    assert str(Progress(judged=37, answered=108, total=120)) == "37 of 120 judged"


def test_shuffling_loses_nothing_and_depends_on_the_seed_alone() -> None:
    given = places()
    mixed = shuffled(given, ("ada", "one", "two"))
    assert Counter(mixed) == Counter(given) and mixed != given
    assert shuffled(reversed(given), ("ada", "one", "two")) == mixed
    assert shuffled(given, ("ben", "one", "two")) != mixed
    assert shuffled(given, ("adaone", "two")) != mixed, "texts are not run together"
    assert shuffled((), ()) == []


def test_shuffling_mixes_runs_and_images() -> None:
    mixed = shuffled(places(), ("ada",))
    halves = Counter(place.run for place in mixed[:50])
    assert 15 < halves["one"] < 35
    apart = [
        abs(at - mixed.index(Place(place.image, "two")))
        for at, place in enumerate(mixed)
        if place.run == "one"
    ]
    assert sum(apart) / len(apart) > 15, "the answers to an image do not lie side by side"


def test_places_without_a_run_and_hostile_paths_are_shuffled_too() -> None:
    given = [*places((None,), 9), Place(PlannedImage(image="\ud800", category="", path="\ud800\0"), None)]
    assert Counter(shuffled(given, ("\udcff",))) == Counter(given)


def test_order_and_letters_are_the_same_in_another_process_with_another_hash_seed() -> None:
    program = (
        "from tests.evaluation.test_order import places;"
        "from fada_tui.evaluation.assessment.blind import Labels, shuffled;"
        "print([(p.run, p.image.path) for p in shuffled(places(), ('ada',))]);"
        "print([Labels(['one', 'two']).of('one', f'{n}.png') for n in range(40)])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    here = [(place.run, place.image.path) for place in shuffled(places(), ("ada",))]
    assert len(said) == 1 and said.pop().startswith(f"{here}\n")


def test_each_image_deals_all_letters_anew() -> None:
    ids = [f"run {number}" for number in range(4)]
    labels = Labels(ids)
    dealt = [tuple(labels.of(name, f"{number}.png") for name in ids) for number in range(400)]
    assert all(sorted(letters) == ["A", "B", "C", "D"] for letters in dealt)
    assert len(set(dealt)) == 24, "every deal comes up"
    for place in range(4):
        assert all(60 < count < 140 for count in Counter(one[place] for one in dealt).values())


def test_letters_do_not_depend_on_the_order_of_the_runs() -> None:
    ids = [f"run {number}" for number in range(30)]
    one, other = Labels(ids), Labels(reversed(ids))
    assert [one.of(name, "a") for name in ids] == [other.of(name, "a") for name in ids]
    assert len({one.of(name, "a") for name in ids}) == 30


def test_a_run_that_joins_is_dealt_a_letter_that_does_not_tell_that_it_is_new() -> None:
    labels = Labels(["one", "two"])
    labels.add("three")
    labels.add("three")
    dealt = [{name: labels.of(name, f"{n}.png") for name in ("one", "two", "three")} for n in range(300)]
    assert all(sorted(one.values()) == ["A", "B", "C"] for one in dealt)
    assert all(60 < count < 140 for count in Counter(one["three"] for one in dealt).values())
    assert Labels(["one"]).of("two", "a") in "AB"


def test_places_that_join_leave_the_others_in_their_order() -> None:
    before, joined = shuffled(places(("one",)), ("ada",)), shuffled(places(), ("ada",))
    assert [place for place in joined if place.run == "one"] == before


@pytest.mark.parametrize(
    ("number", "text"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_letters_go_on_after_z(number: int, text: str) -> None:
    assert letters(number) == text
