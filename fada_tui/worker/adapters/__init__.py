"""Adapters: one for each way of prompting a family of models, chosen by the checkpoint's configuration.

The modules of this package are found by themselves; another package adds adapters through entry points of the
group `fada_tui.adapters`, each naming an adapter's class.
"""

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.models import installed as here
from fada_tui.models import load_errors
from fada_tui.models.installed import Adapters, Installed
from fada_tui.worker.adapters.chat import ChatAdapter
from fada_tui.worker.adapters.plain import PlainAdapter
from fada_tui.worker.adapters.templates import places_image, template

ENTRY_POINTS = "fada_tui.adapters"

AdapterClass = type[Any]
"""A subclass of `prompting.TextAdapter`, or a class that implements `ranker.RankingAdapter`."""

log = logging.getLogger("fada_tui.worker")


@cache
def known() -> dict[str, AdapterClass]:
    """Return all adapters by name: this package's, then those of other packages.

    One of another package that cannot be imported, is no adapter, or has a name that is taken is left out;
    the worker's log says why.
    """
    found: dict[str, AdapterClass] = {}
    for module in pkgutil.iter_modules(__path__):
        members = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        for member in members:
            name = getattr(member, "name", None)
            if inspect.isclass(member) and isinstance(name, str):
                found[name] = member
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            adapter = entry.load()
            _check(adapter, found)
        except Exception:  # another package's fault must not take the others' models away
            log.exception("the adapter %s (%s) cannot be used", entry.name, entry.value)
        else:
            found[adapter.name] = adapter
    return found


def _check(adapter: Any, found: Mapping[str, AdapterClass]) -> None:
    """Raise a `TypeError` unless an object is an adapter class with an unused name."""
    if not inspect.isclass(adapter) or not callable(getattr(adapter, "prepare", None)):
        raise TypeError("it is no class with a method prepare")
    name = getattr(adapter, "name", None)
    if not isinstance(name, str):
        raise TypeError("it has no name")
    if name in found:
        raise TypeError(f"there is an adapter '{name}' already")
    if not isinstance(getattr(adapter, "architectures", None), tuple):
        raise TypeError("its architectures are no tuple of names")


def of_architecture(architecture: str) -> AdapterClass | None:
    """Return the adapter for an architecture; `None` if a chat template or a prompt form decides."""
    return next((adapter for adapter in known().values() if architecture in adapter.architectures), None)


def installed() -> Installed:
    """Return what is installed, including other packages' adapters."""
    prompted = {name for adapter in known().values() for name in adapter.architectures}
    prompted |= set(PlainAdapter.forms)
    return replace(here.installed(), adapters=Adapters(prompted=frozenset(prompted)))


def choose(name: str, asked: str, architecture: str, processor: Any, config: Any) -> AdapterClass:
    """Return the adapter for a checkpoint.

    Args:
        name: the model, for messages.
        asked: the model list's choice; `auto` decides by the checkpoint.
        architecture: first of the configuration's `architectures`.
        processor: the loaded processor.
        config: the checkpoint's configuration.

    Raises:
        ModelLoadError: there is no such adapter, or the checkpoint has no form in which to be asked.
    """
    if asked != "auto":
        if asked not in known():
            names = ", ".join(known())
            raise ModelLoadError(
                ErrorKind.ARCHITECTURE_UNKNOWN, f"{name}: no adapter '{asked}'; there are: {names}"
            )
        if _prompts(known()[asked], architecture, processor, config):
            return known()[asked]
        if asked != ChatAdapter.name:
            raise ModelLoadError(
                ErrorKind.ARCHITECTURE_UNKNOWN,
                f"{name}: the adapter '{asked}' does not prompt {architecture}; leave the choice to 'auto'",
            )
    else:
        for adapter in (of_architecture(architecture), ChatAdapter, PlainAdapter):
            if adapter is not None and _prompts(adapter, architecture, processor, config):
                return adapter
    if template(processor):
        raise ModelLoadError(
            ErrorKind.IMAGE_IGNORED,
            f"{name}: its chat template leaves the image out, so the model would answer blindly; take the "
            "template of the published checkpoint",
        )
    raise ModelLoadError(
        ErrorKind.NO_CHAT_TEMPLATE,
        load_errors.no_chat_template(name, architecture),
    )


def _prompts(adapter: AdapterClass, architecture: str, processor: Any, config: Any) -> bool:
    """Return whether an adapter can prompt a checkpoint."""
    if adapter is ChatAdapter:
        return places_image(processor, config)
    return architecture in (PlainAdapter.forms if adapter is PlainAdapter else adapter.architectures)
