"""Where to go from the current position: to the next answer to judge, or to look at."""

from collections.abc import Callable

from fada_tui.evaluation.assessment.order import next_unassessed
from fada_tui.tui.state.judged_answers import AnswerId
from fada_tui.tui.state.places import Place, PlaceList
from fada_tui.tui.state.review import Review


def awaited_place(review: Review) -> Place | None:
    """Return where to go while the next answer is awaited; `None` to stay.

    An answer to judge ends the waiting, once it is looked at. One that is being made is stayed with.
    """
    if not review.awaiting:
        return None
    if review.to_judge:
        review.awaiting = False
        return None
    if review.run and review.key in review.run.in_flight:
        return None
    return next_place(review, 1) or review.running_place()


def place_to_follow(review: Review) -> Place | None:
    """Return where the worker is: at the answer being given, of another program's run at the newest one."""
    run = review.open_runs.at_work
    if (place := review.running_place()) or run is None or review.open_runs.blind or run.newest is None:
        return place
    return review.place_of(run.id, *run.newest)


def look_at_unassessed(review: Review) -> None:
    """Move to the first unassessed answer, unless the current one is unassessed."""
    if not review.to_judge and (place := next_place(review, 1)):
        review.look(*place)


def next_place(review: Review, step: int) -> Place | None:
    """Return the next unassessed answer, `step` 1 onwards or -1 back, around the end.

    Where there is a filter it is one that meets it.
    """
    progress = review.progress()
    if progress.judged >= progress.answered:
        return None
    return _next(review, step, review.unassessed)


def next_match(review: Review, step: int) -> Place | None:
    """Return the next answer that meets the filter, assessed or not, around the end."""
    return _next(review, step, lambda place: True)


def to_look_again(review: Review) -> list[AnswerId]:
    """The listed answers that are partly right, or flagged, by this assessor, in the list's order."""
    review.keep_up()
    found: list[tuple[int, int, AnswerId]] = []
    for run in review.looked_at():
        for key in run.to_look_again():
            place = review.place_of(run.id, *key)
            if place and review.lets_through(place):
                found.append((review.shown.position(place[0]) or 0, place[1], AnswerId(run.id, *key)))
    return [answer for *_, answer in sorted(found)]


def _next(review: Review, step: int, wanted: Callable[[Place], bool]) -> Place | None:
    places = PlaceList(review.shown.slots, max((len(run.questions) for run in review.looked_at()), default=1))
    position = review.shown.position(review.slot)
    at = -1 if position is None else places.index_of(position, review.key_index)
    review.keep_up()
    found = next_unassessed(places, at, lambda place: wanted(place) and review.lets_through(place), step)
    return None if found is None else places[found]


def answer_beside(review: Review, step: int) -> Place | None:
    """Return the answer after this one, `step` 1, or before it, -1, judged or not; none at the ends."""
    found, here = (
        _next(review, step, lambda place: _has_answer(review, place)),
        review.shown.position(review.slot),
    )
    there = review.shown.position(found[0]) if found else None
    if found is None or here is None or there is None:
        return None
    return found if ((there, found[1]) > (here, review.key_index)) == (step > 0) else None


def _has_answer(review: Review, place: Place) -> bool:
    run = review.open_runs.run_of(place[0])
    if run is None or place[1] >= len(run.questions):
        return False
    key = (place[0].image.path, run.questions[place[1]].id)
    return run.answered(*key) or key in run.in_flight
