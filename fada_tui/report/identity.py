"""The identity of a run: its model, with all settings that change answers; what differs between runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from msgspec import UNSET

from fada_tui.core.records import Generation, Run
from fada_tui.report.markdown import name
from fada_tui.report.score_texts import cut

Row = TypeVar("Row")
Setting: TypeAlias = str | int | float | None

HEADINGS: Final[Mapping[str, str]] = {
    "source": "Source",
    "revision": "Revision",
    "lora": "LoRA",
    "engine": "Engine",
    "precision": "Precision",
    "quantisation": "Quantisation",
    "system_prompt": "System Prompt",
    "thinking": "Thinking",
    "decoding": "Decoding",
    "token_limit": "Token Limit",
    "thinking_limit": "Thinking Limit",
}
"""Columns of tables of runs, by setting. The resolution stands beside the model's name."""

_OF_THE_MODEL = frozenset({"source", "revision", "lora"})
"""Settings that differ from model to model, and tell something only between runs of one."""
_REVISION = 12
"""Characters of a revision that are shown."""
CONFIG = "adapter_config.json"
"""Of a LoRA's files, the one that holds no weights."""
_PROMPT = 40
"""Characters of a system prompt that are shown."""


def settings(run: Run) -> dict[str, Setting]:
    """Return what a run was made with; `None` is not known, as of runs that were imported."""
    model, generation = run.model, run.generation
    made_here = generation.max_new_tokens is not None
    return {
        "source": model.source,
        "revision": model.revision,
        "lora": _lora(run),
        "engine": _engine(run),
        "precision": model.dtype,
        "quantisation": model.quantization or ("none" if model.dtype else None),
        "longest_edge": model.longest_edge or None,
        "max_tiles": model.max_tiles or None,
        "system_prompt": generation.system_prompt or ("" if made_here else None),
        "thinking": generation.thinking or ("as the model decides" if made_here else None),
        "decoding": _decoding(generation),
        "token_limit": generation.max_new_tokens,
        "thinking_limit": generation.max_thinking_tokens or None,
    }


def standing(
    rows: Iterable[Row], run_of: Callable[[Row], Run], judged: Callable[[Row], int]
) -> list[tuple[Row, int]]:
    """Return what stands for each model, and for how many complete runs, in the order of names.

    It is the complete run with most judged answers, of several the latest. A model with other settings is
    another one. Shards of a run that is among them count for nothing beside it.

    Args:
        rows: What is known of each run.
        run_of: Returns the run of a row; its results are not needed.
        judged: Returns the number of its answers that are judged.
    """
    complete: dict[object, list[Row]] = {}
    for row in without_shards(rows, run_of):
        if run_of(row).status == "complete":
            complete.setdefault(model_with_settings(run_of(row)), []).append(row)
    chosen = [
        (max(same, key=lambda row: (judged(row), age(run_of(row)))), len(same)) for same in complete.values()
    ]
    return sorted(chosen, key=lambda one: (by_name(run_of(one[0])), age(run_of(one[0]))))


def without_shards(rows: Iterable[Row], run_of: Callable[[Row], Run]) -> list[Row]:
    """Return the rows without the shards of a run that is among them: its answers are theirs.

    Args:
        rows: What is known of each run.
        run_of: Returns the run of a row; its results are not needed.
    """
    each = list(rows)
    merged = [run for row in each if (run := run_of(row)).merged]
    return [row for row in each if not any(is_shard_of(run_of(row), run) for run in merged)]


def is_shard_of(run: Run, whole: Run) -> bool:
    """Return whether a run is one of those that another was made of.

    Jobs that start in the same second, each with its own results folder, make runs of one name.
    """
    shard = run.dataset.selection.shard
    return shard is not UNSET and any(
        (one.run, one.started, one.number) == (run.id, run.started, shard.number)
        for one in whole.merged or ()
    )


def age(run: Run) -> tuple[str, str]:
    """Return what runs are ordered by from the oldest to the latest."""
    return (run.started or "", run.id)


def by_name(run: Run) -> tuple[str, str]:
    """Return what runs are ordered by from A to Z."""
    return (run.model.name.casefold(), run.model.name)


def model_with_settings(run: Run) -> tuple[str, tuple[Setting, ...]]:
    """Return what runs have in common that differ in nothing but images, questions and time."""
    return run.model.name, tuple(settings(run).values())


def differing(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the settings of `HEADINGS` that are known to differ between the runs."""
    each = [settings(run) for run in runs]
    return tuple(key for key in HEADINGS if _differs(key, runs, each))


def _differs(key: str, runs: Sequence[Run], each: Sequence[Mapping[str, Setting]]) -> bool:
    known: dict[str, set[Setting]] = {}
    for run, its in zip(runs, each, strict=True):
        if its[key] is not None:
            known.setdefault(run.model.name if key in _OF_THE_MODEL else "", set()).add(its[key])
    return any(len(values) > 1 for values in known.values())


def setting_text(run: Run, key: str) -> str | None:
    """Return a setting as people read it, in plain text; `None` where it is not known."""
    value = settings(run)[key]
    match key:
        case _ if value is None:
            return None
        case "system_prompt":
            return f'"{cut(str(value), _PROMPT)}"' if value else "none"
        case "revision":
            return str(value)[:_REVISION]
        case "token_limit" | "thinking_limit":
            return f"{value:,}"
        case _:
            return str(value)


def setting_cell(run: Run, key: str) -> str | None:
    """Return the same in Markdown."""
    text = setting_text(run, key)
    return None if text is None else name(text)


def _engine(run: Run) -> str | None:
    """Return what generated: the engine, the server, as far as it says, or transformers here."""
    if run.engine is not UNSET:
        return run.engine.label
    if run.model.served is not UNSET:
        server = run.model.server
        told = (server.name, server.version) if server is not UNSET else ()
        return " ".join(part for part in told if part) or "a server"
    return "transformers" if run.environment.transformers else None


def _lora(run: Run) -> str | None:
    """Return which LoRA was applied, and of its files what tells one training from another."""
    lora = run.model.lora
    if lora is UNSET:
        return "none" if run.model.dtype else None
    told = lora.revision or next((digest for name, digest in lora.sha256.items() if name != CONFIG), None)
    return f"{lora.source} ({told[:_REVISION]})" if told else lora.source


def _decoding(generation: Generation) -> str | None:
    if generation.do_sample is None:
        return None
    if not generation.do_sample:
        return "greedy"
    parts = (
        ("temperature", generation.temperature),
        ("top-p", generation.top_p),
        ("seed", generation.seed),
    )
    return ", ".join(["sampled", *(f"{label} {value:g}" for label, value in parts if value is not None)])
