"""What a server says of itself and its models beside its list, each program in its own way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from msgspec.structs import replace

from fada_tui.core.protocol import ServedModel
from fada_tui.core.records import ServerFacts
from fada_tui.worker.remote.client import Server
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal
from fada_tui.worker.remote.listing import Listing, document
from fada_tui.worker.remote.served_models import facts_of, merged, models_of, version_of

ABOUT_SECONDS = 3.0
"""Seconds that a server may take for it."""

MOST_ASKED = 100
"""Models that are asked about one by one."""

Models: TypeAlias = tuple[ServedModel, ...]
Ask: TypeAlias = Callable[..., Awaitable[Any]]
"""Returns the document at a path above `/v1`, or `None`."""

Told: TypeAlias = tuple[ServerFacts, Models]


async def about(server: Server, listing: Listing, models: Sequence[ServedModel], *, search: bool) -> Told:
    """Return what a server says of itself and of some of its models.

    Args:
        server: to be asked.
        listing: what it said already.
        models: of its list.
        search: where the list does not tell which program it is, ask as all would answer.
    """
    facts = listing.server
    known: Told = (replace(facts, name=None) if facts.name in _CONFIRMED else facts, tuple(models))

    async def ask(path: str, asked: object = None) -> Any:
        with suppress(ServerFault, ServerRefusal):
            return (await document(server, listing.endpoint.root, path, asked))[0]
        return None

    program = _PROGRAMS.get(facts.name or "")
    tried = [program] if program else _SEARCHED if search else []
    with suppress(TimeoutError):
        async with asyncio.timeout(ABOUT_SECONDS):
            told = await asyncio.gather(*(one(ask, facts, known[1]) for one in tried))
            return next((one for one in told if one is not None), known)
    return known


async def _vllm(ask: Ask, facts: ServerFacts, models: Models) -> Told:
    return replace(facts, version=version_of(await ask("/version"))), models


async def _sglang(ask: Ask, facts: ServerFacts, models: Models) -> Told:
    said = await ask("/get_server_info")
    more = (merged(one, facts_of(one.name, await ask("/get_model_info"))) for one in models[:1])
    return replace(facts, version=version_of(said)), (*[one async for one in more], *models[1:])


async def _llama_cpp(ask: Ask, facts: ServerFacts, models: Models) -> Told | None:
    said = await ask("/props")
    if not isinstance(said, dict) or "default_generation_settings" not in said:
        return None
    loaded = tuple(merged(facts_of(one.name, said), one) for one in models) if len(models) == 1 else models
    return ServerFacts(name="llama.cpp", version=version_of(said)), loaded


async def _ollama(ask: Ask, facts: ServerFacts, models: Models) -> Told | None:
    version = version_of(await ask("/api/version"))
    if version is None:
        return None
    asked = models[:MOST_ASKED]
    said = await asyncio.gather(*(ask("/api/show", {"model": one.name}) for one in asked))
    shown = (merged(one, facts_of(one.name, more)) for one, more in zip(asked, said, strict=True))
    return ServerFacts(name="Ollama", version=version), (*shown, *models[MOST_ASKED:])


async def _lm_studio(ask: Ask, facts: ServerFacts, models: Models) -> Told | None:
    said = await ask("/api/v0/models")
    return _with(said, "max_context_length", replace(facts, name="LM Studio"), models)


async def _litellm(ask: Ask, facts: ServerFacts, models: Models) -> Told | None:
    said = await ask("/model/info")
    return _with(said, "litellm_params", replace(facts, name="LiteLLM"), models)


def _with(said: Any, key: str, facts: ServerFacts, models: Models) -> Told | None:
    """Return models with what a list in a program's own form, known by a key of its entries, says of them."""
    entries = said.get("data") if isinstance(said, dict) else None
    own = (
        [one for one in entries if isinstance(one, dict) and key in one] if isinstance(entries, list) else []
    )
    if not (more := models_of(own)):
        return None
    by_name = {one.name: one for one in more}
    return facts, tuple(merged(by_name.get(one.name, one), one) for one in models)


_PROGRAMS = {
    "vLLM": _vllm,
    "SGLang": _sglang,
    "llama.cpp": _llama_cpp,
    "Ollama": _ollama,
    "LM Studio": _lm_studio,
    "LiteLLM": _litellm,
}
_CONFIRMED = ("Ollama", "LM Studio")
"""Programs whose owners of models others may name, too."""

_SEARCHED = [_llama_cpp, _ollama, _lm_studio, _litellm]
