"""The first part of the page: title, Model Specifications, Performance Metrics."""

from collections import Counter
from collections.abc import Sequence

from msgspec import UNSET

from fada_tui.core.records import EngineFacts, Gpu, ModelFacts, Question, Run
from fada_tui.evaluation.judging import chosen
from fada_tui.models.endpoint import place_of
from fada_tui.report import devices, memory, units, verdict_texts
from fada_tui.report.figures import Figures
from fada_tui.report.markdown import bullet, inline, name, quoted
from fada_tui.report.metrics import PERFORMANCE, item

DETAILS = "[details.md](details.md)"
"""The page beside this one, where what has no room here goes on."""
EXPLAINED = "What each figure says: docs/figures.md of fada-tui."
"""Where the figures are explained: a page lies beside no documentation, so it is named and not linked."""


def title(run: Run, found: Figures) -> list[str]:
    """Return title, date, model, data set and, for an incomplete run, its progress."""
    date = (units.moment(run.started) or inline(run.started)) if run.started else "unknown"
    lines = [
        f"# {name(run.model.name)} Test Results",
        f"**Date**: {date}",
        f"**Model**: {name(_source(run.model))}{_lora(run.model)}",
        f"**Dataset**: {name(run.dataset.name)} ({_images(run)})",
        *([] if run.status == "complete" else [f"**Status**: {_status(run, found)}"]),
    ]
    return [line for text in lines for line in (text, "")]


def _images(run: Run) -> str:
    """Return, in words, how many images a run is of, which part of its plan they are, and whose list."""
    shard = run.dataset.selection.shard
    part = "" if shard is UNSET else f", shard {shard} of {shard.images:,}"
    return f"{units.count(run.dataset.images, 'image')}{part}{_listed(run)}"


def _listed(run: Run) -> str:
    """Return, in words, by whose list the images were chosen; empty where there was none."""
    one = run.dataset.selection.images_from
    if one is UNSET:
        return ""
    are = "is" if one.unmatched == 1 else "are"
    left = f", {one.unmatched:,} of whose {one.entries:,} entries {are} left out" if one.unmatched else ""
    return f", of the list {name(one.name)}{left}"


def _source(model: ModelFacts) -> str:
    """Return the model's source: hub id or folder; the embedded model's name."""
    return model.source if model.source and "/" in model.source else model.name


def _lora(model: ModelFacts) -> str:
    """Return which LoRA was applied to the model; empty if none was."""
    return f" with the LoRA {name(model.lora.source)}" if model.lora else ""


def _status(run: Run, found: Figures) -> str:
    progress = f"{found.results:,} of {units.count(found.planned, 'result')}"
    reason = f" ({inline(run.error.kind)}: {inline(run.error.message)})" if run.error is not UNSET else ""
    if run.status == "interrupted":
        return f"⚠️ Interrupted{reason}: {progress}. All figures below are of these alone."
    return f"❌ Failed{reason}: {progress}"


def specifications(run: Run, found: Figures) -> list[str]:
    """Return the section Model Specifications."""
    model = run.model
    return [
        "## Model Specifications",
        "",
        *item("parameters", run, found),
        *bullet("GPU Memory", _gpu_memory(run)),
        *item("weights", run, found),
        *bullet("Device", _device(run)),
        *bullet("Precision", _precision(model)),
        *bullet("Image Resolution", _resolution(model, found)),
        *item("load_time", run, found),
        "",
    ]


def _gpu_memory(run: Run) -> str:
    if known := memory.on_gpu(devices.memory_of(run)):
        number = len(run.devices or ())
        return known if number < 2 else f"{known} on each of {number} devices, at most"
    return "none, the model ran on the CPU" if run.model.device == "cpu" else "unknown"


def _device(run: Run) -> str:
    model, environment = run.model, run.environment
    if place := place_of(model.source):
        return f"a server at {name(place)}"
    if several := devices.told(run):
        return several
    if run.engine and model.device != "cpu":
        made = [(run.engine, model.device, environment.gpus)]
        shards = run.merged or ()
        made = [(one.engine or run.engine, one.device, one.environment.gpus) for one in shards] or made
        return ", ".join(dict.fromkeys(_device_of_engine(*one) for one in made))
    if model.device is None:
        found = dict.fromkeys(map(name, filter(None, map(devices.of_shard, run.merged or ()))))
        return f"several, by shard: {', '.join(found)}" if found else "unknown"
    if model.device == "cpu":
        return f"CPU ({name(environment.cpu)})" if environment.cpu else "CPU"
    gpus = ", ".join(name(gpu.name) for gpu in environment.gpus)
    if not gpus:
        return name(model.device)
    # CUDA's numbering is not NVML's, so of several GPUs the device's own is not known by its number.
    return f"{name(model.device)} ({gpus if len(environment.gpus) == 1 else f'one of {gpus}'})"


def _device_of_engine(engine: EngineFacts, asked: str | None, gpus: Sequence[Gpu]) -> str:
    """Return, in words, what an engine was to use, and on which GPUs its processes were seen.

    What it does with what it is told is its own: a build for the CPU drops a GPU in silence.
    """
    product = {gpu.uuid: name(gpu.name) for gpu in gpus}
    kinds = Counter(product.get(uuid, "a GPU") for uuid in engine.gpu_uuids or ())
    seen = ", ".join(f"{number} × {kind}" if number > 1 else kind for kind, number in kinds.items())
    nowhere = "its processes were seen on no GPU" if gpus else "no NVIDIA GPU was there"
    if asked is None:
        return seen or f"the engine's choice ({nowhere})"
    return f"{name(asked)} ({seen})" if seen else f"{name(asked)} was asked for ({nowhere})"


def _precision(model: ModelFacts) -> str:
    if model.dtype is None:
        return "unknown"
    return f"{name(model.dtype)}, {name(model.quantization)}" if model.quantization else name(model.dtype)


def _resolution(model: ModelFacts, found: Figures) -> str | None:
    asked = units.resolution(model.asked_resolution)
    if asked is None:
        return None
    tokens = units.span(*found.image_tokens) if found.image_tokens else None
    each = "token" if tokens == "1" else "tokens"
    return f"{asked} (asked for)" + (f", {tokens} image {each} an image" if tokens else "")


def metrics(run: Run, found: Figures, *, brief: bool = False) -> list[str]:
    """Return the Performance Metrics; briefly, with the number of questions instead of their texts."""
    questions, how = () if run.classes is not UNSET else run.questions, chosen(run.results)
    return [
        *(line for key in PERFORMANCE for line in item(key, run, found)),
        *bullet("Errors as Incorrect", verdict_texts.weight_of_errors(found.tally)),
        *bullet("How the Judged Were Chosen", verdict_texts.how_chosen(how) if how else None),
        *(
            bullet("Questions Used", f"{len(questions):,}, listed in {DETAILS}")
            if brief
            else _asked(questions)
        ),
        "",
    ]


def _asked(questions: Sequence[Question]) -> list[str]:
    if not questions:
        return []
    if len(questions) == 1:
        return quoted(f"Question Used{_about(questions[0])}", questions[0].text)
    asked = [
        line
        for question in questions
        for line in quoted(f"{name(question.id)}{_about(question)}", question.text, indent=2)
    ]
    return ["- **Questions Used**:", *asked]


def _about(question: Question) -> str:
    """Return a question's short name and kind in brackets, if it has any."""
    short = None if question.short is UNSET else inline(question.short)
    kind = None if question.score is UNSET else f"kind: {inline(question.score)}"
    about = ", ".join(part for part in (short, kind) if part)
    return f" ({about})" if about else ""
