"""What becomes of a run that an error ended."""

from typing import TypeAlias

from msgspec.structs import replace

from fada_tui.core.errors import ModelLoadError
from fada_tui.core.records import Failure, Run
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError

EndingError: TypeAlias = ModelLoadError | WorkerDiedError | WorkGivenUpError


def ended_by(error: EndingError, run: Run, *, answered: bool = False) -> Run:
    """Return a run with the error that ended it: failed, or interrupted where resuming goes on with it.

    Args:
        error: why it ended.
        run: as its files have it, with all its results.
        answered: every result was there, and only answers about control pictures are missing.
    """
    failure = Failure(kind=error.kind, message=str(error))
    if not answered and isinstance(error, WorkGivenUpError):
        answered = error.server_down or any(result.error is None for result in run.results)
    if not answered:
        return replace(run, status="failed", error=failure)
    return run if run.status == "complete" else replace(run, status="interrupted", error=failure)
