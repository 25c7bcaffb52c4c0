"""The command that reproduces a run."""

import shlex
from collections.abc import Container, Iterator
from typing import TypeAlias

from msgspec import UNSET

from fada_tui.config.schema import SAMPLING, SETTINGS
from fada_tui.core.device_list import as_listed
from fada_tui.core.file_names import decode_name
from fada_tui.core.records import Generation, ModelFacts, Run
from fada_tui.models.endpoint import is_endpoint, is_served, parse

Value: TypeAlias = str | int | float | None


def reproducing_command(run: Run, model: str) -> str | None:
    """Return the command, one option per line, quoted for bash; `None` if the run records too little.

    The revision has no option; it stands among the page's other notes.

    Args:
        run: The run.
        model: The name, hub id or folder by which the program finds the model.
    """
    generation, selection = run.generation, run.dataset.selection
    meaningless = {
        *(() if generation.do_sample else SAMPLING),
        *(() if generation.concurrency is UNSET else ("batch_size",)),
    }
    if run.dataset.root is None or not run.questions or generation.max_new_tokens is None:
        return None
    options: list[tuple[str, Value]] = [
        ("--model", model),
        ("--lora", run.model.lora.source if run.model.lora else None),
        ("--images", decode_name(run.dataset.root)),
        ("--images-from", _image_list(run)),
        *(("--category", decode_name(category)) for category in selection.categories or ()),
        ("--per-category", selection.per_category),
        ("--limit", selection.limit),
        ("--shuffle", selection.shuffle),
        ("--frames", selection.frames or None),
        ("--frame", selection.frame or None),
        ("--shard", str(selection.shard) if selection.shard else None),
        *_asked(run),
        *(("--alias", decode_name(f"{folder}={to}")) for folder, to in (run.dataset.aliases or {}).items()),
        *(("--references", file) for file in _reference_files(run)),
        *_settings(generation, left_out=meaningless),
        ("--engine", run.engine.name if run.engine else None),
        *_settings(run.model, left_out=("lora", *_not_asked(run))),
        ("--devices", _devices(run)),
        ("--classes", run.classes.source if run.classes is not UNSET else None),
        ("--rubric", _rubric(run)),
        *(("--allow-host", host) for host in _elsewhere(run)),
    ]
    words = [_option(option, value) for option, value in options if value is not None]
    if run.model.remote_code is not UNSET:
        words.append(_option("--trust-remote-code", model))
    if run.model.pickled is not UNSET:
        words.append("--allow-pickle")
    return " \\\n  ".join(["fada-tui --batch", *words])


def verifying_command(run: Run) -> str | None:
    """Return the command that repeats some answers of a run; `None` unless made greedily in batches."""
    generation = run.generation
    if generation.batch_size in (1, None) or generation.do_sample or is_served(run):
        return None
    return f"fada-tui verify {shell_quoted(run.id)}"


def _asked(run: Run) -> list[tuple[str, Value]]:
    """Return the option for the question set, or one for each question that a person wrote."""
    if run.question_set is UNSET:
        return [("--question", question.text) for question in run.questions]
    return [("--questions", decode_name(run.question_set.source))]


def _reference_files(run: Run) -> list[str]:
    """Return the files of the experts' answers, or their names where their places are not recorded."""
    first = run.references or None
    files = (first, *(first.others or ())) if first else ()
    return [decode_name(file.source or file.name) for file in files]


def _image_list(run: Run) -> str | None:
    """Return the file of the list of images, with its key; `None` where there was none."""
    one = run.dataset.selection.images_from
    if one is UNSET:
        return None
    return decode_name(one.source) + (f":{decode_name(one.key)}" if one.key is not UNSET else "")


def _rubric(run: Run) -> str | None:
    """Return the rubric that the answers are scored by; `None` where they write no text to be scored."""
    if run.classes is not UNSET:
        return None
    if run.scoring is not UNSET:
        return run.scoring.rubric
    return None if run.plan is UNSET else run.plan.rubric


def _devices(run: Run) -> str | None:
    """Return the list of devices: as it was planned, as long as that is known."""
    if run.plan is not UNSET and run.plan.devices is not UNSET:
        return run.plan.devices
    return as_listed([device.name for device in run.devices]) if run.devices else None


def _not_asked(run: Run) -> Iterator[str]:
    """Yield facts of a model that are called as a setting is, and were not asked for by it."""
    if _devices(run) or run.model.spread:
        yield "device"
    if run.model.dtype not in (None, *SETTINGS["dtype"].choices):  # a precision of GGUF
        yield "dtype"


def _elsewhere(run: Run) -> list[str]:
    """Return the remote server to which sending images must be allowed."""
    if not run.model.source or not is_endpoint(run.model.source):
        return []
    server = parse(run.model.source)
    return [] if server.here else [server.host]


def _settings(record: Generation | ModelFacts, left_out: Container[str] = ()) -> list[tuple[str, Value]]:
    """Return the recorded settings, each with its option."""
    names = [name for name in SETTINGS if name in record.__struct_fields__ and name not in left_out]
    values = ((SETTINGS[name].option, getattr(record, name)) for name in names)
    return [(option, value) for option, value in values if value is not UNSET]


def _option(option: str, value: str | float) -> str:
    if isinstance(value, bool):
        return option if value else option.replace("--", "--no-", 1)
    quoted = shell_quoted(str(value))
    # A value that begins with a dash would be read as the next option.
    return f"{option}={quoted}" if str(value).startswith("-") else f"{option} {quoted}"


def shell_quoted(text: str) -> str:
    """Return the text as one word for bash, on one line and without invisible characters.

    Bytes that are not UTF-8, as lone surrogates, come out as these bytes.
    """
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_ansi_c, text)) + "'"


def _ansi_c(character: str) -> str:
    if character in "'\\":
        return "\\" + character
    if character == "\n":
        return "\\n"
    if character.isprintable():
        return character
    # Octal, because bash would read further hexadecimal digits of the text into `\x`.
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
