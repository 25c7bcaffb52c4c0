"""From a run's record to the command that loads its model again, without side effects."""

from typing import Literal, cast

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Load
from fada_tui.core.records import Generation, ModelEntry, Run
from fada_tui.models.endpoint import is_endpoint, place_of
from fada_tui.models.registry import Registry, located


def check(run: Run) -> None:
    """Refuse a run whose answers cannot be repeated.

    Raises:
        UsageError: it was answered by a server, sampled in batches, or does not say how it was made.
    """
    if is_endpoint(run.model.source):
        raise UsageError(
            f"{run.id} was answered by a server at {place_of(run.model.source)}: nothing says that it would "
            "answer the same again, so there is nothing to verify"
        )
    if run.model.source is None or run.dataset.root is None or run.generation.max_new_tokens is None:
        raise UsageError(f"{run.id} does not say how its results were made, so they cannot be made again")
    if run.generation.do_sample and any(result.together > 1 for result in run.results):
        raise UsageError(
            f"{run.id} was sampled in batches, whose answers share one stream of random numbers and cannot "
            "be made again alone; a run with --batch-size 1, or without --temperature, can be verified"
        )


def entry_of(run: Run, registry: Registry) -> ModelEntry:
    """Return the model as the run used it: the run's record overrides its plan or the model list.

    A complete run has dropped its plan; what it does not record is taken from the list.
    """
    facts = run.model
    base = run.plan.model if run.plan is not UNSET else _listed(run, registry)
    options = facts.options
    if options.pad_square is None:  # recorded only where it has an effect
        options = replace(options, pad_square=base.pad_square)
    return replace(
        base,
        name=facts.name,
        source=facts.source or base.source,
        revision=facts.revision,
        adapter=facts.adapter or base.adapter,
        dtype=facts.dtype or base.dtype,
        quantization=cast("Literal['4bit', '8bit'] | None", facts.quantization),
        **options.as_entry(),
    )


def load_command(
    run: Run, entry: ModelEntry, *, device: str | None, trust_remote_code: bool, allow_pickle: bool
) -> Load:
    """Return the command that loads the run's model again.

    Args:
        run: the run.
        entry: its model, from `entry_of`.
        device: in place of the one that the run used.
        trust_remote_code: the model may run its repository's code.
        allow_pickle: its weights may be no safetensors.
    """
    return Load(
        model=located(entry),
        device=device or run.model.device or "auto",
        trust_remote_code=trust_remote_code,
        allow_pickle=allow_pickle,
        system_prompt=run.generation.system_prompt,
        thinking=run.generation.thinking or None,
        classes=None if run.classes is UNSET else run.classes,
    )


def alone(generation: Generation) -> Generation:
    """Return the run's generation settings, but for one answer at a time."""
    return replace(generation, batch_size=1, concurrency=UNSET)


def _listed(run: Run, registry: Registry) -> ModelEntry:
    """Return the list's entry of the run's model, by name and source or by source; else a new one."""
    source = run.model.source or ""
    of_source = [one for one in registry.entries if source in (one.source, located(one).source)]
    of_name = (one for one in of_source if one.name == run.model.name)
    return (
        next(of_name, None) or next(iter(of_source), None) or ModelEntry(name=run.model.name, source=source)
    )
