"""What becomes of a run that an error ended."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.records import Failure, Run
from fada_tui.runs.outcome import EndingError, ended_by
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError
from tests import examples

GONE = WorkGivenUpError(ErrorKind.ENDPOINT_UNREACHABLE, "gone", server_down=True)
ALIKE = WorkGivenUpError(ErrorKind.ENDPOINT_REFUSED, "alike", server_down=False)
LOAD = ModelLoadError(ErrorKind.NOT_FOUND, "no such model")
DIED = WorkerDiedError(ErrorKind.WORKER_DIED, "died")


def run_of(status: str, *answered: bool) -> Run:
    results = tuple(
        replace(
            examples.result(f"A/{number}.png", "q1"),
            error=None if there else Failure(kind=ErrorKind.TIMEOUT, message="late"),
        )
        for number, there in enumerate(answered)
    )
    return replace(examples.run(("A/0.png", "A/1.png")), status=status, results=results)


@pytest.mark.parametrize(
    ("error", "answered", "status"),
    [
        (LOAD, (), "failed"),
        (LOAD, (True,), "failed"),
        (DIED, (True,), "failed"),
        (ALIKE, (), "failed"),
        (ALIKE, (False,), "failed"),
        (ALIKE, (True, False), "interrupted"),
        (GONE, (), "interrupted"),
        (GONE, (False,), "interrupted"),
        (GONE, (True,), "interrupted"),
    ],
)
def test_answers_and_a_server_that_is_gone_leave_it_interrupted(
    error: EndingError, answered: tuple[bool, ...], status: str
) -> None:
    ended = ended_by(error, run_of("interrupted", *answered))
    assert ended.status == status
    assert ended.error == Failure(kind=error.kind, message=str(error))


def test_a_run_that_lacks_nothing_is_complete_all_the_same() -> None:
    whole = run_of("complete", True, False)
    assert ended_by(ALIKE, whole) == whole and whole.error is UNSET
    assert ended_by(ALIKE, run_of("complete", False)).status == "failed"
