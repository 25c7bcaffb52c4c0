"""An answer as a chat completion or a stream of its chunks holds it: pure.

Of what is needed every form is read that servers are known to send; all else is passed over.
https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.records import Finish
from fada_tui.core.thoughts import Split, ThoughtStream, split

END = "[DONE]"
"""Data of a stream's last event."""

_FINISHES: Mapping[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "complete": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
}
_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_THOUGHT_PARTS = ("thinking", "reasoning", "thought")
_CHARACTERS = 16
"""Characters of a token at most, on the average of a long text."""

_LONGEST = 4 * 1024 * 1024
"""Maximum characters of an answer, whatever its limit."""

_decoder = msgspec.json.Decoder()


class Piece(Struct, frozen=True):
    """What one event adds to an answer."""

    text: str = ""
    """Text of the answer."""
    thoughts: str = ""
    """Text of the thoughts before it."""
    alive: bool = False
    """Whether the model writes, be it that the text is still held back."""
    error: Any = None
    """The error that the server reports."""


class Reading:
    """An answer as received so far; what the server does not report stays `None`."""

    def __init__(self) -> None:
        self.pieces = 0
        """Events that had text."""
        self.characters = 0
        """Of answer, thoughts and refusal."""
        self.prompt_tokens: int | None = None
        self.generated: int | None = None
        self.thought_tokens: int | None = None
        self.reason: str | None = None
        """Why the model ended, in the server's word, in lower case, with underscores."""
        self.ended = False
        """The server said that there is no more."""
        self.other: str | None = None
        """What came first that has no place in an answer; only of use where nothing else came."""
        self._by_deltas = False
        """Some of it came as what is added, so that a whole message repeats it."""
        self._counted = False
        """Its tokens were counted after its text, as `stream_options` have it at a stream's end."""
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._refusal: list[str] = []
        self._marks = ThoughtStream()

    @property
    def told(self) -> Split:
        """Return thoughts and answer so far, told apart."""
        marked = split("".join(self._text))
        apart = "".join(self._thoughts).strip()
        return Split("\n\n".join(part for part in (apart, marked.thoughts) if part), marked.answer)

    @property
    def refusal(self) -> str:
        """Return the words in which the model refused to answer; empty if it did not."""
        return "".join(self._refusal).strip()

    @property
    def whole(self) -> bool:
        """Return whether the answer is complete, not cut off in transmission."""
        return self.reason is not None or ((self.ended or self._counted) and self.characters > 0)

    @property
    def finish(self) -> Finish | None:
        """Return the reason for its end, if it has a known name."""
        return _FINISHES.get(self.reason or "")

    def take(self, data: str) -> Piece:
        """Take the data of one event; raises `MalformedError` if it is no part of an answer."""
        if data.strip() == END:
            self.ended = True
            return Piece()
        value = decode_json(data, _decoder)
        if isinstance(value, list):
            value = next((one for one in value if isinstance(one, dict)), {})
        if not isinstance(value, dict):
            raise MalformedError("it is neither an object nor a list of them")
        choices = value.get("choices")
        choice = _first_choice(choices)
        if error := _error(value, choice):
            return Piece(error=error)
        if choices is None and self.other is None:
            self.other = data
        self._count(value.get("usage"), last=choices == [])
        reason = choice.get("finish_reason")
        if isinstance(reason, dict):  # as SGLang has it beside the tokens that matched
            reason = reason.get("type")
        if isinstance(reason, str) and reason:
            self.reason = reason.lower().replace("-", "_").removeprefix("finish_reason_")
        return self._add(choice)

    def end(self) -> Piece:
        """Return the text that was held back; a second call returns nothing."""
        rest = self._marks.end()
        return Piece(text=rest.answer, thoughts=rest.thoughts)

    def far_beyond(self, limit: int) -> bool:
        """Return whether it is certainly much longer than a number of tokens.

        A token may come in several events, and an event hold several tokens.
        """
        return (
            (self.generated or 0) > 2 * limit + 64
            or self.pieces > 4 * limit + 256
            or self.characters > min(_CHARACTERS * limit + 4096, _LONGEST)
        )

    def _add(self, choice: Mapping[str, Any]) -> Piece:
        said = choice.get("delta")
        if not isinstance(said, dict):
            whole = choice.get("message")
            said = whole if isinstance(whole, dict) else {"content": choice.get("text")}
            if whole and self._by_deltas:  # at a stream's end it repeats what came before
                said = {}
        else:
            self._by_deltas |= any(said.get(name) for name in ("content", "refusal", *_THOUGHT_FIELDS))
        parts = _Parts()
        parts.add(said.get("content"))
        if "message" in choice:
            parts.text = self._beyond(parts.text)
        for name in _THOUGHT_FIELDS:  # some servers send the same by two names
            if thought := _plain(said.get(name)):
                parts.thoughts += thought
                break
        if isinstance(refusal := said.get("refusal"), str):
            parts.refusal += refusal
        self._text.append(parts.text)
        self._thoughts.append(parts.thoughts)
        self._refusal.append(parts.refusal)
        added = len(parts.text) + len(parts.thoughts) + len(parts.refusal)
        self.characters += added
        self.pieces += bool(added)
        self._counted &= not added
        marked = self._marks.take(parts.text)
        return Piece(marked.answer, parts.thoughts + marked.thoughts, alive=added > 0)

    def _beyond(self, text: str) -> str:
        """Return what a message adds to those before it, if it begins with all that they said."""
        before = "".join(self._text)
        return text.removeprefix(before)

    def _count(self, usage: Any, *, last: bool) -> None:
        if not isinstance(usage, dict):
            return
        details = usage.get("completion_tokens_details")
        thought = _number(details.get("reasoning_tokens")) if isinstance(details, dict) else None
        self.prompt_tokens = _or(_number(usage.get("prompt_tokens")), self.prompt_tokens)
        self.generated = _or(_number(usage.get("completion_tokens")), self.generated)
        self.thought_tokens = _or(thought, self.thought_tokens)
        self._counted = last and self.generated is not None and self.characters > 0


class _Parts:
    """The contents of a message by what they are."""

    def __init__(self) -> None:
        self.text = ""
        self.thoughts = ""
        self.refusal = ""

    def add(self, content: Any) -> None:
        """Take a message's content: text, a part, or a list of parts; raises `MalformedError` for others."""
        if isinstance(content, str):
            self.text += content
        elif isinstance(content, list):
            for part in content:
                self.add(part)
        elif isinstance(content, dict):
            kind = content.get("type")
            if kind in _THOUGHT_PARTS:
                self.thoughts += next(filter(None, (_plain(content.get(n)) for n in (kind, "text"))), "")
            elif kind == "refusal":
                self.refusal += _plain(content.get("refusal"))
            else:
                self.text += _plain(content.get("text"))
        elif content is not None:
            raise MalformedError(f"its content is a {type(content).__name__}")


def _plain(value: Any) -> str:
    """Return the text of a string, of a part, or of a list of parts."""
    match value:
        case str():
            return value
        case list():
            return "".join(map(_plain, value))
        case dict():
            return _plain(value.get("text") or value.get("content") or value.get("value"))
        case _:
            return ""


def _first_choice(choices: Any) -> Mapping[str, Any]:
    """Return the first answer of an event; of others that were asked for nothing is read."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index") in (None, 0, "0"):
            return choice
    return {}


def _error(value: Mapping[str, Any], choice: Mapping[str, Any]) -> Any:
    """Return the error that an event reports, in whatever form; `None` if it says nothing."""
    for error in (value.get("error"), choice.get("error")):
        if any(error.values()) if isinstance(error, dict) else error:
            return error
    if value.get("choices"):
        return None
    said = any(isinstance(value.get(name), (str, list)) and value[name] for name in ("message", "detail"))
    return dict(value) if said or value.get("object") == "error" else None


def _number(value: Any) -> int | None:
    """Return a count, which some servers send as a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
        return None
    return int(value)


def _or(value: int | None, other: int | None) -> int | None:
    return other if value is None else value
