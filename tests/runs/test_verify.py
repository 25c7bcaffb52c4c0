"""The pure parts of verifying a run: the sample, the comparison, its lines, the model's entry."""

from collections import Counter
from typing import Any

import pytest
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.protocol import Hello
from fada_tui.core.records import (
    Dataset,
    Failure,
    Generation,
    ModelEntry,
    ModelFacts,
    Plan,
    Ranked,
    Resolution,
    Result,
    Run,
    ServerFacts,
    Tokens,
    Tool,
)
from fada_tui.models.registry import Registry
from fada_tui.runs.consent import Consent
from fada_tui.runs.verify import describe, rebuild
from fada_tui.runs.verify.compare import Split, compare, first_difference, texts_differ
from fada_tui.runs.verify.sample import answered, draw
from fada_tui.runs.worker_client.deadlines import Deadlines


def result(path: str = "a.png", **fields: Any) -> Result:
    known: dict[str, Any] = {
        "response": "a head", "sha256": "0", "width": 4, "height": 4, "finish": "stop",
    }  # fmt: skip
    return Result(image=path, category="A", question="?", path=path, question_id="q1", **{**known, **fields})


def test_a_sample_is_drawn_evenly_from_the_batch_sizes_and_by_seed() -> None:
    sizes = [UNSET] * 3 + [8] * 80 + [7] * 2
    results = [result(f"{number}.png", batch_size=size) for number, size in enumerate(sizes)]
    drawn = draw(results, 10, 0)
    assert Counter(one.batch_size for one in drawn) == {UNSET: 3, 8: 5, 7: 2}
    assert list(drawn) == sorted(drawn, key=results.index)
    assert drawn == draw(results, 10, 0) != draw(results, 10, 1)
    assert Counter(one.batch_size for one in draw(results, 4, 0)) == {8: 2, 7: 1, UNSET: 1}
    assert draw(results, 1000, 4) == tuple(results)
    assert draw([], 10, 0) == ()


def test_only_answers_to_known_pixels_are_verified() -> None:
    failed = result(response=None, error=Failure(kind=ErrorKind.TIMEOUT, message=""))
    assert answered([failed, result(sha256=None), result()]) == (result(),)


def split(*pieces: str) -> Split:
    return Split(tuple(hash(piece) for piece in pieces), pieces)


def test_the_first_difference_of_two_texts() -> None:
    same = ("a", " b")
    found = first_difference("a b c", "a b d", [split(*same, " c"), split(*same, " d")])
    assert (found.unit, found.at, found.recorded, found.now) == ("token", 3, " c", " d")
    found = first_difference("a b c", "a b", [split(*same, " c"), split(*same)])
    assert (found.at, found.recorded, found.now) == (3, " c", None)
    found = first_difference("", "a", [split(), split("a")])
    assert (found.at, found.recorded, found.now) == (1, None, "a")
    found = first_difference("A b", "a b", [split(*same), split(*same)])
    assert (found.unit, found.at, found.recorded, found.now) == ("character", 1, "A", "a")
    found = first_difference("ab", "ac", [split(), split()])
    assert (found.unit, found.at) == ("character", 2)


def test_without_tokens_texts_differ_by_words() -> None:
    found = first_difference("a fetal head", "a fetal heart")
    assert (found.unit, found.at, found.recorded, found.now) == ("word", 3, "head", "heart")
    found = first_difference("a head", "a head, seen well")
    assert (found.unit, found.at, found.recorded, found.now) == ("word", 2, "head", "head,")
    found = first_difference("a head", "a")
    assert (found.unit, found.at, found.recorded, found.now) == ("word", 2, "head", None)
    found = first_difference("a head", "a  head")
    assert (found.unit, found.at, found.recorded, found.now) == ("character", 3, "h", " ")


def test_equal_texts_may_differ_in_tokens_that_leave_none() -> None:
    before, after = (result(tokens=Tokens(generated=count)) for count in (3, 4))
    assert compare(before, before).outcome == "identical"
    verified = compare(before, after)
    assert verified.outcome == "different" and verified.reason is not None
    assert "3 recorded, now 4" in verified.reason


def test_errors_that_say_nothing_of_the_image_are_no_answer() -> None:
    lost = result(response=None, error=Failure(kind=ErrorKind.OUT_OF_MEMORY, message="no memory"))
    assert not texts_differ(result(), lost)
    assert describe.line(compare(result(), lost)) == "a.png, q1: not answered: no memory"


def test_other_pixels_are_never_asked_for_their_tokens() -> None:
    other = result(sha256="1", response="a hand")
    assert not texts_differ(result(), other) and compare(result(), other).outcome == "image_changed"
    assert texts_differ(result(), result(response="a hand"))


def test_a_ranking_with_another_label() -> None:
    before = result(ranking=(Ranked(label="yes", probability=0.9),))
    after = result(response="no", ranking=(Ranked(label="no", probability=0.8),))
    verified = compare(before, after)
    assert verified.reason == "'yes': recorded 0.900000, now not ranked"


def test_equal_rankings_with_another_answer() -> None:
    ranking = (Ranked(label="yes", probability=0.5), Ranked(label="no", probability=0.5))
    yes, no = (result(response=label, ranking=ranking) for label in ("yes", "no"))
    assert compare(yes, yes).outcome == "identical"
    verified = compare(yes, no)
    assert verified.outcome == "different" and verified.reason is not None
    assert verified.reason.endswith("recorded 'yes', now 'no'")


def test_foreign_text_is_shown_safely() -> None:
    verified = compare(result("\x1b]0;a.png"), result("\x1b]0;a.png", response="a \u202edaeh"))
    line = describe.line(verified)
    assert line == r"\x1b]0;a.png, q1: differs from word 2: recorded 'head', now '\u202edaeh'"


def test_in_float32_the_precision_explains_nothing() -> None:
    hello = Hello(protocol=0, pid=1, torch="2", transformers="5", cuda=None)
    loaded = ModelFacts(name="M", adapter="chat", dtype="float32", device="cpu")
    found = [compare(result(batch_size=8), result(response="other"))]
    assert describe.hints(recorded(), found, hello, loaded) == []
    assert len(describe.hints(recorded(), found, hello, replace(loaded, dtype="float16"))) == 1
    one = [compare(result(), result(response="other"))]
    assert describe.hints(recorded(), one, hello, replace(loaded, dtype="float16")) == []


def test_a_server_s_version_may_explain_a_difference() -> None:
    hello = Hello(protocol=0, pid=1, torch=None, transformers=None, cuda=None)
    model = ModelFacts(
        name="M", source="http://localhost:8000/v1#M", server=ServerFacts(name="vLLM", version="0.31")
    )
    now = replace(model, server=ServerFacts(name="vLLM", version="0.32"))
    found = [compare(result(), result(response="other"))]
    told, may = describe.hints(recorded(model=model), found, hello, now)
    assert told == "the run was made with vLLM 0.31, now vLLM 0.32"
    assert "localhost:8000 may have changed" in may
    assert describe.hints(recorded(model=model), found, hello, model) == [may]


def recorded(**fields: Any) -> Run:
    facts: dict[str, Any] = {
        "model": ModelFacts(
            name="M", source="o/m", revision="abc", adapter="chat", dtype="float16", quantization="4bit",
            pad_square=True,
        ),
        "generation": Generation(max_new_tokens=5),
    }  # fmt: skip
    return Run(
        id="run", status="complete", tool=Tool(name="fada-tui", version="0"),
        dataset=Dataset(name="d", root="/d", categories={}, images=0), **{**facts, **fields},
    )  # fmt: skip


def test_a_model_is_loaded_as_the_run_had_it() -> None:
    listed = ModelEntry(name="m", source="o/m", fetched_by_hand=("w.pt",), dtype="float32")
    wanted = ModelEntry(
        name="M", source="o/m", revision="abc", adapter="chat", dtype="float16", quantization="4bit",
        pad_square=True,
    )  # fmt: skip
    assert rebuild.entry_of(recorded(), Registry(entries=())) == wanted
    found = rebuild.entry_of(recorded(), Registry(entries=(listed,)))
    assert found == replace(wanted, fetched_by_hand=("w.pt",))
    plan = Plan(model=replace(listed, api_key_env="KEY"), device="cpu")
    unfinished = rebuild.entry_of(recorded(plan=plan), Registry(entries=(listed,)))
    assert unfinished == replace(found, api_key_env="KEY")


def test_a_model_that_was_spread_is_spread_again() -> None:
    entry = ModelEntry(name="M", source="o/m")
    facts = recorded().model
    deadlines = Deadlines(load=1, first_token=1, token=1)

    def device(spread: dict[str, int] | UnsetType, asked: str | None = None) -> str:
        run = recorded(model=replace(facts, device="cuda:1", spread=spread))
        return rebuild.load_command(run, entry, Consent(), deadlines, device=asked).device

    assert device(UNSET) == "cuda:1"
    assert device({"cuda:1": 5, "cuda:2": 6}) == "auto"
    assert device({"cuda:1": 5, "cuda:2": 6}, "cpu") == "cpu"


def test_options_of_loading_are_recorded_and_requested_again() -> None:
    asked = ModelEntry(name="m", source="o/m", pad_square=True, longest_edge=512, max_tiles=3)
    assert all(asdict(asked.options).values())  # so that a new one is tested, too
    facts = ModelFacts(name="m", source="o/m", **asked.options.as_facts())
    assert facts.options == asked.options
    assert rebuild.entry_of(recorded(model=facts), Registry(entries=())) == asked
    other = Registry(entries=(replace(asked, longest_edge=64),))
    assert rebuild.entry_of(recorded(model=facts), other) == asked


def test_options_that_were_not_requested_are_left_out() -> None:
    plain = ModelEntry(name="m", source="o/m")
    facts = ModelFacts(name="m", **replace(plain.options, pad_square=None).as_facts())
    assert facts == ModelFacts(name="m")
    assert facts.asked_resolution == plain.asked_resolution == Resolution()


def test_a_run_that_says_nothing_of_its_making_is_refused() -> None:
    rebuild.check(recorded())
    with pytest.raises(UsageError, match="does not say how"):
        rebuild.check(recorded(generation=Generation()))
