"""Errors of a server, each on one line: temporary ones, for which a retry may help, and permanent ones."""

import http
import re
from typing import Any

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
_DOWN = (
    http.HTTPStatus.BAD_GATEWAY,
    http.HTTPStatus.SERVICE_UNAVAILABLE,
    http.HTTPStatus.GATEWAY_TIMEOUT,
)
_MAY_LAST = (0, http.HTTPStatus.INTERNAL_SERVER_ERROR, http.HTTPStatus.NOT_IMPLEMENTED)
_CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum context|max_model_len|maximum (model|sequence) length|n_ctx"
    r"|(prompt|input|inputs?) (is|are) too long|too many (input )?tokens"
    r"|\btokens?\b.{0,60}(must be <=|exceed)|exceed.{0,60}\btokens?\b",
    re.IGNORECASE,
)
_LIMITS = tuple(
    re.compile(rf"{named}[^0-9;\n]{{0,40}}?([0-9][0-9,]{{1,9}})(?![0-9]|\.[0-9])", re.IGNORECASE)
    for named in (r"(context|model|sequence)[ _](length|window|size)", "max_model_len", "max(imum)?", "<=")
)
"""A server's limit in a message about it, the surest form first."""

_NO_IMAGES = re.compile(
    r"(image|vision|multi-?modal)( \w+){0,3} (not |un)supported"
    r"|(not|n't) (support|accept|take)( \w+){0,4} (image|vision|multi-?modal)"
    r"|not an? (multi-?modal|vision)|(type|variant)\W{1,3}image_url|image_url is (only|not)|mmproj",
    re.IGNORECASE,
)
"""What is said by servers of models that see nothing."""

_IMAGE_FORMAT = re.compile(
    r"(unsupported|invalid|unknown|unrecogni[sz]ed) (image|media|mime)"
    r"|image (format|type)|cannot identify image|not a valid image",
    re.IGNORECASE,
)
_NOTHING_BEHIND = re.compile(
    r"\bconnection (error|refused|reset)|(cannot|can't|could not|unable to|failed to) connect"
    r"|no route to host|all connection attempts failed",
    re.IGNORECASE,
)
"""What a proxy says, whatever its status, when nothing answers behind it."""

_NO_MODEL = re.compile(
    r"\b(no such|unknown|invalid) model\b|\bmodel\b.{0,120}?\b(does not exist|not found|not available)",
    re.IGNORECASE | re.DOTALL,
)
"""What is said of a model's name with another status than 404."""

_TOO_LARGE = re.compile(r"(entity|payload|body|content) (is )?too large", re.IGNORECASE)
_RATE = re.compile(r"\brate\b|\bper (second|minute|hour|day)\b|quota", re.IGNORECASE)
_LASTING = re.compile(r"(not|n't) (yet )?(supported?|implemented)|unsupported", re.IGNORECASE)


class ServerFault(FadaError):
    """A temporary error of a server.

    Args:
        kind: becomes the error's if trying again does not help.
        message: in one line.
        wait: the least seconds that the server asks to wait.
        status: of its answer, if it gave one.
    """

    def __init__(
        self, kind: ErrorKind, message: str, wait: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.wait = wait
        self.status = status

    @property
    def down(self) -> bool:
        """Return whether nothing answers there, or a proxy says that nothing answers behind it."""
        return self.kind == ErrorKind.ENDPOINT_UNREACHABLE or self.status in _DOWN


class ServerRefusal(FadaError):
    """A permanent error of a server, for which a retry does not help.

    Args:
        kind: becomes the error's.
        message: in one line.
        status: of its answer, if it gave one.
        refused: its answer as it came, likewise.
    """

    def __init__(
        self, kind: ErrorKind, message: str, status: int | None = None, refused: "Refused | None" = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.refused = refused


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
    if status >= 500 and _NOTHING_BEHIND.search(_text(refused.body)):
        return ServerFault(ErrorKind.ENDPOINT_UNREACHABLE, line, refused.wait, status)
    if status in _MAY_PASS or (status >= 500 and not _lasts(refused)):
        return ServerFault(ErrorKind.INFERENCE_ERROR, line, refused.wait, status)
    return ServerRefusal(ErrorKind.ENDPOINT_REFUSED, f"{line}; {_remedy(refused)}", status, refused)


def in_stream(place: str, error: object) -> ServerFault | ServerRefusal:
    """Return the error that a server reports in place of an answer, or in the middle of one."""
    body = msgspec.json.encode({"error": error})
    refused = Refused(place=place, status=_code(error), body=body)
    if refused.status:
        found = failure(refused)
        if isinstance(found, ServerFault):
            found.status = http.HTTPStatus.OK  # the server is there, whatever it says of what is behind it
        return found
    line = f"{place} broke the answer off: {words(body, '')}"
    if _lasts(refused):
        return ServerRefusal(ErrorKind.ENDPOINT_REFUSED, f"{line}; {_remedy(refused)}", None, refused)
    return ServerFault(ErrorKind.INFERENCE_ERROR, line)


def about_context(refused: Refused) -> bool:
    """Return whether a server says that question, image and answer are too long for it."""
    return bool(_CONTEXT.search(_text(refused.body)))


def words_of(refusal: ServerRefusal) -> str:
    """Return the server's own words in a refusal, quoted; all of it if there are none."""
    refused = refusal.refused
    return (refused and words(refused.body, refused.content_type)) or str(refusal)


def words(body: bytes, content_type: str) -> str:
    """Return a server's error text, quoted: the message in JSON, else the beginning of the text."""
    if "html" in content_type.lower() or body.lstrip()[:1] == b"<":
        return "a web page (HTML)"
    return quoted(_text(body), LONGEST)


def _text(body: bytes) -> str:
    try:
        return _message(decode_json(body, _anything))
    except MalformedError:
        return body.decode("utf-8", "replace")


def _message(value: object) -> str:
    """Return the message in `{"error": {"message"}}`, `{"error"}`, `{"message"}` or `{"detail"}`.

    Of what pydantic lists, places and reasons without the values, which may be the images.
    """
    if isinstance(value, list) and value and all(isinstance(one, dict) and one.get("msg") for one in value):
        return "; ".join(f"{_place(one.get('loc'))}: {one['msg']}" for one in value)
    if isinstance(value, list) and len(value) == 1:
        return _message(value[0])
    if isinstance(value, dict):
        for name in ("error", "message", "detail"):
            if value.get(name):
                return _message(value[name])
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _place(loc: object) -> str:
    return ".".join(map(str, loc)) if isinstance(loc, list) else str(loc)


def _code(error: object) -> int:
    """Return the status of HTTP that an error names, as a number or in digits; 0 if none."""
    if isinstance(error, dict):
        for name in ("code", "status", "status_code"):
            text = str(error.get(name))
            if text.isascii() and text.isdecimal() and 400 <= int(text[:4]) < 600:
                return int(text)
    return 0


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _lasts(refused: Refused) -> bool:
    """Return whether an error of a server will come again, whenever it is asked."""
    if refused.status not in _MAY_LAST:
        return False
    said = _text(refused.body)
    lasting = any(words.search(said) for words in (_LASTING, _CONTEXT, _NO_IMAGES))
    return refused.status == http.HTTPStatus.NOT_IMPLEMENTED or (lasting and not _RATE.search(said))


def _remedy(refused: Refused) -> str:
    said = _text(refused.body)
    match refused.status:
        case 401 | 403 if refused.key_sent:
            return "check the key that was sent, and what it may do"
        case 401 | 403:
            return (
                f"it wants a key: put it into {KEY_VARIABLE}, or name a variable as the model's api_key_env"
            )
        case 404 | 405:
            return "check the URL, which mostly ends in /v1, and the model's name"
        case status if status == 413 or _TOO_LARGE.search(said):
            return "the image is larger than it takes: set a smaller --longest-edge, or --image-format jpeg"
        case status if 300 <= status < 400:
            return "it redirects, which is not followed: name the address where it is"
        case _ if _CONTEXT.search(said):
            return (
                f"its context{_limit(refused.body)} is too short: set a smaller --longest-edge, lower "
                "--max-new-tokens, or let the server take a longer context"
            )
        case _ if _IMAGE_FORMAT.search(said):
            return "another --image-format may be what it takes"
        case _ if _NO_IMAGES.search(said):
            return "this model sees no images there: choose one that does (llama.cpp wants --mmproj, too)"
        case _ if _NO_MODEL.search(said):
            return "check the model's name: fada-tui servers list URL says what is served"
        case _:
            return "the server's log may say more"


def _limit(body: bytes) -> str:
    """Return the limit that a message about the context names, as an insertion; empty if it names none."""
    told: Any = None
    try:
        value = decode_json(body, _anything)
    except MalformedError:
        value = None
    for one in (value, value.get("error") if isinstance(value, dict) else None):
        told = told or (one.get("n_ctx") if isinstance(one, dict) else None)
    said = _text(body)
    found = next((found for limit in _LIMITS if (found := limit.search(said))), None)
    number = told if isinstance(told, int) else found and found[found.lastindex or 0]
    return f" ({number} tokens)" if number else ""
