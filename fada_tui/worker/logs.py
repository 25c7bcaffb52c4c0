"""What the worker's process prints of itself and of its libraries: set up once, without keys."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from fada_tui.core.secrets import hide

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger("fada_tui.worker")


def set_up() -> None:
    """Log to standard error; take keys out of each record of any library, and out of each traceback.

    Where handlers are a library's own, the record is still made here.
    """
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    logging.setLogRecordFactory(_without_keys)
    sys.excepthook = _ended
    threading.excepthook = lambda caught: _ended(
        caught.exc_type, caught.exc_value or caught.exc_type(), caught.exc_traceback
    )


def _without_keys(*args: object, **kwargs: object) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)  # type: ignore[arg-type]
    try:
        message = record.getMessage()
    except Exception:  # a library's mistake, which logging itself would print with its arguments
        message = f"{record.msg} {record.args!r}"
    record.msg, record.args = hide(message), ()
    if isinstance(record.exc_info, tuple) and record.exc_info[0]:
        record.exc_text = hide("".join(traceback.format_exception(*record.exc_info)).rstrip())
    return record


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("ended by an error", exc_info=(kind, error, trace))
