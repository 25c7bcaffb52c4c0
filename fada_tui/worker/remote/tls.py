"""Certificates of servers: which are trusted, and what is wrong with one that is not."""

import os
import ssl

import httpx2

from fada_tui.core.errors import ErrorKind, reason
from fada_tui.core.text import printable
from fada_tui.worker.remote.errors import ServerRefusal

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables with a file (PEM) or a folder of the certificates that are trusted."""

_EXPIRED = 10
_NOT_YET_VALID = 9
_OTHER_NAMES = (62, 64)
"""OpenSSL's codes of results of verification: another host, another address."""

_LOST = (ssl.SSLEOFError, ssl.SSLSyscallError, ssl.SSLZeroReturnError)
"""What says that the other side has gone, as a server does that is just being started."""


def context(place: str) -> ssl.SSLContext:
    """Return what connections are checked by: the system's certificates, or those of the environment.

    Raises:
        ServerRefusal: those of the environment cannot be read.
    """
    try:
        return httpx2.create_ssl_context()
    except OSError as error:  # an SSLError is one
        name = next((one for one in VARIABLES if os.environ.get(one)), VARIABLES[0])
        said = f"{printable(os.environ.get(name, ''))} ({printable(reason(error))})"
        raise ServerRefusal(
            ErrorKind.ENDPOINT_UNREACHABLE,
            f"{place}: the certificates that {name} names cannot be read: {said}; they are to be in PEM form",
        ) from None


def refusal(place: str, error: BaseException) -> ServerRefusal | None:
    """Return the error for a connection that failed over TLS, which trying again does not mend.

    Args:
        place: the server's name in messages.
        error: as it was raised; `None` is returned if TLS was not what failed.
    """
    cause: BaseException | None = error
    seen = 0
    while cause is not None and seen < 10:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _LOST):
            return ServerRefusal(ErrorKind.ENDPOINT_UNREACHABLE, _explained(place, cause))
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return None


def _explained(place: str, error: ssl.SSLError) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        why = printable(error.reason or reason(error))
        return f"{place}: no secure connection ({why}): is it https that it speaks there, or http?"
    why = printable(error.verify_message)
    match error.verify_code:
        case code if code == _EXPIRED:
            return f"{place}: its certificate has expired: renew it there, or set this machine's clock"
        case code if code == _NOT_YET_VALID:
            return f"{place}: its certificate is not valid yet: set this machine's clock, or wait"
        case code if code in _OTHER_NAMES:
            return f"{place}: its certificate is for another name ({why}): use that name in the URL"
        case _:
            return (
                f"{place}: its certificate is not trusted ({why}): if it is the right server, name the file "
                f"of its authority's certificate (PEM) in {VARIABLES[0]}"
            )
