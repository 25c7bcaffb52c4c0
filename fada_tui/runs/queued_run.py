"""A run written down without being begun: its folder with the whole plan, for a queue that is in a file."""

from pathlib import Path

from fada_tui.core.file_names import encode_name
from fada_tui.runs import opening
from fada_tui.runs.job import Job


def write_down(job: Job, results: Path) -> str:
    """Create a run's folder with its plan in it, and start nothing.

    Args:
        job: the run.
        results: the results folder; made if need be.

    Returns:
        The run's id, which is its folder's name: what `store.queue_file.QueuedRun.run` wants.

    Raises:
        StoreError: the results folder cannot be written.
    """
    opened = opening.new(job, results)
    opened.lock.release()
    return encode_name(opened.folder.name)
