"""The outcome of a verification, as lines and as plain values, without side effects."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import UNSET

from fada_tui.core.protocol import Hello
from fada_tui.core.records import EngineFacts, ModelFacts, Run, ServerFacts
from fada_tui.core.text import printable
from fada_tui.models.endpoint import place_of
from fada_tui.runs.verify.compare import Difference, Outcome, Verified

EXACT = "float32"
"""The precision in which answers rarely depend on the batch."""

_WORDS: dict[Outcome, str] = {
    "identical": "identical",
    "different": "different",
    "image_missing": "image missing",
    "image_changed": "image changed",
    "not_answered": "not answered",
}


def line(verified: Verified) -> str:
    """Return the line for one result."""
    result, size = verified.recorded, verified.recorded.together
    said = _WORDS[verified.outcome]
    if verified.difference:
        said = f"differs from {_where(verified.difference)}"
    elif verified.outcome == "different":
        said = "differs"
    if verified.reason:
        said += f": {verified.reason}"
    made = f" (made in a batch of {size})" if size > 1 else ""
    return printable(f"{result.path}, {result.question_id}: {said}{made}")


def summary(
    found: Sequence[Verified], loaded: ModelFacts, asked: int, engine: EngineFacts | None = None
) -> str:
    """Return the last line: how many results agree, of how many, and the precision.

    Args:
        found: what came of each.
        loaded: the model.
        asked: how many were to be verified.
        engine: what answered, if one was started for it.
    """
    counts = Counter(one.outcome for one in found)
    others = [f"{counts[outcome]} {words}" for outcome, words in _WORDS.items() if counts[outcome]]
    rest = [] if len(found) == asked else [f"{asked - len(found)} not reached"]
    parts = [f"{counts['identical']} of {asked} identical", *others[counts["identical"] > 0 :], *rest]
    if place := place_of(loaded.source):
        return (
            f"{', '.join(parts)}; asked one at a time of {printable(loaded.served or loaded.name)} at {place}"
        )
    if engine:
        return f"{', '.join(parts)}; asked one at a time of {printable(engine.label)}"
    return f"{', '.join(parts)}; made one at a time in {loaded.dtype} on {loaded.device}"


def hints(
    run: Run,
    found: Sequence[Verified],
    hello: Hello,
    loaded: ModelFacts,
    engine: EngineFacts | None = None,
) -> list[str]:
    """Return possible explanations of differences, one per line."""
    differing = [one.recorded for one in found if one.outcome == "different"]
    if not differing:
        return []
    if place := place_of(run.model.source):
        return [printable(hint) for hint in _of_server(run, loaded, place)]
    if engine:
        return [printable(hint) for hint in _of_engine(run, engine)]
    told = []
    if loaded.dtype != EXACT and any(result.together > 1 for result in differing):
        told.append(
            f"in {loaded.dtype} answers may differ between batch sizes; --batch-size 1 or --dtype {EXACT} "
            "makes runs that hold"
        )
    pairs = (
        ("torch", run.environment.torch, hello.torch),
        ("transformers", run.environment.transformers, hello.transformers),
        ("device", run.model.device, loaded.device),
        ("image processor", run.model.image_processor or None, loaded.image_processor or None),
    )
    changed = [f"{label} {was}, now {is_now}" for label, was, is_now in pairs if was and was != is_now]
    if changed:
        told.append(f"the run was made with {'; '.join(changed)}")
    return [printable(text) for text in told]


def as_json(run: str, found: Sequence[Verified], loaded: ModelFacts | None, asked: int) -> dict[str, Any]:
    """Return the outcome as plain values; for a refused run, zero results were requested."""
    counts = Counter(one.outcome for one in found)
    return {
        "run": run,
        "sample": asked,
        "identical": counts["identical"],
        "different": counts["different"],
        "missing": asked - counts["identical"] - counts["different"],
        "dtype": loaded.dtype if loaded else None,
        "device": loaded.device if loaded else None,
        "server": place_of(loaded.source) if loaded else None,
        "results": [_row(one) for one in found],
    }


def _of_server(run: Run, loaded: ModelFacts, place: str) -> Iterator[str]:
    """Return what may explain that a server answers otherwise; nothing tells whether it is the same."""
    was, is_now = (_program(facts) for facts in (run.model, loaded))
    if was and is_now and was != is_now:
        yield f"the run was made with {was}, now {is_now}"
    yield (
        f"what serves at {place} may have changed: its weights, precision or version; and servers compute "
        "requests together, which may change answers"
    )
    if run.generation.do_sample:
        yield "the answers were sampled, and not every server follows the seed that it is sent"


def _of_engine(run: Run, engine: EngineFacts) -> Iterator[str]:
    """Return what may explain that an engine answers otherwise."""
    if run.engine is not UNSET and run.engine.started_as != engine.started_as:
        was, is_now = run.engine.label, engine.label
        yield (
            f"the run was made with {was}, now {is_now}"
            if was != is_now
            else ("the engine was started by another command for the run, which its page shows")
        )
    yield "engines compute requests together, which may change answers; here they are asked one at a time"


def _program(facts: ModelFacts) -> str:
    """Return the program that serves, and its version, as far as the server told them."""
    server = facts.server or ServerFacts()
    return " ".join(filter(None, (server.name, server.version)))


def _where(difference: Difference) -> str:
    pieces = (
        "nothing more" if piece is None else f"'{piece}'" for piece in (difference.recorded, difference.now)
    )
    recorded, now = pieces
    return f"{difference.unit} {difference.at}: recorded {recorded}, now {now}"


def _row(verified: Verified) -> dict[str, Any]:
    result, difference = verified.recorded, verified.difference
    row: dict[str, Any] = {
        "path": result.path,
        "question_id": result.question_id,
        "batch_size": result.together,
        "outcome": verified.outcome,
        "reason": verified.reason,
    }
    if difference:
        pieces = {"recorded": difference.recorded, "now": difference.now}
        row["difference"] = {"unit": difference.unit, "at": difference.at, **pieces}
    return row
