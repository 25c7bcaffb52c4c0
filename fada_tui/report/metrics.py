"""All metrics of a run, each defined once for page, comparisons, CSV, JSON and the dashboard.

A new one is an entry in `METRICS`. Where people are to read it on a page or in the comparison's table, its
key also stands in `PERFORMANCE` or `TABLE`; for the dashboard, in `tui.screens.comparison.COLUMNS`.
"""

from collections.abc import Mapping
from typing import Final

from fada_tui.core.records import Run
from fada_tui.evaluation.statistics import Interval, Share
from fada_tui.report import devices, memory
from fada_tui.report import metric_texts as texts
from fada_tui.report.figures import Figures, Span
from fada_tui.report.markdown import bullet, name
from fada_tui.report.metric import Metric, Shown
from fada_tui.report.verdict_metrics import verdict_metrics


def _batch_sizes(run: Run, its: Figures) -> Span | None:
    """Return the smallest and largest batch; unknown if the way of answering is unknown."""
    known = run.generation.batch_size is not None and its.answers
    return its.batch_sizes or (Span(least=1, most=1) if known else None)


def _accuracy(its: Figures) -> Share | None:
    return its.sorting.top1 if its.sorting and its.sorting.top1.total else None


def _accuracy_interval(its: Figures) -> Interval | None:
    return its.sorting.interval if its.sorting else None


METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        key="run",
        value=lambda run, _: run.id,
        unit="text",
        shown={"table": Shown("Run", lambda run, _: name(run.id))},
    ),
    Metric(
        key="model",
        value=lambda run, _: run.model.name,
        unit="text",
        shown={"table": Shown("Model", texts.model), "screen": Shown("Model")},
    ),
    Metric(key="source", value=lambda run, _: run.model.source, unit="text"),
    Metric(key="status", value=lambda run, _: run.status, unit="text"),
    Metric(key="started", value=lambda run, _: run.started, unit="text"),
    Metric(key="dataset", value=lambda run, _: run.dataset.name, unit="text"),
    Metric(
        key="images",
        value=lambda _, its: its.images,
        unit="count",
        better="higher",
        shown={"page": Shown("Images Tested", texts.images), "screen": Shown("Images")},
    ),
    Metric(
        key="results",
        value=lambda _, its: its.results,
        unit="count",
        better="higher",
        shown={"table": Shown("Results", texts.results)},
    ),
    Metric(
        key="one_answer",
        value=lambda run, _: texts.one_answer(run),
        unit="text",
        shown={"table": Shown("One Answer")},
        in_data=False,
    ),
    Metric(key="planned", value=lambda _, its: its.planned, unit="count"),
    Metric(
        key="errors",
        value=lambda _, its: its.errors,
        unit="count",
        better="lower",
        shown={"page": Shown("Errors", texts.errors)},
    ),
    Metric(
        key="parameters",
        value=lambda run, _: run.model.parameters,
        unit="count",
        better="lower",
        shown={
            "page": Shown("Parameters", texts.parameters),
            "table": Shown("Size", texts.parameters),
            "screen": Shown("Size", texts.parameters_on_screen),
        },
    ),
    Metric(key="dtype", value=lambda run, _: run.model.dtype, unit="text"),
    Metric(key="quantization", value=lambda run, _: run.model.quantization, unit="text"),
    Metric(key="longest_edge", value=lambda run, _: run.model.asked_resolution.longest_edge, unit="count"),
    Metric(key="max_tiles", value=lambda run, _: run.model.asked_resolution.max_tiles, unit="count"),
    Metric(
        key="image_tokens_least",
        value=lambda _, its: its.image_tokens.least if its.image_tokens else None,
        unit="count",
    ),
    Metric(
        key="image_tokens_most",
        value=lambda _, its: its.image_tokens.most if its.image_tokens else None,
        unit="count",
    ),
    Metric(key="device", value=lambda run, _: devices.names_of(run), unit="text"),
    Metric(
        key="load_time",
        value=lambda run, _: devices.load_time_of(run),
        unit="seconds",
        better="lower",
        shown={"page": Shown("Load Time", texts.load_time)},
    ),
    Metric(
        key="weights",
        value=lambda run, _: run.model.memory.weights,
        unit="bytes",
        better="lower",
        shown={"page": Shown("Weights")},
    ),
    Metric(
        key="torch_peak_allocated",
        value=lambda run, _: devices.memory_of(run).torch_peak_allocated,
        unit="bytes",
        better="lower",
        shown={"page": Shown("Peak GPU Memory, torch allocated", texts.peak("torch_peak_allocated"))},
    ),
    Metric(
        key="torch_peak_reserved",
        value=lambda run, _: devices.memory_of(run).torch_peak_reserved,
        unit="bytes",
        better="lower",
        shown={"page": Shown("Peak GPU Memory, torch reserved", texts.peak("torch_peak_reserved"))},
    ),
    Metric(
        key="nvml_process_peak",
        value=lambda run, _: devices.memory_of(run).nvml_process_peak,
        unit="bytes",
        better="lower",
        shown={"page": Shown("Peak GPU Memory, NVML process", texts.peak("nvml_process_peak"))},
    ),
    Metric(
        key="worker_rss_peak",
        value=lambda run, _: devices.memory_of(run).worker_rss_peak,
        unit="bytes",
        better="lower",
        shown={"page": Shown("Peak Process Memory, worker resident", texts.peak("worker_rss_peak"))},
    ),
    Metric(
        key="mean_time",
        value=lambda _, its: its.mean_time,
        unit="seconds",
        better="lower",
        shown={"page": Shown("Wait for an Answer", texts.waiting_time)},
    ),
    Metric(
        key="median_time",
        value=lambda _, its: its.median_time,
        unit="seconds",
        better="lower",
        shown={"page": Shown("Median Generation Time", texts.median_time)},
    ),
    Metric(
        key="time_lower_quartile",
        value=lambda _, its: its.time_spread.quartiles.lower if its.time_spread else None,
        unit="seconds",
        better="lower",
    ),
    Metric(
        key="time_upper_quartile",
        value=lambda _, its: its.time_spread.quartiles.upper if its.time_spread else None,
        unit="seconds",
        better="lower",
    ),
    Metric(key="first_time", value=lambda _, its: its.first_time, unit="seconds", better="lower"),
    Metric(key="first_fifth_time", value=lambda _, its: its.pace.first if its.pace else None, unit="seconds"),
    Metric(key="last_fifth_time", value=lambda _, its: its.pace.last if its.pace else None, unit="seconds"),
    Metric(key="slower_p", value=lambda _, its: its.pace.p if its.pace else None, unit="share"),
    Metric(
        key="time_per_answer",
        value=lambda _, its: its.time_per_answer,
        unit="seconds",
        better="lower",
        shown={
            "page": Shown("Average Generation Time", texts.average_time),
            "table": Shown("Speed", texts.speed),
            "screen": Shown("Per answer", texts.time_on_screen),
        },
    ),
    Metric(
        key="batch_size_least",
        value=lambda run, its: sizes.least if (sizes := _batch_sizes(run, its)) else None,
        unit="count",
    ),
    Metric(
        key="batch_size_most",
        value=lambda run, its: sizes.most if (sizes := _batch_sizes(run, its)) else None,
        unit="count",
    ),
    Metric(
        key="first_token",
        value=lambda _, its: its.first_token,
        unit="seconds",
        better="lower",
        shown={"page": Shown("Time to First Token", texts.first_token)},
    ),
    Metric(
        key="tokens_per_second",
        value=lambda _, its: its.tokens_per_second,
        unit="per second",
        better="higher",
        shown={
            "page": Shown("Tokens per Second", texts.tokens_per_second),
            "screen": Shown("Tokens/s"),
        },
    ),
    Metric(
        key="judged",
        value=lambda _, its: its.tally.judged,
        unit="count",
        better="higher",
        shown={"page": Shown("Assessed", texts.assessed)},
    ),
    Metric(key="correct", value=lambda _, its: its.tally.correct, unit="count"),
    Metric(key="partial", value=lambda _, its: its.tally.partial, unit="count"),
    Metric(key="incorrect", value=lambda _, its: its.tally.incorrect, unit="count"),
    Metric(
        key="quality",
        value=lambda _, its: its.tally.quality,
        unit="share",
        better="higher",
        shown={
            "page": Shown("Quality", texts.quality),
            "table": Shown("Quality", texts.quality_in_table),
            "screen": Shown("Quality (95%)", texts.quality_on_screen),
        },
    ),
    Metric(
        key="quality_low",
        value=lambda _, its: bounds.low if (bounds := its.tally.interval) else None,
        unit="share",
    ),
    Metric(
        key="quality_high",
        value=lambda _, its: bounds.high if (bounds := its.tally.interval) else None,
        unit="share",
    ),
    *verdict_metrics(),
    Metric(key="context_flags_set", value=lambda _, its: its.tally.context.hits, unit="count"),
    Metric(key="context_flags", value=lambda _, its: its.tally.context.total, unit="count"),
    Metric(key="auto_context", value=lambda _, its: its.auto_context.hits, unit="count"),
    Metric(key="auto_scored", value=lambda _, its: its.auto_context.total, unit="count"),
    Metric(
        key="auto_score",
        value=lambda _, its: its.auto_score,
        unit="share",
        better="higher",
        shown={"screen": Shown("Auto")},
    ),
    Metric(key="auto_maternal", value=lambda _, its: its.maternal.hits, unit="count"),
    Metric(key="auto_maternal_of", value=lambda _, its: its.maternal.total, unit="count"),
    Metric(key="identical_answers", value=lambda _, its: its.identical.hits, unit="count"),
    Metric(key="answers", value=lambda _, its: its.identical.total, unit="count"),
    Metric(key="cut_at_limit", value=lambda _, its: its.cut.hits, unit="count"),
    Metric(key="ends_known", value=lambda _, its: its.cut.total, unit="count"),
    Metric(key="repeating_answers", value=lambda _, its: its.repeating.hits, unit="count"),
    Metric(key="in_mid_sentence", value=lambda _, its: its.in_mid_sentence.hits, unit="count"),
    Metric(key="in_mid_sentence_of", value=lambda _, its: its.in_mid_sentence.total, unit="count"),
    Metric(
        key="sorted_right", value=lambda _, its: its.sorting.top1.hits if its.sorting else None, unit="count"
    ),
    Metric(key="sorted", value=lambda _, its: its.sorting.top1.total if its.sorting else None, unit="count"),
    Metric(
        key="accuracy",
        value=lambda _, its: right.hits / right.total if (right := _accuracy(its)) else None,
        unit="share",
        better="higher",
        shown={
            "page": Shown("Accuracy", texts.accuracy),
            "table": Shown("Accuracy", texts.accuracy_in_table),
        },
    ),
    Metric(
        key="accuracy_low",
        value=lambda _, its: bounds.low if (bounds := _accuracy_interval(its)) else None,
        unit="share",
    ),
    Metric(
        key="accuracy_high",
        value=lambda _, its: bounds.high if (bounds := _accuracy_interval(its)) else None,
        unit="share",
    ),
    Metric(
        key="macro_f1",
        value=lambda _, its: its.sorting.macro_f1 if its.sorting else None,
        unit="share",
        better="higher",
        shown={
            "page": Shown("Macro F1", texts.macro_f1),
            "table": Shown("Macro F1", texts.macro_f1_in_table),
        },
    ),
    Metric(
        key="memory",
        value=lambda run, _: its.size if (its := memory.chosen(devices.memory_of(run))) else None,
        unit="bytes",
        better="lower",
        shown={
            "table": Shown("Memory", texts.memory_in_table),
            "screen": Shown("Peak memory", texts.memory_on_screen),
        },
        in_data=False,
    ),
    Metric(
        key="context",
        value=lambda _, its: share.hits / share.total if (share := its.context) else None,
        unit="share",
        better="higher",
        shown={
            "table": Shown("Context", texts.context),
            "screen": Shown("Context", texts.context_on_screen),
        },
        in_data=False,
    ),
    Metric(
        key="throughput",
        value=lambda _, its: its.together or (1 / its.time_per_answer if its.time_per_answer else None),
        unit="per second",
        better="higher",
        shown={"page": Shown("Throughput", texts.throughput)},
        in_data=False,
    ),
)
"""In the order of CSV and JSON."""

METRIC: Final[Mapping[str, Metric]] = {metric.key: metric for metric in METRICS}
"""Metrics by key."""

PERFORMANCE: Final = (
    "images",
    "time_per_answer",
    "mean_time",
    "median_time",
    "first_token",
    "throughput",
    "tokens_per_second",
    "torch_peak_allocated",
    "torch_peak_reserved",
    "nvml_process_peak",
    "worker_rss_peak",
    "errors",
    "judged",
    "correct_share",
    "correct_or_partial_share",
    "quality",
)
"""Metrics of the page's section Performance Metrics, in its order."""

TABLE: Final = (
    "model",
    "parameters",
    "memory",
    "time_per_answer",
    "context",
    "accuracy",
    "macro_f1",
    "quality",
    "results",
    "one_answer",
)
"""The columns of the comparison's table."""


def item(key: str, run: Run, found: Figures) -> list[str]:
    """Return a metric as a list item of a run's page; empty if it is unknown."""
    metric = METRIC[key]
    return bullet(metric.shown["page"].heading, metric.text("page", run, found))
