"""What is saved of a damaged `run.json`: every result that is whole, and nothing else."""

import json
import random

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Result, Run, encode_run
from fada_tui.store.salvage import salvage
from tests import examples
from tests.full_run import full_run

PATHS = tuple(f"{category}/{number}.png" for category in "AB" for number in range(6))


def a_run() -> Run:
    """A run whose answers hold all that could be mistaken for the end of something."""
    first = full_run().results[0]
    answers = [
        '}], "notes": {"conclusion": "no"}, {"',
        "[{(\\",
        "ä\u2028\U0001f642",
        '"results": [{"path": "x"}]',
    ]
    return replace(
        examples.run(PATHS),
        model=full_run().model,
        dataset=replace(full_run().dataset, images=len(PATHS)),
        results=tuple(
            replace(
                first, path=path, image=path[2:], category=path[0], response=answers[place % len(answers)]
            )
            for place, path in enumerate(PATHS[:-1])
        ),
        notes=full_run().notes,
    )


RUN = a_run()
DATA = encode_run(RUN)


def ends(data: bytes) -> list[tuple[int, int, Result]]:
    """Where each result of the file begins and ends."""
    found, text, place = [], data.decode("latin-1"), data.index(b'"results"')
    for result in RUN.results:
        start = text.index("{", place)
        place = json.JSONDecoder().raw_decode(text, start)[1]
        found.append((start, place, result))
    return found


ENDS = ends(DATA)


def test_all_of_a_whole_file() -> None:
    assert salvage(DATA, RUN.id) == RUN


def test_every_result_before_the_cut_wherever_a_file_is_cut_off() -> None:
    for cut in range(0, len(DATA), 61):
        saved = salvage(DATA[:cut], RUN.id)
        assert saved.results == tuple(result for _, end, result in ENDS if end <= cut), cut
        encode_run(saved)
    assert saved.model == RUN.model and saved.dataset == RUN.dataset and saved.notes == RUN.notes
    assert salvage(DATA[: ENDS[0][0]], RUN.id).questions == RUN.questions


@pytest.mark.parametrize(
    "damage", [b"\x00", b'"', b"}", b"{", b"\xff", b"", b"\n", b"]", b"\\", b"\x00" * 512]
)
def test_every_result_that_is_not_damaged_itself(damage: bytes) -> None:
    dice = random.Random(damage)
    for _ in range(150):
        place = dice.randrange(len(DATA))
        saved = salvage(DATA[:place] + damage + DATA[place + max(1, len(damage)) :], RUN.id)
        hit = range(place - 1, place + len(damage) + 1)
        untouched = [one for one in ENDS if hit.stop <= one[0] or one[1] <= hit.start]
        expected = {result.path: result for _, _, result in untouched}
        found = {result.path: result for result in saved.results}
        assert expected.items() <= found.items(), (place, DATA[place - 40 : place + 40])
        assert len(found) <= len(ENDS)
        encode_run(saved)


def test_what_comes_after_a_damaged_result_is_saved() -> None:
    start, end, _ = ENDS[-1]
    middle = (start + end) // 2
    for data in (DATA[:middle] + b"\x00\x01" + DATA[middle:], DATA.replace(b'"results"', b'"resu\x02lts"')):
        saved = salvage(data, RUN.id)
        assert (saved.notes, saved.plan, saved.error) == (RUN.notes, RUN.plan, UNSET)
    assert len(saved.results) == len(RUN.results)


def test_a_file_whose_keys_an_editor_sorted() -> None:
    data = json.dumps(json.loads(DATA), sort_keys=True).encode()
    assert salvage(data, RUN.id) == RUN
    cut = data.index(b'"response"', len(data) // 2)
    assert len(salvage(data[:cut], RUN.id).results) >= 3
    middle = data.index(b'"results"')
    assert salvage(data[: middle + 400] + data[middle + 500 :], RUN.id).questions == RUN.questions


def test_fields_of_another_type_cost_themselves_alone() -> None:
    whole = json.loads(DATA) | {"status": "done", "environment": 7, "new": {"key": 1}, "schema": "other"}
    whole["results"][3]["path"] = None
    whole["results"][0]["tokens"]["new"] = whole["plan"]["new"] = 2
    saved = salvage(json.dumps(whole).encode(), RUN.id)
    assert (saved.status, saved.environment, saved.schema) == ("interrupted", RUN.environment, RUN.schema)
    assert len(saved.results) == len(RUN.results) - 1
    assert saved.unknown_fields == {"new": {"key": 1}}
    assert saved.plan is not UNSET
    assert saved.results[0].tokens.unknown_fields == saved.plan.unknown_fields == {"new": 2}


def test_a_file_that_is_gone_is_made_of_the_journal() -> None:
    journal = (examples.result("A/a.png"), examples.result("B/b.png"))
    saved = salvage(b"", "20260101-000000_tiny", journal)
    assert (saved.id, saved.status, saved.model.name) == ("20260101-000000_tiny", "interrupted", "tiny")
    assert saved.dataset.categories == {"A": 1, "B": 1} and saved.dataset.images == 2
    assert [question.text for question in saved.questions] == ["text of q1"]
    assert saved.results == ()


def test_a_complete_run_that_lost_results_is_so_no_more() -> None:
    whole = replace(RUN, status="complete", plan=UNSET)
    assert salvage(encode_run(whole)[: ENDS[3][1]], RUN.id).status == "interrupted"


@pytest.mark.parametrize(
    "data", [b"", bytes(9999), b"null", b"[" * 99_999, b'{"a":' * 3000, b'{"results": [' + b"{" * 9999, b'"'],
    ids=["nothing", "zeros", "null", "lists", "objects", "braces", "quote"],
)  # fmt: skip
def test_nothing_is_made_of_nothing(data: bytes) -> None:
    assert salvage(data, RUN.id).results == ()


def test_a_long_answer_is_saved_and_thousands_of_damaged_ones_cost_no_minutes() -> None:
    long = replace(RUN, results=(replace(RUN.results[0], response="a" * 900_000), *RUN.results[1:]))
    assert salvage(encode_run(long)[:-9], RUN.id).results == long.results
    good = encode_run(RUN)[ENDS[0][0] : ENDS[0][1]]
    bad = good.replace(b'"B"', b"\x00\x00\x00")
    data = DATA[: ENDS[0][0]] + b",".join([bad, good] * 400) + DATA[ENDS[-1][1] :]
    saved = salvage(data, RUN.id)
    assert len(saved.results) == 400
    assert saved.plan == RUN.plan
