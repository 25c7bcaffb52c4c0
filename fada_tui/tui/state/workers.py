"""The workers of a run with several devices: which of them answers, what it is asked, which one is lost."""

from typing import Literal

from msgspec import UNSET

from fada_tui.core.device_list import device_list
from fada_tui.core.records import Run, RunDevice
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerStarted,
    DeviceLost,
    DeviceReady,
    RunEnded,
    RunStarted,
    SessionEvent,
    WorkerRestarted,
)
from fada_tui.tui.state.open_runs import Key
from fada_tui.tui.state.views import DeviceView


class Workers:
    """The workers of the current run, kept by the session's events; none where it has one device."""

    def __init__(self) -> None:
        self._workers: dict[str, _Worker] = {}
        self.several = False
        """Whether the run is made on listed devices, whether they have told of themselves yet or not."""
        self._of = 0
        """Devices of the run, as far as it has told."""
        self._asked: dict[Key, _Worker] = {}
        """Who is asked, by what."""

    def lost_by(self, event: SessionEvent) -> frozenset[Key] | None:
        """Return what is asked of a worker that an event tells has ended; `None` for all: there is one."""
        match event:
            case WorkerRestarted(device=str(device)) | DeviceLost(device=device):
                return frozenset(self._worker(device).in_flight)
            case _:
                return None

    def take(self, event: SessionEvent) -> None:
        """Take an event; each costs the same, however many answers there are."""
        match event:
            case RunStarted(run=run):
                self._begin(run)
            case DeviceReady():
                worker = self._worker(event.device)
                worker.state, self._of = "ready", max(event.of, len(self._going_on()))
                worker.gpu_uuids = event.gpu_uuids
            case DeviceLost(device=device, left=left):
                self._leave(self._worker(device), "lost")
                self._of = left
            case WorkerRestarted(device=str(device)):
                self._leave(self._worker(device), "restarting")
            case AnswerStarted(item=item, device=str(device)):
                worker = self._worker(device)
                worker.state = "ready"
                worker.in_flight[item.key] = item.image
                self._asked[item.key] = worker
            case AnswerFinished(result=result) if result.device is not UNSET:
                asked = self._asked
                worker = asked.pop(result.key) if result.key in asked else self._worker(result.device)
                seen = worker.in_flight.pop(result.key, None) is not None
                worker.last = result.image if seen else f"{result.image} ✓"
                worker.state = "ready"
            case RunEnded():
                self._begin(None)
            case _:
                pass

    def _begin(self, run: Run | None) -> None:
        self._workers, self._asked, self._of, self.several = {}, {}, 0, False
        if run is None or run.plan is UNSET or run.plan.devices is UNSET:
            return
        self.several = True
        try:
            names = device_list(run.plan.devices)
        except ValueError:  # as a newer version lists them: each tells of itself
            names = ()
        self._workers = {name: _Worker(name) for name in names}
        for device in run.devices or ():
            self._record(device)
        self._of = len(self._going_on())

    def _record(self, device: RunDevice) -> None:
        """Take what a run's file says of a device: of a run that another program makes."""
        worker = self._worker(device.name)
        worker.gpu_uuids = (device.gpu_uuid,) if device.gpu_uuid else ()
        if device.error is not UNSET:
            worker.state = "lost"
        elif device.load_time is not None:
            worker.state = "ready"

    def _worker(self, name: str) -> "_Worker":
        return self._workers.setdefault(name, _Worker(name))

    def _going_on(self) -> list["_Worker"]:
        return [worker for worker in self._workers.values() if worker.state != "lost"]

    def _leave(self, worker: "_Worker", state: Literal["restarting", "lost"]) -> None:
        """Note that a worker has ended: what it was asked is asked again, by whoever is free."""
        for key in worker.in_flight:
            self._asked.pop(key, None)
        worker.in_flight.clear()
        worker.last, worker.state = "", state

    @property
    def in_words(self) -> str:
        """How many there are, and which are not at work; empty where the run has one."""
        if not self._workers:
            return ""
        going_on = self._going_on()
        of, ready = max(self._of, len(going_on)), sum(worker.state == "ready" for worker in going_on)
        parts = [f"{ready} of {of} workers" if ready < of else f"{of} worker{'s' * (of != 1)}"]
        lost = [worker.name for worker in self._workers.values() if worker.state == "lost"]
        parts += [f"{lost[0] if len(lost) == 1 else len(lost)} lost"] if lost else []
        return ", ".join(parts)

    @property
    def views(self) -> tuple[DeviceView, ...]:
        """What is shown of each; empty where the run has one."""
        return tuple(worker.view for worker in self._workers.values())


class _Worker:
    """A worker.

    Args:
        name: its device.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.gpu_uuids: tuple[str, ...] = ()
        self.state: Literal["loading", "ready", "restarting", "lost"] = "loading"
        self.in_flight: dict[Key, str] = {}
        """Names of the images that it is asked about, the first begun first."""
        self.last = ""
        """The image that it answered last; marked where nobody tells what it is asked."""

    @property
    def view(self) -> DeviceView:
        """What is shown of it."""
        at = next(iter(self.in_flight.values()), self.last)
        return DeviceView(name=self.name, gpu_uuids=self.gpu_uuids, state=self.state, at=at)
