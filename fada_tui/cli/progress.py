"""The progress display without a dashboard: a bar on a terminal, otherwise a line for each image."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Protocol, TextIO

from msgspec import UNSET
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from fada_tui.core.records import ModelFacts, Result
from fada_tui.core.text import printable
from fada_tui.models.endpoint import place_of
from fada_tui.report import units
from fada_tui.runs.eta import Eta
from fada_tui.runs.events import (
    AnswerBegunAgain,
    AnswerFinished,
    AnswerStarted,
    ControlFinished,
    ControlStarted,
    DeviceLost,
    DeviceReady,
    EngineLog,
    LoadProgress,
    ModelReady,
    RunEnded,
    RunStarted,
    ServerPaused,
    ServerResumed,
    SessionEvent,
    Warned,
    WorkerRestarted,
)

WIDE = 100
"""Columns from which the bar also shows memory, elapsed time and the current image."""

LONGEST_NAME = 32
"""Characters of a file name that the bar shows."""

LONGEST_ANSWER = 100
"""Characters of an answer that a line shows."""


class Display(Protocol):
    """A display of a run's events."""

    def __enter__(self) -> "Display":
        """Start the display."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the display and restore the terminal."""

    def show(self, event: SessionEvent) -> None:
        """Show one event."""

    def say(self, line: str) -> None:
        """Show one line permanently."""


def choose(stream: TextIO, *, dumb: bool) -> "Display":
    """Return the display for a stream: a bar where lines can be overwritten, plain lines elsewhere."""
    if stream.isatty() and not dumb:
        return BarDisplay(stream)
    return LineDisplay(stream)


class LineDisplay:
    """A display that writes one line for each event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said = ""

    def __enter__(self) -> "LineDisplay":
        """Start the display."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to restore."""

    def show(self, event: SessionEvent) -> None:
        """Write a line for an event that has one."""
        line, before = describe(event), self._said
        self._said = line or before
        if line and not _repeated(event, line, before):
            self.say(line)

    def say(self, line: str) -> None:
        """Write a line and flush it; a closed stream does not stop the run."""
        with suppress(OSError):
            self._stream.write(line + "\n")
            self._stream.flush()


class _Left(ProgressColumn):
    """A progress column with the remaining time, computed from the pace in a field of the task."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock

    def render(self, task: Task) -> Text:
        """Return it as `ETA 0:03:20`."""
        left = task.fields["eta"].left(int(task.remaining or 0), self._clock())
        shown = "-:--:--" if left is None else str(timedelta(seconds=round(left)))
        return Text(f"ETA {shown}")


class BarDisplay:
    """A progress bar that stays in place, with the lines above it.

    Args:
        stream: a terminal.
        clock: tells seconds, which never go back.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._console = Console(file=stream, highlight=False, emoji=False)
        self._wide = self._console.width >= WIDE
        columns = [
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            _Left(clock),
        ]
        if self._wide:
            columns += [TimeElapsedColumn(), TextColumn("{task.fields[status]}", markup=False)]
        self._progress = Progress(*columns, console=self._console, refresh_per_second=8)
        self._task: TaskID | None = None
        self._eta = Eta()
        self._said = ""

    def __enter__(self) -> "BarDisplay":
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        with suppress(OSError):
            self._progress.stop()

    def show(self, event: SessionEvent) -> None:
        """Move the bar, and write a line above it for an event that has one."""
        match event:
            case RunStarted(run=run, remaining=remaining):
                name = printable(run.model.name)
                self._eta = Eta()
                self._task = self._progress.add_task(
                    name, total=remaining, rate="starting", status="", eta=self._eta
                )
            case LoadProgress(stage=stage, done=done, total=total):
                self._update(rate=_loading(stage, done, total))
            case EngineLog(line=printed):
                return self._update(status=printable(printed)[:LONGEST_NAME])
            case ModelReady(remaining=remaining):
                self._update(rate="", total=remaining, status="")
            case AnswerStarted(item=item, device=device):
                self._eta.begin(item.key, self._clock(), device)
                self._update(status=printable(item.image)[:LONGEST_NAME])
            case AnswerFinished():
                self._finished(event)
            case ControlStarted():
                self._update(rate=event.what_happens, status="")
            case ServerPaused(left=left):
                self._update(rate=f"server down, asked for {left:.0f} s more")
            case ServerResumed():
                self._update(rate="")
            case DeviceReady():
                self._eta.change_pace(self._clock())
            case WorkerRestarted(device=device):
                self._eta.forget(device)
            case DeviceLost(device=device):
                self._eta.forget(device)
                self._eta.change_pace(self._clock())
            case _:
                pass
        line, before = describe(event), self._said
        self._said = line or before
        if line and not _repeated(event, line, before):
            answered = isinstance(event, AnswerFinished) and event.result.error is None
            self._print(line, cut=answered)

    def say(self, line: str) -> None:
        """Write a complete line above the bar."""
        self._print(line, cut=False)

    def _print(self, line: str, *, cut: bool) -> None:
        """Write a line; an answer is cut at the terminal's edge, as the run's page has it in full."""
        with suppress(OSError):
            if cut:
                self._console.print(line, markup=False, no_wrap=True, overflow="ellipsis")
            else:
                self._console.print(line, markup=False, soft_wrap=True)

    def _finished(self, event: AnswerFinished) -> None:
        self._eta.end(event.result.key, self._clock())
        mean = self._eta.mean
        parts = [f"{mean:.2f} s/answer" if mean is not None else ""]
        if self._wide:
            parts.append(_memory(event.result))
        if event.errors:
            parts.append(f"[red]{event.errors} error{'s' * (event.errors > 1)}[/red]")
        if self._task is not None:
            self._progress.update(self._task, advance=1, rate=" · ".join(part for part in parts if part))

    def _update(self, **fields: str | int) -> None:
        if self._task is not None:
            self._progress.update(self._task, **fields)  # type: ignore[arg-type]


def _repeated(event: SessionEvent, line: str, before: str) -> bool:
    """Return whether the line was just shown: every answer of a failed batch reports the same error."""
    return isinstance(event, AnswerBegunAgain) and line == before


def describe(event: SessionEvent) -> str | None:
    """Return the line for an event; `None` for events that only move a bar."""
    match event:
        case RunStarted(run=run, remaining=remaining, total=total, controls=controls):
            had = f", {total - remaining} of {total} there already" if remaining < total else ""
            pictures = f"{units.count(controls, 'answer')} about control pictures"
            if controls and not remaining:
                return f"{printable(run.model.name)}: {pictures} to make"
            also = f", then {pictures}" if controls else ""
            return f"{printable(run.model.name)}: {units.count(remaining, 'answer')} to make{had}{also}"
        case EngineLog(line=line):
            return f"engine: {printable(line)}"
        case ModelReady(model=model):
            return _ready(model)
        case AnswerFinished(result=result, done=done, total=total):
            return f"{done:>{len(str(total))}}/{total}  {describe_result(result)}"
        case ControlFinished(result=result, done=done, total=total):
            return f"control pictures {done} of {total}  {describe_result(result)}"
        case AnswerBegunAgain(server_down=True):
            return None
        case ServerPaused(asked=asked):
            return f"warning: {printable(event.what_happens)}" if not asked else None
        case ServerResumed():
            return event.what_happens
        case AnswerBegunAgain(item=item, wait=wait):
            where = f"{item.category}/{item.image}  " if wait > 0 else "warning: "
            return printable(where + event.what_happens)
        case DeviceReady(device=device, load_time=seconds, ready=ready, of=of):
            loaded = f", loaded in {seconds:.1f} s" if seconds is not None else ""
            return f"{device} is ready, {ready} of {of}{loaded}"
        case DeviceLost():
            return f"warning: {printable(event.what_happens)}"
        case WorkerRestarted(reason=reason, device=device):
            where = f"{device}: " if device else ""
            return f"warning: {where}{printable(reason)}; starting another"
        case Warned(message=message):
            return f"warning: {printable(message)}"
        case RunEnded(run=run, folder=folder):
            errors = sum(result.error is not None for result in run.results)
            found = units.count(len(run.results) - errors, "answer")
            found += f", {units.count(errors, 'error')}" if errors else ""
            return f"{printable(run.model.name)}: {run.status}, {found}, in {printable(str(folder))}"
        case _:
            return None


def describe_result(result: Result) -> str:
    """Return an answer, or the reason why there is none, on one line."""
    where = printable(f"{result.category}/{result.image}")
    if result.error:
        return f"{where}  error: {printable(result.error.message)}"
    text = printable(result.response or "")
    if len(text) > LONGEST_ANSWER:
        text = text[: LONGEST_ANSWER - 1] + "…"
    speed = result.tokens.per_second
    together = f" in a batch of {result.together}" if result.together > 1 else ""
    own, tokens = result.own_time, result.tokens.generated
    if together and own and tokens is not None:
        speed = tokens / own
    figures = [f"{own:.2f} s{together}"] if own is not None else []
    figures += [f"{speed:.0f} tokens/s"] if speed is not None else []
    figures += [memory] if (memory := _memory(result)) else []
    figures += [printable(result.device)] if result.device is not UNSET else []
    return f"{where}  {' · '.join(figures)}  {text}"


def gigabytes(count: int) -> str:
    """Return bytes in GB (10⁹)."""
    return f"{count / 1e9:.2f} GB"


def _memory(result: Result) -> str:
    """Return the best available memory figure with its name."""
    memory = result.memory
    for name, value in (
        ("GPU", memory.nvml_process),
        ("torch", memory.torch_peak_allocated),
        ("GPU in all", memory.nvml_used),
        ("worker", memory.worker_rss),
    ):
        if value is not None:
            return f"{name} {gigabytes(value)}"
    return ""


def _ready(model: ModelFacts) -> str:
    place = place_of(model.source)
    parts = [f"{printable(model.name)} {f'reached at {place}' if place else 'loaded'}"]
    if model.load_time is not None:
        parts[0] += f" in {model.load_time:.1f} s"
    if model.parameters:
        parts.append(f"{model.parameters / 1e6:.1f} M parameters")
    parts += [part for part in (model.dtype, model.quantization, model.device) if part]
    if model.memory.weights:
        parts.append(f"weights {gigabytes(model.memory.weights)}")
    return ", ".join(parts)


def _loading(stage: str, done: int, total: int | None) -> str:
    match stage:
        case "download":
            of = f" of {gigabytes(total)}" if total else ""
            return f"downloading {gigabytes(done)}{of}"
        case "weights":
            return f"loading weights {done}/{total}" if total else "loading weights"
        case "engine":
            return f"starting the engine, {done} s"
        case "server":
            return "asking the server"
        case _:
            return "starting the worker"
