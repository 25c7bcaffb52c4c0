"""The texts of metrics that show more than a value: an interval, a count, how answers were made."""

from collections.abc import Callable

from fada_tui.core.records import Run
from fada_tui.evaluation.statistics import Interval, Share
from fada_tui.report import devices, memory, units, verdict_texts
from fada_tui.report.figures import Figures, Span
from fada_tui.report.markdown import name

BATCHED = "*"
"""Mark on screen for a time that is a share of a batch's."""


def model(run: Run, _: Figures) -> str:
    """Return the model, with the requested image resolution if there is one."""
    resolution = units.resolution(run.model.asked_resolution)
    return name(run.model.name) + (f" ({resolution})" if resolution else "")


def parameters(run: Run, _: Figures) -> str:
    """Return the model's size."""
    return units.parameters(run.model.parameters) or "unknown"


def parameters_on_screen(run: Run, _: Figures) -> str | None:
    """Return the model's size in five cells at most."""
    return units.parameters_briefly(run.model.parameters)


def load_time(run: Run, _: Figures) -> str:
    """Return the time that loading took."""
    seconds = units.seconds(devices.load_time_of(run))
    return f"{seconds} seconds{_of_several(run, 'longest')}" if seconds else "unknown"


def peak(figure: str) -> Callable[[Run, Figures], str | None]:
    """Return what gives a peak of memory; of several devices the highest."""

    def text(run: Run, _: Figures) -> str | None:
        size = units.memory(getattr(devices.memory_of(run), figure))
        whose = " (of the engine's processes together)" if run.engine else ""
        return f"{size}{whose}{_of_several(run, 'highest')}" if size else None

    return text


def _of_several(run: Run, which: str) -> str:
    number = len(run.devices or ())
    return f" (the {which} of {number} devices)" if number > 1 else ""


def memory_in_table(run: Run, _: Figures) -> str:
    """Return the model's main memory figure, with its name."""
    return memory.briefly(devices.memory_of(run), by_engine=bool(run.engine))


def memory_on_screen(run: Run, _: Figures) -> str | None:
    """Return the model's main memory figure, with its name shortened."""
    found = memory.chosen(devices.memory_of(run), by_engine=bool(run.engine))
    return f"{units.memory(found.size)} {found.short}" if found else None


def images(_: Run, found: Figures) -> str:
    """Return the number of images, and of how many categories."""
    return f"{found.images:,} ({units.count(found.categories, 'category', 'categories')})"


def results(run: Run, found: Figures) -> str:
    """Return the number of results made and planned, and the number of errors."""
    text = f"{found.results:,}" if run.status == "complete" else f"{found.results:,} of {found.planned:,}"
    text += f", {units.count(found.errors, 'error')}" if found.errors else ""
    return text if run.status == "complete" else f"{text} ({run.status})"


def errors(_: Run, found: Figures) -> str | None:
    """Return the number of results that are errors; `None` if there are none."""
    return f"{found.errors:,} of {found.results:,}" if found.errors else None


def average_time(run: Run, found: Figures) -> str:
    """Return the mean time of an answer; in batches, its share."""
    where = _at_once(run, found)
    if not found.batch_sizes:
        return _each(run, found.mean_time) + (f" ({where})" if where and found.mean_time is not None else "")
    own, how = units.seconds(found.time_per_answer), ", ".join(filter(None, ("in batches", where)))
    return f"{own} seconds/answer ({how})" if own else "unknown"


def _at_once(run: Run, found: Figures) -> str:
    """Return that figures are of one device or request of several at once; empty where there was one."""
    return on_one(found) or requests(run)


def on_one(found: Figures) -> str:
    """Return that figures are of one of several devices; empty where there was one."""
    return f"on one of {found.devices} devices" if found.devices else ""


def requests(run: Run) -> str:
    """Return how many requests a server or engine was sent at once; empty where it was one."""
    at_once = run.generation.concurrency or 1
    return f"with up to {at_once:,} requests at once" if at_once > 1 else ""


def median_time(run: Run, found: Figures) -> str | None:
    """Return the median time of an answer; `None` in batches, which `waiting_time` covers."""
    return None if found.batch_sizes else _each(run, found.median_time)


def _each(run: Run, value: float | None) -> str:
    seconds = units.seconds(value)
    return f"{seconds} seconds/{'image' if len(run.questions) <= 1 else 'answer'}" if seconds else "unknown"


def waiting_time(_: Run, found: Figures) -> str | None:
    """Return the time to wait for an answer, if answers were made in batches."""
    mean, median = units.seconds(found.mean_time), units.seconds(found.median_time)
    return f"{mean} seconds (mean), {median} (median)" if found.batch_sizes and mean else None


def first_token(_: Run, found: Figures) -> str | None:
    """Return the time to the first token."""
    first = units.seconds(found.first_token)
    whose = ", of thoughts or answer" if found.thoughts.hits else ""
    return f"{first} seconds (mean{whose})" if first else None


def throughput(run: Run, found: Figures) -> str | None:
    """Return the throughput of answers made at once, which single answers' times do not show."""
    each, sizes = found.time_per_answer, units.batches(found.batch_sizes)
    if found.together:
        where = f"by {found.devices} devices at once, while all of them answer"
        took = devices.by_the_clock(run, found.answers)
        more = f"; {took}, loading, pauses and interruptions included" if took else ""
        told = ", ".join(filter(None, (where, sizes)))
        return f"{found.together:.2f} answers per second {told} (n = {found.at_once:,}){more}"
    if took := devices.by_the_clock(run, found.answers) if requests(run) else None:
        return f"{took} {requests(run)}, loading, pauses and interruptions included"
    if sizes is None or not each:
        return None
    return f"{1 / each:.2f} answers per second ({units.seconds(each)} seconds/answer), {sizes}"


def tokens_per_second(run: Run, found: Figures) -> str | None:
    """Return the tokens generated per second."""
    if found.tokens_per_second is None:
        return None
    how_many = _at_once(run, found)
    told = {
        "in batches": found.batch_sizes,
        "thoughts included": found.thoughts.hits,
        how_many: how_many,
    }
    how = ", ".join(words for words, applies in told.items() if applies)
    return f"{found.tokens_per_second:.1f}" + (f" ({how})" if how else "")


def speed(run: Run, found: Figures) -> str:
    """Return the time of an answer, and how many were made or requested at once."""
    each, at_once = units.seconds(found.time_per_answer), run.generation.concurrency or 1
    if each is None:
        return "unknown"
    sizes = units.batches(found.batch_sizes)
    if how := ", ".join(filter(None, (sizes, on_one(found)))):
        return f"{each} s ({how})"
    return f"{each} s ({at_once} requests at once)" if at_once > 1 else f"{each} s"


def time_on_screen(_: Run, found: Figures) -> str | None:
    """Return the time of an answer: `1.52 s`; `*0.50 s` in batches."""
    each = units.seconds(found.time_per_answer)
    return f"{BATCHED if found.batch_sizes else ''}{each} s" if each else None


def time_in_list(time_per_answer: float | None, batch_sizes: Span | None) -> str | None:
    """Return the time of an answer, for lists of runs and models: `1.52 s`, `0.50 s in batches`."""
    each = units.seconds(time_per_answer)
    return f"{each} s{' in batches' if batch_sizes else ''}" if each else None


def assessed(_: Run, found: Figures) -> str:
    """Return how many answers were judged, with the counts of verdicts."""
    counts = found.tally
    if not counts.judged:
        return f"0 of {units.count(counts.answers, 'answer')}"
    return f"{verdict_texts.counted(counts)}: {verdict_texts.by_kind(counts)}"


def quality(_: Run, found: Figures) -> str | None:
    """Return the quality with its interval and the number judged, for a run's page."""
    return verdict_texts.in_both_ways(found.tally, "quality")


def quality_in_table(_: Run, found: Figures) -> str:
    """Return the quality with its interval and the number judged, for the comparison."""
    return _quality(found, "{percent} ({interval}, n = {of})") or "not assessed"


def quality_on_screen(_: Run, found: Figures) -> str | None:
    """Return the quality with its interval and the number judged, for the dashboard."""
    return _quality(found, "{percent} ({interval}) n={judged:,}")


def _quality(found: Figures, words: str) -> str | None:
    share = found.tally.share("quality")
    if share is None:
        return None
    return words.format(
        percent=units.percent(share.value),
        interval=units.interval(share.interval),
        judged=share.n,
        of=verdict_texts.of(share),
    )


def context(run: Run, found: Figures) -> str:
    """Return in how many answers the context is recognised, by assessors' flags or else by terms."""
    if found.sorting is not None:
        return "writes no text"
    share = found.context
    return f"{units.of(share)}{'' if found.flagged else ' (computed)'}" if share else "unknown"


def context_on_screen(_: Run, found: Figures) -> str | None:
    """Return the same for the dashboard."""
    share = found.context
    return f"{units.of(share)}{'' if found.flagged else ' auto'}" if share else None


def right(share: Share, bounds: Interval | None) -> str | None:
    """Return a share of right answers with its interval: `67% (95% interval 35–88%), 6 of 9`."""
    if bounds is None:
        return None
    part = units.percent(share.hits / share.total)
    return f"{part} (95% interval {units.interval(bounds)}), {units.of(share)}"


def accuracy(_: Run, found: Figures) -> str | None:
    """Return how many images were sorted correctly; `None` if the model writes text."""
    if found.sorting is None:
        return None
    known = right(found.sorting.top1, found.sorting.interval)
    return known or "nothing to compare with: no category is one of the classes"


def accuracy_in_table(_: Run, found: Figures) -> str | None:
    """Return the accuracy for the table, without a text if there is none."""
    return None if found.sorting is None else right(found.sorting.top1, found.sorting.interval) or "–"


def macro_f1(_: Run, found: Figures) -> str | None:
    """Return the macro F1 with its interval and the number of images."""
    if found.sorting is None or (score := found.sorting.macro_f1) is None:
        return None
    bounds = found.sorting.interval_of_macro_f1
    interval = f" (95% interval {bounds.low:.2f}–{bounds.high:.2f})" if bounds else ""
    return f"{score:.3f}{interval}, n = {found.sorting.top1.total:,}"


def macro_f1_in_table(_: Run, found: Figures) -> str | None:
    """Return the macro F1 without interval."""
    if found.sorting is None:
        return None
    return "–" if (score := found.sorting.macro_f1) is None else f"{score:.3f}"


def one_answer(run: Run) -> str | None:
    """Return how many of the questions have one answer for (nearly) every image; `None` where none has."""
    constant = sum(one.finding == "one_answer" for one in run.looking or ())
    return f"{constant:,} of {len(run.questions):,}" if constant else None
