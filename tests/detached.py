"""Queues for processes that are left running: what their tests share."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from fada_tui.config.settings import Settings
from fada_tui.core.paths import models_file
from fada_tui.models.registry import load_registry
from fada_tui.runs import planning
from fada_tui.runs.consent import consent_of
from fada_tui.runs.detached.launch import launch
from fada_tui.runs.queued_run import write_down
from fada_tui.store.queue_file import LOG_NAME, QueuedRun, change_queue, queue_worker
from tests.conftest import WORKER, children_with, lives, wait_for


def write_runs(results: Path, settings: Settings, allowing: Settings | None = None) -> list[Path]:
    """Write a run of each model of the settings down, at the end of the queue; return their folders."""
    jobs, _ = planning.jobs(allowing or settings, load_registry(models_file()), None)
    ids = [write_down(job, results) for job in jobs]
    change_queue(results, lambda queue: (*queue, *(QueuedRun(run=one) for one in ids)))
    return [results / one for one in ids]


def launched(results: Path, settings: Settings) -> int:
    """Launch the process with what the settings allow; return its id."""
    return launch(results, settings, consent_of(settings, load_registry(models_file())))


def wait_for_end(results: Path, pid: int) -> str:
    """Wait until the process has ended, and return its log."""
    wait_for(lambda: not lives(pid) and queue_worker(results) is None)
    return (results / LOG_NAME).read_text()


def worker_pids(pid: int) -> list[int]:
    """The process ids of a detached process's workers."""
    return [one.pid for one in children_with(pid, WORKER)]


@contextlib.contextmanager
def ended_at_last(results: Path) -> Iterator[None]:
    """See that nothing works through a queue after a test."""
    try:
        yield
    finally:
        if (holder := queue_worker(results)) and holder.program:
            for pid in (*worker_pids(holder.program.pid), holder.program.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
