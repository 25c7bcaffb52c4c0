"""What the user allows a model to do, by the command or the user's settings, never by a run's file.

A run's folder may come from somebody else. So a run says what was allowed when it was made, as a record; what
it may do now is asked for again: to send images to a server, to run a checkpoint's own code, to read pickles.
"""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Literal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import decode_name
from fada_tui.core.records import ModelEntry, Plan, Run
from fada_tui.models.endpoint import is_allowed, is_endpoint, parse, refusal_to_send
from fada_tui.models.registry import Registry, located, located_lora, resolve_model

Code = tuple[str, str | None]
"""A checkpoint that may run its own code: hub id or folder, and revision (`None` is the default branch)."""


class Consent(Struct, frozen=True, kw_only=True):
    """The permissions in force. By default nothing is allowed."""

    code: frozenset[Code] = frozenset()
    any_revision: frozenset[str] = frozenset()
    """Hub ids and folders named by the command: their code may run at any revision."""
    pickles: bool = False
    """Whether weights of any model may be in other formats than safetensors."""
    pickled: frozenset[str] = frozenset()
    """Hub ids and folders whose weights may be in other formats than safetensors."""
    hosts: tuple[str, ...] = ()
    """Remote servers to which images may be sent: each a host, or a host and port."""

    def runs_code_of(self, entry: ModelEntry) -> bool:
        """Return whether a model may run its checkpoint's own code.

        That is told by where the code lies, never by the model's name, which a run's file can choose.
        """
        source, revision = _code_of(entry)
        return source in self.any_revision or (source, revision) in self.code

    def reads_pickles_of(self, entry: ModelEntry) -> bool:
        """Return whether a model's weights may be in other formats than safetensors."""
        return self.pickles or _weights_of(entry) <= self.pickled


NOTHING = Consent()


class Want(Struct, frozen=True, kw_only=True):
    """A permission that a run needs and that has not been given."""

    kind: Literal["code", "pickles", "host"]
    model: str
    source: str
    """Hub id, folder or URL of the model."""
    revision: str | None
    weights: frozenset[str] = frozenset()
    """Hub ids and folders of its weights and its LoRA's."""
    message: str
    """A message on one line, with the option that gives the permission."""

    def granted(self, consent: Consent) -> Consent:
        """Return the consent extended by this permission."""
        match self.kind:
            case "code":
                return replace(consent, code=consent.code | {(self.source, self.revision)})
            case "pickles":
                return replace(consent, pickled=consent.pickled | self.weights)
            case "host":
                return replace(consent, hosts=(*consent.hosts, parse(self.source).host))


def consent_of(
    settings: Settings, registry: Registry, named: Iterable[str] = (), loaded: Sequence[ModelEntry] = ()
) -> Consent:
    """Return the permissions given by a command and the user's settings.

    Args:
        settings: the command's options over one's own settings. A model that they trust and that is not there
            (any more) is passed over.
        registry: one's own model list, which says where the code of a model's name lies.
        named: models that the command itself trusts, by name or source.
        loaded: models that the command loads; a name that the list does not have may be one of theirs.

    Raises:
        UsageError: the command trusts a model that there is not, or that it does not load.
    """
    trusted = frozenset(_source_of(name, registry, loaded) for name in named)
    if untold := trusted - {_code_of(entry)[0] for entry in loaded}:
        raise UsageError(
            f"--trust-remote-code names {', '.join(sorted(untold))}, which is not loaded: leave it out"
        )
    entries = []
    for name in settings.trust_remote_code:
        try:
            entries.append(resolve_model(name, registry))
        except UsageError:
            continue
    return Consent(
        code=frozenset(map(_code_of, entries)),
        any_revision=trusted,
        pickles=settings.allow_pickle,
        hosts=settings.allow_host,
    )


def hosts_wanted(entries: Iterable[ModelEntry], consent: Consent) -> tuple[Want, ...]:
    """Return the servers of these models to which images may not be sent yet, each once.

    Raises:
        UsageError: a server's URL cannot be used.
    """
    found: dict[str, Want] = {}
    for entry in entries:
        if is_endpoint(entry.source) and not is_allowed(server := parse(entry.source), consent.hosts):
            found.setdefault(server.host, _want("host", entry, refusal_to_send(server)))
    return tuple(found.values())


def wants(run: Run, consent: Consent) -> tuple[Want, ...]:
    """Return the permissions that an unfinished run needs before it can be resumed.

    Raises:
        UsageError: its server's URL cannot be used.
    """
    if run.plan is UNSET:
        return ()
    plan, entry = run.plan, located(run.plan.model)
    found = []
    if is_endpoint(entry.source):
        return hosts_wanted((entry,), consent)
    if plan.trust_remote_code and not consent.runs_code_of(entry):
        at = f" at revision {entry.revision}" if entry.revision else ""
        found.append(
            _want(
                "code",
                entry,
                f"{run.id} was made with {entry.name}'s own code from {entry.source}{at}, and a run's file "
                "allows nothing: if you trust that code, add "
                f"--trust-remote-code {shlex.quote(entry.source)}",
            )
        )
    weights = " and ".join(sorted(_weights_of(entry)))
    if plan.allow_pickle and not consent.reads_pickles_of(entry):
        found.append(
            _want(
                "pickles",
                entry,
                f"{run.id} was made with leave to read pickles, which can run code, and a run's file allows "
                f"nothing: if you trust the weights of {weights}, add --allow-pickle",
            )
        )
    return tuple(found)


def check(run: Run, consent: Consent) -> None:
    """Refuse to resume a run that needs more permissions, or that names images outside its folder.

    Raises:
        UsageError: names the option that allows it.
    """
    for want in wants(run, consent):
        raise UsageError(want.message)
    for image in () if run.plan is UNSET else run.plan.images:
        path = PurePath(decode_name(image.path))
        if path.is_absolute() or ".." in path.parts:
            raise UsageError(
                f"{run.id} names an image outside its folder of images: {image.path}; somebody changed its "
                "file, so nothing of it is read"
            )


def allowed_now(run: Run, consent: Consent, registry: Registry) -> Run:
    """Return a run whose plan has the current permissions in place of those in its file.

    Code that a run did not need for the answers it has stays out of it: it might answer otherwise. The
    variable that holds a server's key is the model list's word too, or any run could name any secret.

    Raises:
        UsageError: the run names a variable for its server's key and the model list does not.
    """
    if run.plan is UNSET:
        return run
    plan: Plan = run.plan
    begun = any(result.error is None for result in run.results)
    code = consent.runs_code_of(plan.model) and (plan.trust_remote_code or not begun)
    return replace(
        run,
        plan=replace(
            plan,
            model=with_own_key(run.id, plan.model, registry),
            trust_remote_code=code,
            allow_pickle=consent.reads_pickles_of(plan.model),
        ),
    )


def with_own_key(run_id: str, entry: ModelEntry, registry: Registry) -> ModelEntry:
    """Return a run's model with the variable of its server's key as one's own model list names it.

    Raises:
        UsageError: the run names such a variable and the model list does not.
    """
    if not is_endpoint(entry.source):
        return entry
    source = parse(entry.source).source
    listed = registry.find(entry.name)
    own = listed if listed and listed.source == source else registry.by_source(source)
    if own is None and entry.api_key_env:
        raise UsageError(
            f"{run_id} wants the key for {parse(entry.source).place} from {entry.api_key_env}, which only "
            f"your own model list may say: fada-tui models add {shlex.quote(entry.name)} "
            f"--source {shlex.quote(entry.source)} --api-key-env {entry.api_key_env}"
        )
    return replace(entry, api_key_env=own.api_key_env if own else None)


def _source_of(name: str, registry: Registry, loaded: Sequence[ModelEntry]) -> str:
    """Return the source that a command means by a name; names of the list are not reused for others."""
    if registry.find(name) is None:
        for entry in loaded:
            if entry.name.casefold() == name.casefold():
                return _code_of(entry)[0]
    return _code_of(resolve_model(name, registry))[0]


def _want(kind: Literal["code", "pickles", "host"], entry: ModelEntry, message: str) -> Want:
    return Want(
        kind=kind,
        model=entry.name,
        source=entry.source,
        revision=entry.revision,
        weights=_weights_of(entry),
        message=message,
    )


def _weights_of(entry: ModelEntry) -> frozenset[str]:
    """Return where a model's weights are from, and those of its LoRA."""
    lora = located_lora(entry)
    return frozenset((located(entry).source, *([lora] if lora else [])))


def _code_of(entry: ModelEntry) -> Code:
    return located(entry).source, entry.revision
