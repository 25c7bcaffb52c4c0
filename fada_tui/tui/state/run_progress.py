"""The progress of the current run: figures updated by the session's events."""

import time

from fada_tui.core.records import ModelFacts
from fada_tui.core.text import printable
from fada_tui.models.endpoint import is_endpoint
from fada_tui.report.score_texts import cut
from fada_tui.report.units import memory
from fada_tui.runs.eta import Eta
from fada_tui.runs.events import (
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
    WorkerRestarted,
)
from fada_tui.tui.state.views import RunView
from fada_tui.tui.state.workers import Workers

LONGEST_LINE = 32
"""Characters of an engine's line that are shown: more leaves no room, and then none is shown."""


class RunProgress:
    """The progress of the current run, and of the next ones after it."""

    def __init__(self) -> None:
        self.run_id: str | None = None
        self.model: str | None = None
        self.served: ModelFacts | None = None
        """The model that runs, once it is known, where it is behind a server."""
        self.at_server = False
        """Whether it is behind a server: then the worker's memory says nothing of it."""
        self.stopping = False
        self._state = "idle"
        self._label = ""
        self._done = self._total = self._errors = 0
        self._eta = Eta()
        self._ended: float | None = None
        self._at = ""
        self._about_controls = False
        """Whether all that counts is answered, and control pictures are asked about."""
        self.server_down = False
        """Whether all requests wait for a server."""
        self._asked_until = 0.0
        self._in_flight: dict[tuple[str, str], str] = {}
        """Names of the images that are being asked about, the first begun first."""
        self.workers = Workers()
        """Those of a run with several devices."""
        self.progress: tuple[str, float | None] | None = None
        """Loading: in words, and as a share of 1 where that is known."""

    def take(self, event: SessionEvent) -> None:
        """Update the progress by an event."""
        lost = self.workers.lost_by(event)
        self.workers.take(event)
        match event:
            case RunStarted(run=run):
                self.run_id, self.model, self.stopping = run.id, run.model.name, False
                self.at_server = is_endpoint(run.model.source)
                self._state, self._label = "loading", run.model.name
                self._done, self._total = event.total - event.remaining, event.total
                self._errors, self._eta, self._ended = 0, Eta(), None
                self._at, self.progress, self.served = "", ("starting the worker", None), None
                self.server_down = self._about_controls = False
            case LoadProgress(stage=stage):
                self.progress = load_progress(event)
                if stage != "engine" or not event.done:  # then what it prints says more
                    self._at = self.progress[0]
            case EngineLog(line=line) if self._state == "loading":
                self._at = cut(printable(line), LONGEST_LINE)
            case ModelReady(model=model, remaining=remaining, total=total):
                self.served = model if is_endpoint(model.source) else None
                self._done, self._total = total - remaining, total
                self._state, self.progress, self._at = "running", None, ""
            case AnswerStarted(item=item, device=device):
                self._eta.begin(item.key, time.monotonic(), device)
                self._in_flight[item.key] = item.image
                self._at = next(iter(self._in_flight.values()))
            case AnswerFinished(result=result):
                self._in_flight.pop(result.key, None)
                self._at = next(iter(self._in_flight.values()), self._at)
                self._eta.end(result.key, time.monotonic())
                self._done, self._errors = event.done, event.errors
            case ControlStarted():
                self._about_controls, self._at = True, event.what_happens
            case ControlFinished(done=done, total=total):
                self._about_controls, self._at = True, f"control pictures {done} of {total}"
            case ServerPaused(left=left):
                self.server_down, self._asked_until = True, time.monotonic() + left
            case ServerResumed():
                self.server_down = False
            case DeviceReady():
                self._eta.change_pace(time.monotonic())
            case WorkerRestarted(device=device) | DeviceLost(device=device):
                self.server_down = False
                keys = self._in_flight.keys() if lost is None else lost
                self._in_flight = {key: one for key, one in self._in_flight.items() if key not in keys}
                self._eta.forget(device)
                if isinstance(event, DeviceLost):
                    self._eta.change_pace(time.monotonic())
            case RunEnded(run=run):
                self._in_flight.clear()
                self.served = None
                self._state, self._ended, self.progress, self._at = "ended", time.monotonic(), None, ""
                self._label = f"{run.model.name}: {run.status}"
                self.stopping = self.server_down = False
            case _:
                pass

    def break_off(self) -> None:
        """Note that the run ended without a last event."""
        self._state, self.progress, self._at, self.stopping = "idle", None, "", False
        self._label, self.served, self.server_down = "", None, False

    @property
    def active(self) -> bool:
        """Whether a run is in progress."""
        return self._state in ("loading", "running")

    @property
    def ended_at(self) -> float:
        """When the last run ended, in monotonic seconds; 0 where none has ended."""
        return self._ended or 0.0

    def view(
        self, waiting: int, *, hidden: bool, to_judge: int = 0, kept: int = 0, maker: str = ""
    ) -> RunView:
        """Return the figures.

        Args:
            waiting: how many runs are queued.
            hidden: leave out the model's name, and its speed, which may tell it.
            to_judge: how many of its answers have no verdict yet.
            kept: how many of the queued runs wait until the queue goes on.
            maker: who makes it, where another program does.
        """
        now, began = self._ended or time.monotonic(), self._eta.began
        elapsed = None if began is None else now - began
        halted = self.stopping or self.server_down or self._about_controls
        goes_on = self.active and not halted
        patience = max(round(self._asked_until - now), 0)
        left = self._eta.left(self._total - self._done, now) if goes_on else None
        return RunView(
            state="stopping" if self.stopping and self.active else self._state,  # type: ignore[arg-type]
            label="" if hidden else self._label,
            done=self._done,
            total=self._total,
            # Of another program's run the first answers were not seen.
            elapsed=float(int(elapsed)) if elapsed is not None and not maker else None,
            remaining=left,
            mean=None if hidden else self._eta.mean,
            errors=self._errors,
            to_judge=to_judge if self.active else 0,
            waiting=waiting,
            kept=kept,
            maker=maker,
            trouble=f"server down, asked for {patience} s more" if self.server_down else "",
            at="" if hidden and self._state == "loading" else self._at,
            workers=self.workers.in_words if self.active and not hidden else "",
            devices=self.workers.views if self._state == "running" and not hidden else (),
        )


def load_progress(event: LoadProgress) -> tuple[str, float | None]:
    """Return loading in words, and as a share of 1 where that is known."""
    share = event.done / event.total if event.total else None
    match event.stage:
        case "download":
            whole = f" of {memory(event.total)}" if event.total else ""
            return f"downloading {memory(event.done)}{whole}", share
        case "weights":
            return (f"weights {share:.0%}" if share is not None else "weights"), share
        case "engine":
            return f"engine for {event.done} s", None
        case "server":
            return "asking the server", None
        case _:
            return "starting the worker", None
