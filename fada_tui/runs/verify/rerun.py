"""Runs the worker on a sample of a run's results, in a temporary folder that is removed again."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from fada_tui.core.errors import ModelLoadError, StoreError
from fada_tui.core.file_names import encode_name
from fada_tui.core.protocol import Finished, Hello, Item, JournalFailed, Load, Work
from fada_tui.core.records import EngineFacts, Result, Run
from fada_tui.models.endpoint import is_served
from fada_tui.runs.engines.client import EngineClient
from fada_tui.runs.engines.serving import NO_ENGINES, Engines, serving_of
from fada_tui.runs.verify.compare import Split, Verified, compare, texts_differ
from fada_tui.runs.verify.rebuild import alone
from fada_tui.runs.worker_client.client import LoadEvent, WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError
from fada_tui.store.folder import ENGINE_LOG_NAME, LOG_NAME
from fada_tui.store.journal import JOURNAL_NAME


class Verification:
    """A verification: a sample of a run's results, repeated one at a time.

    Args:
        run: as it was recorded.
        sample: of its results.
        load: loads its model.
        deadlines: the worker's.
        engines: the settings of engines in force.
    """

    def __init__(
        self,
        run: Run,
        sample: Sequence[Result],
        load: Load,
        deadlines: Deadlines,
        engines: Engines = NO_ENGINES,
    ) -> None:
        self._run = run
        self._sample = sample
        self._load = load
        self._deadlines = deadlines
        self._engines = engines
        self._client: WorkerClient | None = None
        self._stopping = False
        self._ending: asyncio.Task[None] | None = None
        self.hello: Hello | None = None
        self.engine: EngineFacts | None = None
        """What answers, once it is up, where the run has an engine."""
        self.log: Path | None = None
        """The log of worker or engine, kept if something failed."""

    def stop(self) -> None:
        """End the worker at once, and thereby the events."""
        # Not by cancelling: before Python 3.12 `wait_for` swallows that where an event comes just then.
        self._stopping = True
        if self._client and not self._ending:
            self._ending = asyncio.create_task(self._client.kill())

    def _asked_to_stop(self) -> bool:
        return self._stopping

    async def events(self) -> AsyncGenerator[LoadEvent | Verified, None]:
        """Load the model, then repeat each result; yield the outcomes in the sample's order.

        A run that an engine answered is answered by one that is started for this, and ended.
        They end early where `stop` was called.

        Raises:
            ModelLoadError: the model cannot be loaded.
            WorkerDiedError: the worker ended; results that it did not reach are not told.
            WorkGivenUpError: the server does not answer any more; likewise.
            StoreError: the disk does not take a result, or the temporary folder.
        """
        try:
            folder = Path(tempfile.mkdtemp(prefix="fada-tui-verify-"))
        except OSError as error:
            raise StoreError(
                f"no temporary folder can be made: {error.strerror}; TMPDIR names one"
            ) from error
        log, journal = folder / LOG_NAME, folder / JOURNAL_NAME
        engine_log = folder / ENGINE_LOG_NAME
        serving = serving_of(self._run, self._engines, engine_log, self._deadlines.load)
        of_worker = (log, self._deadlines)
        client = self._client = EngineClient(serving, *of_worker) if serving else WorkerClient(*of_worker)
        finished = False
        try:
            self.hello = await client.start()
            if self._asked_to_stop():  # perhaps before there was a process to end
                return
            async with aclosing(client.load(self._load)) as loading:
                async for event in loading:
                    yield event
            self.engine = serving.command.facts if serving else None
            for result in self._sample:
                if self._asked_to_stop():
                    return
                verified = await self._verified(client, journal, result)
                if verified.outcome == "not_answered":
                    self.log = log
                yield verified
            finished = True
        except (ModelLoadError, WorkerDiedError, WorkGivenUpError, StoreError):
            if self._asked_to_stop():
                return
            self.log = engine_log if serving and not serving.pid else log
            raise
        finally:
            if finished:
                await client.close()
            else:
                await client.kill()
            if self._ending:
                await self._ending
            if serving:
                await serving.end()
            if self.log is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                with suppress(OSError):  # what went wrong first is what is told
                    journal.unlink()

    async def _verified(self, client: WorkerClient, journal: Path, recorded: Result) -> Verified:
        now = await self._again(client, journal, recorded)
        tokens: list[Split] = []
        if texts_differ(recorded, now) and not is_served(self._run):
            split = await client.tokenise((recorded.response or "", now.response or ""))
            tokens = [Split(ids, pieces) for ids, pieces in zip(split.ids, split.pieces, strict=True)]
        return compare(recorded, now, tokens)

    async def _again(self, client: WorkerClient, journal: Path, recorded: Result) -> Result:
        """Return the repeated result, made with the run's settings."""
        work = Work(
            root=self._run.dataset.root or "",
            journal=encode_name(str(journal)),
            generation=alone(self._run.generation),
            items=(
                Item(
                    image=recorded.image,
                    category=recorded.category,
                    path=recorded.path,
                    question_id=recorded.question_id,
                    question=recorded.question,
                ),
            ),
        )
        made: Result | None = None
        async with aclosing(client.work(work)) as working:
            async for event in working:
                match event:
                    case Finished(result=result):
                        made = result
                    case JournalFailed(message=message):
                        raise StoreError(message)
                    case _:
                        pass
        assert made is not None  # nobody asks this worker to stop
        return made
