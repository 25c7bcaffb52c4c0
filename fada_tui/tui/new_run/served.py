"""Models of servers among the choices of a new run: what a server lists, as rows to mark. Pure."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Listed, ServedModel
from fada_tui.core.records import ModelEntry
from fada_tui.models.endpoint import is_allowed, is_endpoint, parse
from fada_tui.models.registry import Registry, resolve_model
from fada_tui.tui.new_run.form import Form, Offer

FEW = 8
"""Servers of the model list that are asked by themselves what they serve."""


def servers_of(entries: Iterable[ModelEntry], hosts: Iterable[str]) -> tuple[str, ...]:
    """Return the servers behind which models are, each once, but for those that may not be sent images."""
    allowed = tuple(hosts)
    found: dict[str, None] = {}
    for entry in entries:
        if is_endpoint(entry.source) and is_allowed(server := parse(entry.source), allowed):
            found[replace(server, model=None).source] = None
    return tuple(found)[:FEW]


def found(
    form: Form, offer: Offer, registry: Registry, url: str, listed: Listed | None, *, typed: bool
) -> tuple[Form, Offer, list[str]]:
    """Return form and choices once a server has said what it serves, and the names of the rows to show.

    Args:
        form: as it is.
        offer: the choices so far.
        registry: the model list.
        url: the server's, perhaps with a model.
        listed: what it serves; `None` if it did not say.
        typed: a person asked, and wants the model that the URL names, or the server's only one.
    """
    before, rows = offer.models, []
    if listed is not None:
        offer = with_served(offer, listed, registry, seeing=not typed)
        rows = [name for name in offer.models if name not in before]
    if typed and (wanted := wanted_of(url, listed)):
        offer, key = with_named(offer, wanted, registry)
        form, rows = marked(form, key), [key]
    return form, offer, rows


def with_served(offer: Offer, listed: Listed, registry: Registry, *, seeing: bool) -> Offer:
    """Return the choices with the models that a server lists.

    Args:
        offer: the choices so far; a model that is among them stays as it is.
        listed: what the server serves.
        registry: the model list.
        seeing: leave out those of which it says that they take no images.
    """
    keys = {entry.source: key for key, entry in offer.models.items()}
    models, served = dict(offer.models), dict(offer.served)
    for model in listed.models:
        try:
            source = replace(parse(listed.base), model=model.name).source
            entry = resolve_model(source, registry)
        except UsageError:
            continue  # a name that no URL can hold
        if source not in keys and not (seeing and model.images is False):
            models[source] = entry
        served[keys.get(source, source)] = model
    return replace(offer, models=models, served=served)


def wanted_of(url: str, listed: Listed | None) -> str | None:
    """Return the URL with the model to mark: the one that it names, or the only one of the server."""
    named = parse(url)
    if named.model is not None:
        return named.source
    if listed is None or len(listed.models) != 1:
        return None
    return replace(parse(listed.base), model=listed.models[0].name).source


def with_named(offer: Offer, url: str, registry: Registry) -> tuple[Offer, str]:
    """Return the choices with the model that a URL names, and its key among them.

    Raises:
        UsageError: the URL cannot be used.
    """
    entry = resolve_model(url, registry)
    known = next((key for key, other in offer.models.items() if other.source == entry.source), None)
    if known is not None:
        return offer, known
    return replace(offer, models={**offer.models, entry.source: entry}), entry.source


def marked(form: Form, name: str) -> Form:
    """Return the form with a model marked."""
    return form if name in form.models else replace(form, models=(*form.models, name))


def note(model: ServedModel) -> str:
    """Return what a row says of a served model, in eight cells: that it takes no images, or its context."""
    if model.images is False:
        return "no image"
    context = model.context
    return "" if context is None else f"{context // 1024}k" if context >= 10_000 else f"{context}"


def summary(listed: Listed, place: str) -> str:
    """Return what a server answered, in a line."""
    facts: Mapping[str, str | None] = {"program": listed.server.name, "version": listed.server.version}
    program = " ".join(word for word in facts.values() if word)
    number = len(listed.models)
    models = "1 model" if number == 1 else f"{number:,} models" if number else "no model"
    return f"{models} at {place}{f', {program}' if program else ''}"
