"""Errors of a server, each on one line: temporary ones, for which a retry may help, and permanent ones."""

import http

import msgspec
from msgspec import Struct

from fada_tui.core.errors import ErrorKind, FadaError
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.secrets import quoted
from fada_tui.models.endpoint import KEY_VARIABLE

LONGEST = 300
"""Maximum characters of a server's own text in a message."""

_anything = msgspec.json.Decoder()

_MAY_PASS = (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_EARLY, http.HTTPStatus.TOO_MANY_REQUESTS)
_CONTEXT = ("context length", "context window", "context size", "context_length", "maximum context", "n_ctx")


class ServerFault(FadaError):
    """A temporary error of a server.

    Args:
        kind: becomes the error's if trying again does not help.
        message: in one line.
        wait: the least seconds that the server asks to wait.
    """

    def __init__(self, kind: ErrorKind, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.wait = wait


class ServerRefusal(FadaError):
    """A permanent error of a server, for which a retry does not help.

    Args:
        kind: becomes the error's.
        message: in one line.
        status: of its answer, if it gave one.
    """

    def __init__(self, kind: ErrorKind, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class Refused(Struct, frozen=True, kw_only=True):
    """An error response as the server sent it."""

    place: str
    status: int
    body: bytes = b""
    content_type: str = ""
    wait: float | None = None
    """Seconds to wait that the server requests."""
    key_sent: bool = False


def failure(refused: Refused) -> ServerFault | ServerRefusal:
    """Return the error for an unsuccessful status, with the server's words."""
    status = refused.status
    said = words(refused.body, refused.content_type)
    line = f"{refused.place} answered {status} {_phrase(status)}{f': {said}' if said else ''}"
    if status in _MAY_PASS or status >= 500:
        return ServerFault(ErrorKind.INFERENCE_ERROR, line, refused.wait)
    return ServerRefusal(ErrorKind.ENDPOINT_REFUSED, f"{line}; {_remedy(refused, said)}", status)


def in_stream(place: str, error: object) -> ServerFault | ServerRefusal:
    """Return the error that a server reports in the middle of an answer."""
    code = error.get("code") if isinstance(error, dict) else None
    body = msgspec.json.encode({"error": error})
    if isinstance(code, int) and 400 <= code < 500:
        return failure(Refused(place=place, status=code, body=body))
    return ServerFault(ErrorKind.INFERENCE_ERROR, f"{place} broke the answer off: {words(body, '')}")


def words(body: bytes, content_type: str) -> str:
    """Return a server's error text, quoted: the message in JSON, else the beginning of the text."""
    if "html" in content_type.lower() or body.lstrip()[:1] == b"<":
        return "a web page (HTML)"
    try:
        text = _message(decode_json(body, _anything))
    except MalformedError:
        text = body.decode("utf-8", "replace")
    return quoted(text, LONGEST)


def _message(value: object) -> str:
    """Return the message in `{"error": {"message"}}`, `{"error"}`, `{"message"}` or `{"detail"}`."""
    if isinstance(value, dict):
        for name in ("error", "message", "detail"):
            if value.get(name):
                return _message(value[name])
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _remedy(refused: Refused, said: str) -> str:
    match refused.status:
        case 401 | 403 if refused.key_sent:
            return "check the key that was sent, and what it may do"
        case 401 | 403:
            return (
                f"it wants a key: put it into {KEY_VARIABLE}, or name a variable as the model's api_key_env"
            )
        case 404 | 405:
            return "check the URL, which mostly ends in /v1, and the model's name"
        case 413:
            return "the image is larger than it takes"
        case status if 300 <= status < 400:
            return "it redirects, which is not followed: name the address where it is"
        case _ if any(word in said.lower() for word in _CONTEXT):
            return "lower --max-new-tokens, or let the server take a longer context"
        case _:
            return "the server's log may say more"
