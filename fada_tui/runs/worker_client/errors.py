"""What ends a worker's work before it is done."""

from fada_tui.core.errors import ErrorKind, FadaError


class WorkerDiedError(FadaError):
    """The error that the worker ended, or had to be ended, before its work was done."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class WorkGivenUpError(FadaError):
    """The error that a server leaves no hope of the answers that are missing.

    Args:
        kind: becomes the run's.
        message: in one line.
        server_down: it is not heard any more; else it answers every request with the same error.
    """

    def __init__(self, kind: ErrorKind, message: str, *, server_down: bool) -> None:
        super().__init__(message)
        self.kind = kind
        self.server_down = server_down
