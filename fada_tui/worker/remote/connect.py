"""Connecting to a model behind a server: permission to send images, availability, and which model is asked.

A named model needs no list: what is wrong with the server's is a remark, and its first answer decides.
"""

import difflib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError, UsageError
from fada_tui.core.protocol import LeftOut, Listed, ListServed, Load, Loaded, Message, Progress, ServedModel
from fada_tui.core.records import ModelFacts, ServerFacts
from fada_tui.core.secrets import hide, quoted
from fada_tui.core.text import printable
from fada_tui.models import load_errors
from fada_tui.models.endpoint import ADAPTER, Endpoint, check_allowed, key_of, parse
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.remote.about import about
from fada_tui.worker.remote.answerer import RemoteAnswerer
from fada_tui.worker.remote.client import Server
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal
from fada_tui.worker.remote.listing import NAMED_SECONDS, Listing, NoListError, base_of, listed

SHOWN_NAMES = 10
NEAREST_NAMES = 3
LONGEST_NAME = 100
"""Maximum characters of a model's name, or of what a server says of itself, in a message."""

LATEST = ":latest"
"""The tag that a name without one has."""

PREFIX = "models/"
"""What some lists have before each name, and their servers do without."""


def reach(command: Load, send: Callable[[Message], None]) -> tuple[LoadedModel, Loaded]:
    """Connect to the server in the command, and find out which model there is to be asked.

    Raises:
        ModelLoadError: with the reason and what to do.
    """
    entry = command.model
    try:
        endpoint = parse(entry.source)
        check_allowed(endpoint, command.allowed_hosts)
    except UsageError as error:
        raise ModelLoadError(ErrorKind.ENDPOINT_REFUSED, f"{entry.name}: {error}") from None
    server = _server(entry.name, endpoint, entry.api_key_env, command.headers)

    def alive() -> None:
        send(Progress(stage="server", done=0, total=None))

    begun = time.perf_counter()
    asking = _chosen(server, endpoint.model) if endpoint.model else _only(server, alive)
    try:
        chosen = server.wait(asking, threading.Event(), alive)
    except (ServerFault, ServerRefusal) as error:
        kind = ErrorKind.ENDPOINT_UNREACHABLE if isinstance(error, ServerFault) else error.kind
        raise ModelLoadError(kind, f"{entry.name}: {error}") from None
    assert chosen is not None  # nobody cancels it
    model, facts, remarks = chosen
    known = ModelFacts(
        name=entry.name,
        source=entry.source,
        served=hide(model),
        server=UNSET if facts == ServerFacts() else facts,
        adapter=ADAPTER,
        longest_edge=entry.longest_edge or UNSET,
        load_time=time.perf_counter() - begun,
    )
    answerer = RemoteAnswerer(
        server,
        model,
        command.first_token_timeout,
        command.token_timeout,
        command.left_out,
        lambda names, message: send(LeftOut(fields=names, message=message)),
        entry.longest_edge,
        command.server_patience,
    )
    # What is left to this process runs on no GPU.
    return LoadedModel(answerer, ("cpu",)), Loaded(model=known, remarks=remarks)


def served(command: ListServed, send: Callable[[Message], None]) -> Listed:
    """Return what a server serves; it is sent a key and no image.

    Raises:
        ModelLoadError: with the reason and what to do.
    """
    try:
        endpoint = replace(parse(command.source), model=None)
    except UsageError as error:
        raise ModelLoadError(ErrorKind.ENDPOINT_REFUSED, str(error)) from None
    server = _server(endpoint.place, endpoint, command.api_key_env, command.headers)

    def alive() -> None:
        send(Progress(stage="server", done=0, total=None))

    async def ask() -> Listed:
        found = await listed(server)
        facts, models = await about(server, found, found.models, search=True)
        shown = tuple(replace(one, name=hide(one.name)) for one in models)
        return Listed(base=found.endpoint.url(""), server=_told(facts), models=shown)

    try:
        found = server.wait(ask(), threading.Event(), alive)
    except (ServerFault, ServerRefusal) as error:
        raise ModelLoadError(error.kind, str(error)) from None
    assert found is not None  # nobody cancels it
    return found


Chosen = tuple[str, ServerFacts, tuple[str, ...]]
"""A model's name in requests, what its server says of it and of itself, and remarks."""


async def _chosen(server: Server, wanted: str) -> Chosen:
    """Return a named model with what its server's list says, if that can be had."""
    place = server.endpoint.place
    try:
        found = await listed(server, NAMED_SECONDS)
    except (ServerFault, ServerRefusal) as error:
        if _ends(error):
            raise
        server.endpoint = await base_of(server)
        why = str(error).removeprefix(f"{place} ").removeprefix(f"{place}: ").partition(";")[0]
        remark = f"{place} does not list its models, so the name is not checked: {why}"
        return wanted, ServerFacts(), (remark,)
    server.endpoint = found.endpoint
    model = _in_list(found.models, wanted)
    if model is None:
        return wanted, _told(found.server), (_not_listed(place, found.models, wanted),)
    facts, blind = await _facts(server, found, model)
    return wanted, facts, blind


async def _only(server: Server, alive: Callable[[], None]) -> Chosen:
    """Return the one model that a server serves."""
    found = await server.again(lambda: listed(server), lambda why, wait: alive())
    names = [model.name for model in found.models]
    if len(names) != 1:
        message = f"{server.endpoint.place} serves {_several(names)}; say which, as in URL#NAME"
        raise ServerRefusal(ErrorKind.NOT_FOUND, message)
    server.endpoint = found.endpoint
    facts, blind = await _facts(server, found, found.models[0])
    return names[0], facts, blind


async def _facts(server: Server, found: Listing, model: ServedModel) -> tuple[ServerFacts, tuple[str, ...]]:
    facts, (said,) = await about(server, found, (model,), search=False)
    blind = (f"{found.endpoint.place} says that it takes no images",) if said.images is False else ()
    return replace(_told(facts), context=said.context), blind


def _ends(error: ServerFault | ServerRefusal) -> bool:
    """Return whether an error says that no request would get through; an answer of any status does not."""
    if isinstance(error, ServerFault):
        return error.kind == ErrorKind.ENDPOINT_UNREACHABLE
    return error.status is None and not isinstance(error, NoListError)


def _in_list(models: Sequence[ServedModel], wanted: str) -> ServedModel | None:
    """Return the listed model that a server understands a name as."""
    by_name = {model.name: model for model in models}
    spelt = (wanted, f"{wanted}{LATEST}", f"{PREFIX}{wanted}")
    return next((by_name[name] for name in spelt if name in by_name), None)


def _not_listed(place: str, models: Sequence[ServedModel], wanted: str) -> str:
    """Return the remark on a name that a list lacks, with the nearest that it has."""
    names = [model.name for model in models]
    if not names:
        return f"{place} lists no model at all; it is asked for '{printable(wanted)}' all the same"
    near = difflib.get_close_matches(wanted, names, NEAREST_NAMES, cutoff=0.4) or names[:NEAREST_NAMES]
    shown = ", ".join(quoted(one, LONGEST_NAME) for one in near)
    which = "it lists" if len(near) == len(names) else f"the nearest of {len(names)} names are"
    return f"{place} does not list '{printable(wanted)}', which is asked for all the same; {which} {shown}"


def _several(names: Sequence[str]) -> str:
    shown = ", ".join(quoted(one, LONGEST_NAME) for one in names[:SHOWN_NAMES]) or "nothing"
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown


def _told(facts: ServerFacts) -> ServerFacts:
    """Return a server's facts fit to be recorded."""
    version = None if facts.version is None else quoted(facts.version, LONGEST_NAME)
    return replace(facts, version=version)


def _server(name: str, endpoint: Endpoint, key_variable: str | None, headers: Mapping[str, str]) -> Server:
    """Return a client of a server; raises `ModelLoadError`, which calls the model or server by `name`."""
    try:
        return Server(endpoint, key_of(endpoint, key_variable, os.environ), headers=headers)
    except UsageError as error:
        raise ModelLoadError(ErrorKind.ENDPOINT_REFUSED, f"{name}: {error}") from None
    except ServerRefusal as error:
        raise ModelLoadError(error.kind, f"{name}: {error}") from None
    except (ImportError, ValueError) as error:
        message = load_errors.proxy_unusable(name, package=isinstance(error, ImportError))
        raise ModelLoadError(ErrorKind.ENDPOINT_UNREACHABLE, message) from error
