"""The expected time and memory of a run, from earlier runs of its model and the size of its weights.

Nothing is guessed: what no run and no file tells is `None`. Nothing is scaled but that several GPUs, each
with a model of its own, share the answers.
"""

from collections.abc import Iterable, Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.records import Generation, ModelEntry, ModelMemory, Run
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.resolution import options_of
from fada_tui.report import units
from fada_tui.report.figures import Figures
from fada_tui.runs.planning import Estimate
from fada_tui.runs.preflight.memory_fit import Free, Suggestion, by_auto, main_memory, places, suggest
from fada_tui.runs.several import ONE, Several, made_on
from fada_tui.runs.telemetry import Sample

Earlier = tuple[Run, Figures]
"""A run and its figures; the run may lack its results."""


class Forecast(Struct, frozen=True, kw_only=True):
    """The expected time and memory of a run."""

    results: int
    seconds: float | None
    """Seconds for all answers, without loading."""
    seconds_from: str
    """The basis of the estimated seconds, in words."""
    load_seconds: float | None
    memory_needed: int | None
    """Bytes."""
    memory_from: str
    """The basis of the estimated memory, in words."""
    memory_free: int | None
    place: str | None
    """The device whose free memory is given; `None` if nothing has been measured."""
    spread: bool = False
    """Whether the place is several GPUs, over which the model is spread."""
    image_tokens: int | None = None
    """Tokens of an image in the requested resolution; `None` if none is requested or it is unknown."""
    obstacle: str | None = None
    """The reason why loading would be refused, according to the model's files."""
    instead: Suggestion | None = None
    """How to make the model fit, if it does not fit as set."""

    @property
    def fits(self) -> bool | None:
        """Return whether the memory is enough."""
        if self.memory_needed is None or self.memory_free is None:
            return None
        return self.memory_needed <= self.memory_free

    @property
    def whole(self) -> float | None:
        """Return the seconds of answering and, if known, of loading."""
        return None if self.seconds is None else self.seconds + (self.load_seconds or 0.0)


class Together(Struct, frozen=True):
    """The expected time and memory of several runs in sequence."""

    results: int
    seconds: float | None
    memory_needed: int | None
    """Bytes needed by the run that needs most."""
    memory_free: int | None
    place: str | None
    fits: bool | None


def forecast(
    entry: ModelEntry,
    estimate: Estimate,
    earlier: Sequence[Earlier],
    made: Generation,
    free: Free | None,
    elsewhere: Sequence[Free] = (),
    on: Several = ONE,
) -> Forecast:
    """Estimate time and memory of a run.

    Args:
        entry: the model as it will be loaded.
        estimate: its size, and how many answers there will be.
        earlier: its runs, the oldest first; those of another resolution tell of loading alone.
        made: how the answers will be made.
        free: memory on the device where it will be loaded.
        elsewhere: memory on other devices.
        on: how many devices make it at once.
    """
    latest = [one for one in reversed(earlier) if _same_resolution(one[0], entry)]
    lacking = "no earlier run at this resolution" if earlier and not latest else "no earlier run"
    timed = _timed(latest, made, on)
    needed, needed_from = _needed(entry, estimate, latest, made, free)
    needs = estimate.requirements
    if free is not None and free.cards and needs.need:
        elsewhere = tuple(dict.fromkeys((*free.cards, *elsewhere)))
        free = by_auto(needs.need, free)
    told = Forecast(
        results=estimate.results,
        seconds=None if timed is None else estimate.results * _each(*timed, on),
        seconds_from=lacking if timed is None else _source(*timed, made, on),
        load_seconds=next(
            (run.model.load_time for run, _ in reversed(earlier) if run.model.load_time is not None), None
        ),
        memory_needed=needed,
        memory_from=needed_from,
        memory_free=free.size if free else None,
        place=free.place if free else None,
        spread=bool(needs.need and free and free.cards),
        image_tokens=needs.image.count if options_of(needs.asked) and needs.image else None,
        obstacle=next((obstacle.message for obstacle in needs.obstacles), None),
    )
    if told.fits is not False or free is None:
        return told
    others = [place for place in elsewhere if place != free]
    return replace(told, instead=_instead(estimate, told, free, others, spread=on.number == 1))


def seconds_expected(
    entry: ModelEntry,
    answers: int,
    earlier: Sequence[Earlier],
    made: Generation,
    on: Several = ONE,
) -> float | None:
    """Return the seconds that answers will take, without loading; `None` if no earlier run tells it.

    Args:
        entry: the model as it will be loaded.
        answers: how many there will be.
        earlier: its runs, the oldest first.
        made: how the answers will be made.
        on: how many devices make them at once.
    """
    timed = _timed([one for one in reversed(earlier) if _same_resolution(one[0], entry)], made, on)
    return None if timed is None else answers * _each(*timed, on)


def together(forecasts: Iterable[Forecast]) -> Together:
    """Return answers and seconds of all runs that can start, and the highest memory need among them."""
    parts = [one for one in forecasts if one.obstacle is None]
    seconds = [part.whole for part in parts]
    needed = [part.memory_needed for part in parts]
    fits = [part.fits for part in parts]
    known_seconds = [value for value in seconds if value is not None]
    known_needed = [value for value in needed if value is not None]
    return Together(
        results=sum(part.results for part in parts),
        seconds=sum(known_seconds) if len(known_seconds) == len(parts) > 0 else None,
        memory_needed=max(known_needed) if len(known_needed) == len(parts) > 0 else None,
        memory_free=parts[0].memory_free if parts else None,
        place=parts[0].place if parts else None,
        fits=False if False in fits else None if None in fits or not fits else True,
    )


def free_memory(sample: Sample | None, device: str) -> Free | None:
    """Return the free memory on the device that the settings name.

    What the worker holds now is counted as free: a model is dropped before another is loaded.
    """
    if sample is None:
        return None
    if device == "auto" or device.startswith("cuda"):
        number = device[5:] if device[5:].isdecimal() else "0"
        named = (place for place in places(sample) if place.device == f"cuda:{int(number)}")
        if (found := next(named, None)) or device != "auto":
            return found
    return main_memory(sample)


def places_for(sample: Sample | None, device: str) -> tuple[Free | None, tuple[Free, ...]]:
    """Return the free memory on the chosen device, then on the others, main memory last."""
    free = free_memory(sample, device)
    if sample is None:
        return free, ()
    every = dict.fromkeys((*places(sample), main_memory(sample)))
    elsewhere = tuple(place for place in every if place != free)
    gpus = tuple(place for place in every if place.gpu)
    if device == "auto" and free is not None and len(gpus) > 1:
        free = replace(free, cards=gpus)
    return free, elsewhere


def _timed(latest: Sequence[Earlier], made: Generation, on: Several) -> Earlier | None:
    """Return the latest run with answers, preferring the same devices, concurrency, thinking, token limit."""
    timed = [
        (run, figures) for run, figures in latest if figures.answers and figures.time_per_answer is not None
    ]

    def unlike(one: Earlier) -> tuple[bool, bool, bool, bool]:
        generation = one[0].generation
        return (
            made_on(one[0]).number != on.number,
            _at_once(generation) != _at_once(made),
            generation.thinking != made.thinking,
            generation.most_tokens != made.most_tokens,
        )

    return min(timed, key=unlike, default=None)


def _each(run: Run, figures: Figures, on: Several) -> float:
    """Return the seconds that each answer adds to a run, with concurrent answers overlapping."""
    there = made_on(run)
    if on.gpus and there.gpus:
        return (figures.time_per_answer or 0.0) / on.number
    if figures.together:  # on one device, if that is asked for, it takes no longer than on each of several
        return (figures.time_per_answer or 0.0) if on.number == 1 else 1 / figures.together
    concurrency = run.generation.concurrency
    lanes = 1 if concurrency is UNSET else min(concurrency, figures.answers)
    return (figures.time_per_answer or 0.0) / lanes


def _source(run: Run, figures: Figures, made: Generation, on: Several) -> str:
    """Return the basis of the estimated seconds, and how its conditions differ from the new run's."""
    tokens, at_once = run.generation.most_tokens, _at_once(run.generation)
    thinking = run.generation.thinking or "auto"
    other = "" if at_once == _at_once(made) else f", {at_once}"
    other += "" if thinking == (made.thinking or "auto") else f", thinking {thinking}"
    there = made_on(run)
    if there.number != on.number:
        shared = f", shared by {on.number}" if on.gpus and there.gpus and on.number > 1 else ""
        other += f", on {there.words}{shared}"
    other += f", at {tokens} tokens" if tokens not in (None, made.most_tokens) else ""
    return f"from {units.count(figures.answers, 'answer')} of run {run.id}{other}"


def _at_once(generation: Generation) -> str:
    """Return how many answers are made at once, in words."""
    if generation.concurrency is not UNSET:
        return f"{units.count(generation.concurrency, 'request')} at once"
    return f"batch size {generation.batch_size or 1}"


def _needed(
    entry: ModelEntry, estimate: Estimate, latest: Sequence[Earlier], made: Generation, free: Free | None
) -> tuple[int | None, str]:
    """Return bytes and their basis: a run at the same precision and batch size, else the weights."""
    if is_endpoint(entry.source):
        return None, "it runs on a server"
    # `auto` begins with one answer and takes what there is: what it took says nothing of what another needs.
    size = 1 if made.batch_size == "auto" else made.batch_size or 1
    for run, _ in latest:
        if _same_precision(run, entry) and (run.generation.batch_size or 1) == size:
            peak = _peak(run.model.memory, gpu=free.gpu if free else None)
            if peak is not None:
                return peak, "measured"
    if (need := estimate.requirements.need) is None:
        return None, "size of the weights unknown"
    return need.total + (size - 1) * need.cache, "estimated from weights"


def _instead(
    estimate: Estimate, told: Forecast, free: Free, elsewhere: Sequence[Free], *, spread: bool
) -> Suggestion | None:
    """Return how to make a model fit that does not fit as set, by measurements where there are any."""
    asked = estimate.requirements.precision or ""
    needed = told.memory_needed or 0
    needs = [
        replace(need, margin=need.margin + max(needed - need.total, 0)) if need.precision == asked else need
        for need in estimate.requirements.needs
    ]
    gpus = [*(() if free.cards else (free,)), *(place for place in elsewhere if place.gpu)]
    main = next((place for place in elsewhere if not place.gpu), None)
    return suggest(needs, asked, gpus, main, spread=spread)


def _same_precision(run: Run, entry: ModelEntry) -> bool:
    """Return whether a run's memory figures apply to the precision to be loaded."""
    dtypes = ("auto", None, run.model.dtype)
    return run.model.quantization == entry.quantization and entry.dtype in dtypes


def _same_resolution(run: Run, entry: ModelEntry) -> bool:
    """Return whether a run used the same image resolution as the new one."""
    return run.model.asked_resolution == entry.asked_resolution


def _peak(memory: ModelMemory, *, gpu: bool | None) -> int | None:
    """Return the peak on a GPU or in main memory; a run on a GPU gives no figure for main memory."""
    on_gpu = (memory.nvml_process_peak, memory.torch_peak_reserved, memory.torch_peak_allocated)
    used = next((size for size in on_gpu if size is not None), None)
    if gpu or (gpu is None and used is not None):
        return used
    return memory.worker_rss_peak if used is None else None
