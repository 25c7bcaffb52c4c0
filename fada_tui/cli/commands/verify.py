"""`fada-tui verify RUN`: repeats answers of a run at batch size 1 and compares them with the recorded."""

import asyncio
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from fada_tui.cli.commands.common import warn
from fada_tui.cli.output import print_json
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import ErrorKind, ExitCode, FadaError, ModelLoadError, UsageError
from fada_tui.core.paths import models_file, settings_file
from fada_tui.core.protocol import Loaded
from fada_tui.core.records import ModelFacts, Result, Run
from fada_tui.core.text import printable
from fada_tui.models.registry import load_registry
from fada_tui.runs.consent import consent_of
from fada_tui.runs.engines.serving import check_here
from fada_tui.runs.planning import deadlines
from fada_tui.runs.server_settings import check_extra, with_settings
from fada_tui.runs.verify import describe, rebuild
from fada_tui.runs.verify.compare import Verified
from fada_tui.runs.verify.rerun import Verification
from fada_tui.runs.verify.sample import answered, draw
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError
from fada_tui.store import folder as store

SAMPLE = 10
"""Number of results that are repeated by default."""


def run(options: Namespace) -> int:
    """Verify the run that the options name; with `--json`, even a refusal is a JSON object."""
    as_json = getattr(options, "json", False)
    verifying: _Verifying | None = None
    try:
        verifying = _prepared(options)
        code = verifying.drive(sys.stderr if as_json else sys.stdout)
    except FadaError as error:
        if as_json:
            said = verifying.as_json() if verifying else describe.as_json(options.run, (), None, 0)
            print_json({**said, "error": str(error)})
        raise
    if as_json:
        print_json(verifying.as_json())
    return code


def _prepared(options: Namespace) -> "_Verifying":
    settings, warnings = load_settings(vars(options), os.environ, settings_file())
    registry = load_registry(models_file())
    registry.check()
    warn((*warnings, *registry.warnings))
    count = getattr(options, "sample", SAMPLE)
    if count < 1:
        raise UsageError(f"--sample {count} verifies nothing; give a number from 1 up")
    recorded = store.read_run(store.find(Path(settings.results), options.run))
    asks_server = getattr(options, "server", False)
    rebuild.check(recorded, server=asks_server)
    results = answered(recorded.results)
    if not results:
        raise UsageError(f"{recorded.id} has no answer that could be verified")
    sample = draw(results, count, getattr(options, "sample_seed", 0))
    entry = rebuild.entry_of(recorded, registry)
    named = settings.trust_remote_code if "trust_remote_code" in options else ()
    consent = consent_of(settings, registry, named, (entry,))
    check_extra(recorded, settings.servers)
    check_here(recorded, settings.engines)
    if asks_server:
        entry = rebuild.server_of(recorded, entry, registry, consent)
    patience = deadlines(settings)
    load = rebuild.load_command(recorded, entry, consent, patience, device=getattr(options, "device", None))
    load = with_settings(load, settings.servers, os.environ)
    verification = Verification(recorded, sample, load, patience, settings.engines)
    return _Verifying(recorded, sample, verification)


class _Verifying:
    """A display of a verification in progress, which keeps its outcome."""

    def __init__(self, recorded: Run, sample: tuple[Result, ...], verification: Verification) -> None:
        self._run = recorded
        self._sample = sample
        self._verification = verification
        self._loaded: ModelFacts | None = None
        self._found: list[Verified] = []
        self._stopped = False

    def drive(self, out: TextIO) -> ExitCode:
        """Run the verification to its end, printing lines to `out`; return the exit code.

        Raises:
            FadaError: the model cannot be loaded, or the disk is full.
        """
        try:
            asyncio.run(self._follow(out))
        except WorkerDiedError as error:
            if self._loaded is None:
                raise ModelLoadError(ErrorKind.WORKER_DIED, str(error)) from error
            _complain(f"error: {printable(str(error))}")
        except WorkGivenUpError as error:
            _complain(f"error: {printable(str(error))}")
        finally:
            if log := self._verification.log:
                whose = "engine" if log.name == store.ENGINE_LOG_NAME else "worker"
                _complain(f"the {whose}'s log: {printable(str(log))}")
        if self._stopped and len(self._found) < len(self._sample):
            _complain("interrupted")
            return ExitCode.INTERRUPTED
        assert self._loaded is not None
        assert self._verification.hello is not None
        engine = self._verification.engine
        for hint in describe.hints(self._run, self._found, self._verification.hello, self._loaded, engine):
            _write(out, f"hint: {hint}")
        _write(out, describe.summary(self._found, self._loaded, len(self._sample), engine))
        same = sum(one.outcome == "identical" for one in self._found)
        return ExitCode.OK if same == len(self._sample) else ExitCode.SOME_RESULTS_ARE_ERRORS

    def as_json(self) -> dict[str, object]:
        """Return the outcome so far as plain values."""
        return describe.as_json(self._run.id, self._found, self._loaded, len(self._sample))

    async def _follow(self, out: TextIO) -> None:
        _complain(f"loading {printable(self._run.model.name)}")
        with _on_signals(self._stop):
            async with aclosing(self._verification.events()) as events:
                async for event in events:
                    match event:
                        case Loaded():
                            self._loaded = event.model
                        case Verified():
                            self._found.append(event)
                            _write(out, describe.line(event))
                        case _:
                            pass

    def _stop(self) -> None:
        self._stopped = True
        self._verification.stop()


@contextmanager
def _on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on ctrl+c, SIGTERM and SIGHUP within this context."""
    told = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    loop = asyncio.get_running_loop()
    for one in told:
        loop.add_signal_handler(one, stop)
    try:
        yield
    finally:
        for one in told:
            loop.remove_signal_handler(one)


def _write(out: TextIO, line: str) -> None:
    out.write(line + "\n")
    out.flush()


def _complain(line: str) -> None:
    with suppress(OSError):
        _write(sys.stderr, line)
