"""A run while it is asked: the facts of its model, its devices, and its results, as they are recorded."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.file_names import encode_name
from fada_tui.core.protocol import Hello, Load, Loaded, Work
from fada_tui.core.records import Failure, Result, Run, RunDevice
from fada_tui.models.endpoint import is_served
from fada_tui.runs import controls, environment
from fada_tui.runs.asking.seats import Seat
from fada_tui.runs.asking.shared_work import Piece
from fada_tui.runs.changed_images import ChangedImages
from fada_tui.runs.engines.serving import Serving
from fada_tui.runs.events import AnswerFinished, ControlFinished, ModelReady, SessionEvent, Warned
from fada_tui.runs.job import planned_items, remarks_on, with_left_out, with_loaded
from fada_tui.runs.stage import Stage
from fada_tui.runs.telemetry import Telemetry
from fada_tui.store import folder as runs
from fada_tui.store import journal
from fada_tui.store.fold import highest, with_memory
from fada_tui.store.lock import RunLock

DIFFERENT_DEVICES = (
    "the devices are of different kinds ({}): their answers may differ in a word here and there"
)
DEPENDS_ON_DEVICES = (
    "answers made in batches in {} may depend on the number of devices: which are made together differs; "
    "--batch-size 1 or --dtype float32 makes them the same"
)


class RunRecord:
    """A run, and what is written down of it while its workers answer.

    Args:
        folder: the run's folder.
        run: as it stands there.
        lock: held on that folder.
        telemetry: measures meanwhile.
        controls_by: loads the model to ask about control pictures alone; nothing else is recorded then.
        serving: the engine that answers.
    """

    def __init__(
        self,
        folder: Path,
        run: Run,
        lock: RunLock,
        telemetry: Telemetry,
        controls_by: Load | None,
        serving: Serving | None = None,
    ) -> None:
        self.run = run
        """With the facts of its model, once that is loaded."""
        self.served = is_served(run)
        self.reserved: int | None = run.model.memory.torch_peak_reserved
        """The most bytes that torch's allocator held in any worker."""
        self._folder = folder
        self._lock = lock
        self._telemetry = telemetry
        self._only_controls = controls_by is not None
        self._serving = serving
        self.journal = folder / journal.JOURNAL_NAME
        self.changed = ChangedImages(self.journal, run)
        about_controls = controls.control_items(run) if controls_by else controls.wanted_items(run)
        self.answers = Stage(() if controls_by else planned_items(run), run.results, errors_last=self.served)
        self.controls = Stage(about_controls, run.controls or (), controls=True, errors_last=self.served)
        self._sizes = controls.sizes_of(run.results)
        self._seats: tuple[Seat, ...] = ()
        self._devices = {device.name: device for device in run.devices or ()}
        self._loaded: dict[str, Loaded] = {}
        self._said: set[str] = set()
        self._looking = asyncio.Lock()

    def begin(self, seats: Sequence[Seat]) -> None:
        """Take note of which workers will answer."""
        self._seats = tuple(seats)

    async def looked(self) -> str | None:
        """Wait until images that have answers were looked at again; tell what changed to the first who asks.

        Raises:
            StoreError: what was found cannot be recorded.
        """
        async with self._looking:
            return await self.changed.looked()

    def loaded(self, seat: Seat, hello: Hello, loaded: Loaded, *, first: bool) -> list[SessionEvent]:
        """Record that the model is loaded by a worker; the facts are those of the first one in the list.

        Args:
            seat: the worker's place.
            hello: what its process said of itself.
            loaded: what it loaded.
            first: no other worker has the model, so that this is to be told.

        Raises:
            RunLockedError: the run's lock was lost.
            StoreError: it cannot be written.
        """
        told: list[SessionEvent] = [Warned(one) for one in remarks_on(self.run, loaded) if first]
        self._loaded[seat.name] = loaded
        if self._serving:
            told += [Warned(changed)] if (changed := self._serving.changed(self.run)) else []
            self.run = self._serving.recorded(self.run)
        if self._only_controls:
            model = replace(loaded.model, name=self.run.model.name)
            ready = ModelReady(model, self.run.questions, 0, self.answers.total)
            return [*told, ready] if first else []
        self._lock.check()
        of_run = next(self._loaded[one.name] for one in self._seats if one.name in self._loaded)
        where = environment.describe(hello, self._telemetry.gpus, self._telemetry.driver)
        self.run = with_loaded(self.run, of_run, where)
        if seat.name:
            known = self._devices.get(seat.name) or RunDevice(name=seat.name)
            self._devices[seat.name] = replace(
                known,
                gpu=self._product(loaded),
                gpu_uuid=next(iter(loaded.gpu_uuids), None),
                load_time=loaded.model.load_time,
                memory=replace(known.memory, weights=loaded.model.memory.weights),
                error=UNSET,
            )
            self.run = replace(self.run, devices=self.devices())
        self.answers.items = planned_items(self.run)
        self.controls.items = controls.wanted_items(self.run)
        runs.write_run(self._folder, self.run)
        run = self.run
        if first:
            left = len(self.answers.left())
            told.append(ModelReady(run.model, run.questions, left, self.answers.total, run.classes))
        return told

    def unloaded(self, seat: Seat) -> None:
        """Take note that a worker has the model no more."""
        self._loaded.pop(seat.name, None)

    def dependence(self) -> list[SessionEvent]:
        """Return, each once, why answers could depend on which of several devices makes them."""
        if len(self._seats) < 2:
            return []
        told = {}
        dtype = self.run.model.dtype
        if self.run.generation.batch_size not in (1, None) and dtype != "float32":
            told["batches"] = DEPENDS_ON_DEVICES.format(dtype)
        kinds = dict.fromkeys(self._product(one) or "the CPU" for one in self._loaded.values())
        if len(kinds) > 1:
            told["kinds"] = DIFFERENT_DEVICES.format(", ".join(kinds))
        new = [said for about, said in told.items() if about not in self._said]
        self._said.update(told)
        return [Warned(one) for one in new]

    def lost(self, seat: Seat, failure: Failure) -> None:
        """Record that one of several devices is given up. Raises as `loaded` does."""
        self.unloaded(seat)
        if seat.name and not self._only_controls:
            self._lock.check()
            known = self._devices.get(seat.name) or RunDevice(name=seat.name)
            self._devices[seat.name] = replace(known, error=failure)
            self.run = replace(self.run, devices=self.devices())
            runs.write_run(self._folder, self.run)

    def devices(self, *, ended: bool = False) -> tuple[RunDevice, ...]:
        """Return the devices that made the run so far, in the order of their list, with their memory.

        Args:
            ended: also those of the list that never had the model, since all was answered before.
        """
        order = {seat.name: place for place, seat in enumerate(self._seats)}
        unused = order.keys() - self._devices.keys() - {""} if ended and self._devices else ()
        found = [*self._devices.values(), *(RunDevice(name=name) for name in unused)]
        ordered = sorted(found, key=lambda device: order.get(device.name, len(order)))
        return tuple(
            replace(one, memory=self._telemetry.with_peaks(one.memory, None, one.name)) for one in ordered
        )

    def work(self, piece: Piece, seat: Seat, at_most: int | None, together: int) -> Work:
        """Return the command that has a piece answered.

        Args:
            piece: what is asked.
            seat: who is asked.
            at_most: answers together at most, after a death.
            together: answers that the worker made together before.
        """
        about_controls = piece.stage.controls
        return Work(
            root=self.run.dataset.root or "",
            journal=encode_name(str(self.journal.absolute())),
            generation=self.run.generation,
            items=piece.items if about_controls else tuple(map(self.changed.with_asked, piece.items)),
            at_most=1 if piece.alone else None if self.served else at_most,
            control_size=controls.control_size(self.run, self._sizes) if about_controls else None,
            device=seat.name or None,
            expected=piece.expected,
            begin_with=together,
        )

    def measured(self, seat: Seat, result: Result, reserved: int | None) -> None:
        """Take note of what torch says of a worker's memory."""
        self.reserved = highest(self.reserved, reserved)
        if device := self._devices.get(seat.name):
            allocated = highest(device.memory.torch_peak_allocated, result.memory.torch_peak_allocated)
            held = highest(device.memory.torch_peak_reserved, reserved)
            memory = replace(device.memory, torch_peak_allocated=allocated, torch_peak_reserved=held)
            self._devices[seat.name] = replace(device, memory=memory)

    def finished(self, stage: Stage, seat: Seat, result: Result) -> list[SessionEvent]:
        """Count a result of the journal; of an image, record its memory and what has become of it.

        Raises:
            StoreError: it cannot be recorded.
        """
        stage.take(result)
        if stage.controls:
            return [ControlFinished(result, len(stage.done), stage.total)]
        self._sizes |= controls.sizes_of([result])
        if not self.served:  # what this machine uses says nothing of a model elsewhere
            seen = self._telemetry.peaks(seat.name)
            line = journal.MemoryLine(path=result.path, question_id=result.question_id, memory=seen)
            journal.append(self.journal, line, durable=False)
            result = with_memory(result, seen)
        changed = self.changed.take(result)
        finished = AnswerFinished(result, len(stage.done), len(stage.failed), stage.total)
        return [finished, *([Warned(changed)] if changed else [])]

    def given_up(self, stage: Stage, seat: Seat, result: Result) -> list[SessionEvent]:
        """Record an error in place of an answer that workers died on, and count it. Raises `StoreError`."""
        made = replace(result, device=seat.name or UNSET)
        journal.append(self.journal, stage.line(made))
        return self.finished(stage, seat, made)

    def left_out(self, fields: tuple[str, ...]) -> None:
        """Record fields that the server does not take. Raises as `loaded` does."""
        if self._only_controls:
            return
        self._lock.check()
        self.run = with_left_out(self.run, fields)
        runs.write_run(self._folder, self.run)

    def _product(self, loaded: Loaded) -> str | None:
        """Return the name of the GPU that a model is on; `None` for the CPU, or where it is not known."""
        names = {gpu.uuid: gpu.name for gpu in self._telemetry.gpus}
        uuid = next(iter(loaded.gpu_uuids), None)
        return names.get(uuid, "an unknown GPU") if uuid else None
