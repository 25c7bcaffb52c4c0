"""Kinds of error, their exit codes, and the exceptions that carry one line to the user."""

import errno
from enum import IntEnum, StrEnum

from fada_tui.core.secrets import hide


class ExitCode(IntEnum):
    """The program's exit codes."""

    OK = 0
    SOME_RESULTS_ARE_ERRORS = 1
    USAGE = 2
    MODEL_NOT_LOADED = 3
    INTERRUPTED = 130


class ErrorKind(StrEnum):
    """The kind of error for which a result, or a whole run, has no answer."""

    IMAGE_MISSING = "image_missing"
    IMAGE_UNREADABLE = "image_unreadable"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_CHANGED = "image_changed"
    OUT_OF_MEMORY = "out_of_memory"
    PROMPT = "prompt"
    IMAGE_IGNORED = "image_ignored"
    INFERENCE_ERROR = "inference_error"
    ONLY_THOUGHTS = "only_thoughts"
    REFUSAL = "refusal"
    TIMEOUT = "timeout"
    WORKER_DIED = "worker_died"
    IMPORTED = "imported_error"

    NOT_FOUND = "not_found"
    OFFLINE_NOT_CACHED = "offline_not_cached"
    GATED = "gated"
    ARCHITECTURE_UNKNOWN = "architecture_unknown"
    REMOTE_CODE_NEEDED = "remote_code_needed"
    MISSING_PACKAGE = "missing_package"
    PROCESSOR_MISSING = "processor_missing"
    NO_CHAT_TEMPLATE = "no_chat_template"
    PICKLE_REFUSED = "pickle_refused"
    WEIGHTS_MISMATCH = "weights_mismatch"
    LOAD = "load"

    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    ENDPOINT_REFUSED = "endpoint_refused"

    STORE = "store"


PASSING = frozenset(
    {ErrorKind.OFFLINE_NOT_CACHED, ErrorKind.TIMEOUT, ErrorKind.ENDPOINT_UNREACHABLE, ErrorKind.STORE}
)
"""Kinds caused by the network, a busy machine or a disk, and not by the model."""


DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE})
"""What the system says of disks that are full, failing, read-only or gone: no fault of the program."""


LONGEST_REASON = 400
"""Maximum characters taken from another library's message."""


def reason(error: BaseException, *, named: bool = False) -> str:
    """Return another library's error message without keys, on one line, shortened; if empty, its class name.

    Control characters other than white space stay: `text.printable` shows them where the line is shown.

    Args:
        error: the error.
        named: put the name of its class first, as one needs of an error that nobody expected.
    """
    name, said = type(error).__name__, " ".join(hide(str(error)).split())
    if len(said) > LONGEST_REASON:
        said = said[: LONGEST_REASON - 1] + "…"
    return f"{name}: {said}" if named and said else said or name


class FadaError(Exception):
    """An error whose text is one line for the user: what went wrong, where, and what to do."""

    exit_code = ExitCode.USAGE


class UsageError(FadaError):
    """An option, setting, file or name that cannot be used as given."""


class ModelLoadError(FadaError):
    """A model that could not be loaded."""

    exit_code = ExitCode.MODEL_NOT_LOADED

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class StoreError(FadaError):
    """A run's files could not be read or written."""


class RunLockedError(StoreError):
    """Another program is writing this run."""
