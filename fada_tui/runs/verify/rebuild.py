"""From a run's record to the command that loads its model again, without side effects."""

from typing import Literal, cast

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.schema import SETTINGS
from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Load
from fada_tui.core.records import Generation, ModelEntry, Run
from fada_tui.core.text import printable
from fada_tui.models.endpoint import is_endpoint, parse, place_of
from fada_tui.models.registry import Registry, located, located_lora
from fada_tui.runs.consent import Consent, hosts_wanted, with_own_key
from fada_tui.runs.worker_client.deadlines import Deadlines

_DTYPES = SETTINGS["dtype"].choices
"""Precisions that can be asked for; GGUF files have others, which are their own."""


def check(run: Run, *, server: bool = False) -> None:
    """Refuse a run whose answers cannot be repeated.

    Args:
        run: the run.
        server: a server may be asked again, though nothing says that it is the same.

    Raises:
        UsageError: it was answered by a server that is not to be asked, sampled in batches, or does not say
            how it was made; or there is no server to ask.
    """
    served = is_endpoint(run.model.source)
    if run.engine is not UNSET and server:
        raise UsageError(
            f"{run.id} was answered by {printable(run.engine.name)}, which is started again: "
            "leave out --server"
        )
    if served and not server:
        raise UsageError(
            f"{run.id} was answered by a server at {place_of(run.model.source)}, and nothing says that it "
            "would answer the same again; --server asks it all the same"
        )
    if server and not served:
        raise UsageError(
            f"{run.id} was made with a model that is loaded here, so there is no server: leave out --server"
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
        lora=facts.lora.source if facts.lora else None,
        lora_revision=(facts.lora.revision if facts.lora else None) or base.lora_revision,
        adapter=facts.adapter or base.adapter,
        dtype=facts.dtype if facts.dtype in _DTYPES else base.dtype,
        quantization=cast("Literal['4bit', '8bit'] | None", facts.quantization),
        **options.as_entry(),
    )


def server_of(run: Run, entry: ModelEntry, registry: Registry, consent: Consent) -> ModelEntry:
    """Return a run's model behind a server by the name that it was asked by, with a key of one's own list.

    Raises:
        UsageError: images may not be sent to the server, or the run names a variable for its key.
    """
    for want in hosts_wanted((entry,), consent):
        raise UsageError(want.message)
    endpoint = parse(entry.source)
    if endpoint.model is None and run.model.served:
        endpoint = replace(endpoint, model=run.model.served)
    return with_own_key(run.id, replace(entry, source=endpoint.source), registry)


def load_command(
    run: Run, entry: ModelEntry, consent: Consent, deadlines: Deadlines, *, device: str | None
) -> Load:
    """Return the command that loads the run's model again.

    Args:
        run: the run.
        entry: its model, from `entry_of` or `server_of`.
        consent: what it may do.
        deadlines: a server's.
        device: in place of the one that the run used.
    """
    used = "auto" if run.model.spread else run.model.device  # what lay on several fits on none of them alone
    command = Load(
        model=located(entry),
        device=device or used or "auto",
        trust_remote_code=consent.runs_code_of(entry),
        allow_pickle=consent.reads_pickles_of(entry),
        system_prompt=run.generation.system_prompt,
        thinking=run.generation.thinking or None,
        classes=None if run.classes is UNSET else run.classes,
        left_out=run.model.left_out or (),
        lora_sha256=run.model.lora.sha256 if run.model.lora else {},
        allowed_hosts=consent.hosts,
    )
    return deadlines.told(command)


def alone(generation: Generation) -> Generation:
    """Return the run's generation settings, but for one answer at a time."""
    return replace(generation, batch_size=1, concurrency=UNSET)


def _listed(run: Run, registry: Registry) -> ModelEntry:
    """Return the list's entry of the run's model, by name and source or by source; else a new one."""
    source = run.model.source or ""
    lora = run.model.lora.source if run.model.lora else None
    of_source = [
        one
        for one in registry.entries
        if source in (one.source, located(one).source) and located_lora(one) == lora
    ]
    of_name = (one for one in of_source if one.name == run.model.name)
    return (
        next(of_name, None) or next(iter(of_source), None) or ModelEntry(name=run.model.name, source=source)
    )
