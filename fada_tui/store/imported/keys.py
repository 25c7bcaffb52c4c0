"""What the keys around others' results say by their names: pure."""

from typing import Any, Final

# fmt: off
_WRAPPERS: Final = frozenset((
    "results", "result", "predictions", "prediction", "responses", "answers", "outputs", "generations",
    "evaluations", "rows", "records", "entries", "details", "detailed_results",
))
_LIKELY: Final = frozenset((
    "data", "samples", "items", "examples", "models", "runs", "run", "images", "by_image", "per_image",
    "by_model", "checkpoint", "state",
))
_ERRORS: Final = frozenset(("errors", "failures", "failed"))
_ABOUT: Final = frozenset((
    "metadata", "meta", "info", "config", "configuration", "settings", "args", "model_info", "header",
))
_BESIDE: Final = frozenset((
    "summary", "statistics", "stats", "metrics", "scores", "analysis", "performance", "timing", "timings",
    "environment", "system", "hardware", "progress",
))
# fmt: on

MODEL_NAMES = ("name", "model", "model_name", "id", "model_id", "source", "path")
"""Keys of a model's name in an object that describes it."""


def wrappers(value: Any) -> dict[str, Any]:
    """Return the values of an object's keys that say nothing but that results follow."""
    return _held(value, _WRAPPERS) if isinstance(value, dict) else {}


def named_models(key: str, value: Any) -> Any:
    """Return a list of models with the name of each where rows find it: in an entry's key `model`."""
    if key.casefold() != "models" or not isinstance(value, list):
        return value
    if not any(isinstance(one, dict) and wrappers(one) for one in value):
        return value
    return [_with_name(one) if isinstance(one, dict) else one for one in value]


def _with_name(entry: dict[str, Any]) -> dict[str, Any]:
    name = next(
        (one for key in ("name", "id") if isinstance(one := entry.get(key), str) and one.strip()), None
    )
    told = any(key in entry for key in ("model", "model_name", "model_id"))
    return entry if told or name is None else {"model": name, **entry}


def likely_wrappers(value: dict[str, Any]) -> dict[str, Any]:
    """Return those that say so where no other key does: beside results they may be about something else."""
    return _held(value, _LIKELY)


def names_errors(key: str) -> bool:
    """Return whether a key is that of rows that are errors, beside results."""
    return key.casefold() in _ERRORS


def describes(key: str) -> bool:
    """Return whether a key is that of what holds for all results."""
    return key.casefold() in _ABOUT


def summarises(key: str) -> bool:
    """Return whether a key is that of what was computed of results, or measured beside them."""
    return key.casefold() in _BESIDE


def _held(value: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key.casefold() in names and holds(one)}


def holds(value: Any) -> bool:
    """Return whether a value can hold rows: an object, or a list of other than plain values."""
    if isinstance(value, list):
        return not value or any(isinstance(one, (list, dict)) for one in value)
    return isinstance(value, dict)
