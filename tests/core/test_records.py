"""Records cost the garbage collector nothing: it would hold up keys while it goes through a long run."""

import gc

from fada_tui.core.records import Assessment
from fada_tui.core.records.base import Record
from tests.examples import result, run


def test_results_are_not_looked_through_for_garbage() -> None:
    judged = result("A/a.png", "q1", assessments=(Assessment(verdict="correct", tags=("vague",)),))
    made = run(results=(judged,))
    gc.collect()  # a tuple is let go once what it holds is
    parts = [made, judged, judged.timing, judged.tokens, judged.memory, *judged.assessments]
    assert not any(map(gc.is_tracked, [*parts, made.results, judged.assessments]))


def test_every_record_is_immutable_and_so_leads_to_what_is_older_alone() -> None:
    def classes(base: type[Record]) -> list[type[Record]]:
        return [base, *(one for child in base.__subclasses__() for one in classes(child))]

    assert all(one.__struct_config__.frozen and not one.__struct_config__.gc for one in classes(Record))
