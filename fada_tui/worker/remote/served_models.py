"""What servers say of the models that they serve, in the words of each kind of server: pure.

Read are lists in OpenAI's form (vLLM, SGLang, llama.cpp, LiteLLM, `transformers serve`, hosted ones), bare
ones, Ollama's and LM Studio's own, and what some say of one model or of themselves.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from fada_tui.core.protocol import ServedModel
from fada_tui.core.records import ServerFacts

MOST_MODELS = 10_000
"""Models of a list that are read."""

_LISTS = ("data", "models")
_NAMES = ("id", "model_name", "name", "model", "key")
_CONTEXTS = (
    "loaded_context_length",
    "max_model_len",
    "context_length",
    "max_context_length",
    "context_window",
    "max_input_tokens",
    "n_ctx",
    "n_ctx_train",
)
_INNER = ("meta", "metadata", "model_info", "architecture", "top_provider", "capabilities")
"""Tables of a model's entry that hold what others have in the entry itself."""

_MODALITIES = ("input_modalities", "modalities", "capabilities")
_SEES = {"image", "images", "vision", "multimodal"}
_SWITCHES = ("vision", "supports_vision", "image")

_OWNERS = {
    "vllm": "vLLM",
    "sglang": "SGLang",
    "llamacpp": "llama.cpp",
    "library": "Ollama",
    "organization_owner": "LM Studio",
}
"""The programs that name an owner of their models which no other names."""


def models_of(document: object) -> tuple[ServedModel, ...] | None:
    """Return the models of a list, each name once; `None` if it is no list of models."""
    lists = [document] if isinstance(document, list) else _lists(document)
    if not lists:
        return None
    found: dict[str, ServedModel] = {}
    for entry in (entry for one in lists for entry in one[:MOST_MODELS]):
        if (model := _model(entry)) is not None:
            found[model.name] = merged(found.get(model.name, model), model)
    return None if any(lists) and not found else tuple(found.values())


def merged(known: ServedModel, more: ServedModel) -> ServedModel:
    """Return what is known of a model, with what another document says beside it."""
    return replace(
        known,
        images=more.images if known.images is None else known.images,
        context=known.context or more.context,
    )


def facts_of(model: str, said: object) -> ServedModel:
    """Return what a document about one model says of it, as Ollama's `/api/show` and llama.cpp's `/props`."""
    tables = list(_tables(said))
    contexts = (_whole(table, *_CONTEXTS) for table in tables)
    return ServedModel(
        name=model,
        images=next((sees for table in tables if (sees := _sees(table)) is not None), None),
        context=next((context for context in contexts if context), None),
    )


def program_of(document: object, headers: Mapping[str, str]) -> ServerFacts:
    """Return which program serves, as far as its list and the headers of its answer tell."""
    if version := headers.get("x-litellm-version"):
        return ServerFacts(name="LiteLLM", version=version)
    if headers.get("server", "").lower().startswith("llama.cpp"):
        return ServerFacts(name="llama.cpp")
    entries = [document] if isinstance(document, list) else _lists(document)
    owners = (entry.get("owned_by") for one in entries for entry in one if isinstance(entry, dict))
    names = {_OWNERS.get(owner) for owner in owners if isinstance(owner, str)} - {None}
    return ServerFacts(name=names.pop() if len(names) == 1 else None)


def version_of(said: object) -> str | None:
    """Return the version that a server tells of itself."""
    if not isinstance(said, dict):
        return None
    found = next((said[name] for name in ("version", "build_info") if isinstance(said.get(name), str)), "")
    return found.strip() or None


def _lists(document: object) -> list[list[Any]]:
    """Return the lists of an object that may hold models: with `null` for none, it is empty."""
    if not isinstance(document, dict):
        return []
    found = [document[name] for name in _LISTS if name in document]
    return [one or [] for one in found if one is None or isinstance(one, list)]


def _model(entry: object) -> ServedModel | None:
    if isinstance(entry, str):
        return ServedModel(name=entry) if entry else None
    if not isinstance(entry, dict):
        return None
    names = (entry.get(key) for key in _NAMES)
    name = next((name for name in names if isinstance(name, str) and name), None)
    return facts_of(name, entry) if name else None


def _tables(said: object) -> Iterator[dict[str, Any]]:
    if isinstance(said, dict):
        yield said
        inner = [said.get(name) for name in (*_INNER, "default_generation_settings")]
        yield from (table for table in inner if isinstance(table, dict))


def _sees(table: Mapping[str, Any]) -> bool | None:
    """Return whether a model takes images, as one table says it."""
    for name in _SWITCHES:
        if isinstance(table.get(name), bool):
            return bool(table[name])
    if (kind := table.get("type")) in ("vlm", "llm", "embeddings"):
        return bool(kind == "vlm")
    for name in _MODALITIES:
        said = table.get(name)
        if isinstance(said, list) and all(isinstance(word, str) for word in said):
            return not _SEES.isdisjoint(word.lower() for word in said)
        if isinstance(said, dict) and isinstance(said.get("vision"), bool):
            return bool(said["vision"])
    return None


def _whole(table: Mapping[str, Any], *names: str) -> int | None:
    """Return the first whole number above 0 of these names; Ollama puts the architecture's before it."""
    for name in names:
        values = [table.get(name), *(table[key] for key in table if key.endswith(f".{name}"))]
        for value in values:
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return None
