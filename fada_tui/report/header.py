"""The page's beginning: title, Model Specifications, Performance Metrics."""

from collections.abc import Sequence

from msgspec import UNSET

from fada_tui.core.records import Environment, ModelFacts, Question, Run
from fada_tui.evaluation.verdicts import Tally
from fada_tui.models.endpoint import place_of
from fada_tui.report import memory, units
from fada_tui.report.figures import Figures
from fada_tui.report.markdown import bullet, inline, name, quoted


def title(run: Run, found: Figures) -> list[str]:
    """Return title, date, model, data set and, of a run that is not complete, how far it came."""
    date = (units.moment(run.started) or inline(run.started)) if run.started else "unknown"
    lines = [
        f"# {name(run.model.name)} Test Results",
        f"**Date**: {date}",
        f"**Model**: {name(_source(run.model))}",
        f"**Dataset**: {name(run.dataset.name)} ({units.count(run.dataset.images, 'image')})",
        *([] if run.status == "complete" else [f"**Status**: {_status(run, found)}"]),
    ]
    return [line for text in lines for line in (text, "")]


def _source(model: ModelFacts) -> str:
    """Where the model comes from: hub id or folder; the embedded model's name."""
    return model.source if model.source and "/" in model.source else model.name


def _status(run: Run, found: Figures) -> str:
    progress = f"{found.results:,} of {units.count(found.planned, 'result')}"
    if run.status == "interrupted":
        return f"⚠️ Interrupted: {progress}. All figures below are of these alone."
    reason = f" ({inline(run.error.kind)}: {inline(run.error.message)})" if run.error is not UNSET else ""
    return f"❌ Failed{reason}: {progress}"


def specifications(run: Run, found: Figures) -> list[str]:
    """Return the section Model Specifications."""
    model = run.model
    load_time = units.seconds(model.load_time)
    return [
        "## Model Specifications",
        "",
        *bullet("Parameters", units.parameters(model.parameters) or "unknown"),
        *bullet("GPU Memory", _gpu_memory(model)),
        *bullet("Weights", units.memory(model.memory.weights)),
        *bullet("Device", _device(model, run.environment)),
        *bullet("Precision", _precision(model)),
        *bullet("Image Resolution", _resolution(model, found)),
        *bullet("Load Time", f"{load_time} seconds" if load_time else "unknown"),
        "",
    ]


def _gpu_memory(model: ModelFacts) -> str:
    if known := memory.on_gpu(model.memory):
        return known
    return "none, the model ran on the CPU" if model.device == "cpu" else "unknown"


def _device(model: ModelFacts, environment: Environment) -> str:
    if place := place_of(model.source):
        return f"a server at {name(place)}"
    if model.device is None:
        return "unknown"
    if model.device == "cpu":
        return f"CPU ({name(environment.cpu)})" if environment.cpu else "CPU"
    gpus = ", ".join(name(gpu.name) for gpu in environment.gpus)
    if not gpus:
        return name(model.device)
    # CUDA's numbering is not NVML's, so of several GPUs the device's own is not known by its number.
    return f"{name(model.device)} ({gpus if len(environment.gpus) == 1 else f'one of {gpus}'})"


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


def metrics(run: Run, found: Figures) -> list[str]:
    """Return the section Performance Metrics."""
    first = units.seconds(found.first_token)
    rate, together = found.tokens_per_second, " (in batches)" if found.batch_sizes else ""
    return [
        "## Performance Metrics",
        "",
        f"- **Images Tested**: {found.images:,} ({units.count(found.categories, 'category', 'categories')})",
        *_times(run, found),
        *bullet("Time to First Token", f"{first} seconds (mean)" if first else None),
        *bullet("Throughput", _throughput(found)),
        *bullet("Tokens per Second", None if rate is None else f"{rate:.1f}{together}"),
        *memory.metrics(run.model.memory),
        *bullet("Errors", f"{found.errors:,} of {found.results:,}" if found.errors else None),
        *_assessed(found.tally, found.results),
        *(_questions(run.questions) if run.classes is UNSET else []),
        "",
    ]


def _times(run: Run, found: Figures) -> list[str]:
    """What an answer took; of several made together, each one's share, and how long one waited for it."""
    mean, median = units.seconds(found.mean_time), units.seconds(found.median_time)
    if not found.batch_sizes:
        each = "image" if len(run.questions) <= 1 else "answer"
        return [
            *bullet("Average Generation Time", f"{mean} seconds/{each}" if mean else "unknown"),
            *bullet("Median Generation Time", f"{median} seconds/{each}" if median else "unknown"),
        ]
    own = units.seconds(found.time_per_answer)
    return [
        *bullet("Average Generation Time", f"{own} seconds/answer (in batches)" if own else "unknown"),
        *bullet("Wait for an Answer", f"{mean} seconds (mean), {median} (median)" if mean else None),
    ]


def _throughput(found: Figures) -> str | None:
    """How fast answers came that were made together: each one's own time hides that."""
    each, sizes = found.time_per_answer, units.batches(found.batch_sizes)
    if sizes is None or not each:
        return None
    return f"{1 / each:.2f} answers per second ({units.seconds(each)} seconds/answer), {sizes}"


def _assessed(counts: Tally, results: int) -> list[str]:
    quality, bounds = counts.quality, counts.interval
    if quality is None or bounds is None:
        return bullet("Assessed", f"0 of {results:,}")
    verdicts = (
        f"✅ {counts.correct:,} correct, 🟡 {counts.partial:,} partially correct, "
        f"❌ {counts.incorrect:,} incorrect"
    )
    if counts.assessors > 1:
        verdicts += f" (verdicts of {counts.assessors} assessors)"
    return [
        *bullet("Assessed", f"{counts.judged:,} of {results:,}: {verdicts}"),
        *bullet(
            "Quality",
            f"{units.percent(quality)} (95% interval {units.interval(bounds)}, n = {counts.judged:,})",
        ),
    ]


def _questions(questions: Sequence[Question]) -> list[str]:
    if not questions:
        return []
    if len(questions) == 1:
        return quoted("Question Used", questions[0].text)
    asked = [line for question in questions for line in quoted(name(question.id), question.text, indent=2)]
    return ["- **Questions Used**:", *asked]
