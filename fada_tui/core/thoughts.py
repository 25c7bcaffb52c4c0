"""Thoughts that a model writes before its answer, told apart from it by the marks around them.

Marks are those of Qwen3-VL, DeepSeek-R1 and GLM-4.1V (`<think>`), Gemma 4 (a channel), Kimi-VL and Magistral.
A template may open the thoughts at the prompt's end; then only their closing mark is in the text.
"""

from typing import NamedTuple

_MARKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<|channel>thought", "<channel|>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
)
"""What opens thoughts, and what closes them."""

OPENING = tuple(opening for opening, _ in _MARKS)
CLOSING = tuple(closing for _, closing in _MARKS)


class Split(NamedTuple):
    """A text, or a part of one, told apart."""

    thoughts: str
    answer: str


def split(text: str, *, begun: bool = False) -> Split:
    """Return the thoughts and the answer of a whole text, each without white space around it.

    Args:
        text: as the model wrote it, with its marks.
        begun: the prompt has opened the thoughts, so that the text begins within them.
    """
    stream = ThoughtStream(begun=begun)
    parts = (stream.take(text), stream.end())
    thoughts, answer = ("".join(part) for part in zip(*parts, strict=True))
    if not begun and not thoughts and (closed := _first(answer, CLOSING)):
        at, closing = closed  # The template opened them, and nobody said so.
        thoughts, answer = answer[:at], answer[at + len(closing) :]
    return Split(thoughts.strip(), answer.strip())


def opened_by(prompt: str) -> bool:
    """Return whether a prompt ends with open thoughts."""
    last = max(((prompt.rfind(opening), number) for number, opening in enumerate(OPENING)), default=(-1, 0))
    at, number = last
    return at >= 0 and CLOSING[number] not in prompt[at:] and not prompt[at + len(OPENING[number]) :].strip()


class ThoughtStream:
    """A text as it arrives, passed on as thoughts or as answer; what may be a part of a mark is held back.

    Only what stands at the very beginning opens thoughts: later in an answer a mark is text.

    Args:
        begun: the prompt has opened the thoughts.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._held = ""
        self._closing: tuple[str, ...] = CLOSING if begun else ()
        """What closes the thoughts that are open; empty if none are."""
        self._answering = False

    @property
    def thinking(self) -> bool:
        """Whether thoughts are open."""
        return bool(self._closing)

    def take(self, text: str) -> Split:
        """Return what can be passed on, now that this text has arrived."""
        self._held += text
        thoughts = answer = ""
        while True:
            if self._answering:
                answer, self._held = answer + self._held, ""
                return Split(thoughts, answer)
            if self._closing:
                found = _first(self._held, self._closing)
                if found is None:
                    safe = len(self._held) - _partial(self._held, self._closing)
                    thoughts, self._held = thoughts + self._held[:safe], self._held[safe:]
                    return Split(thoughts, answer)
                at, closing = found
                thoughts, self._held = thoughts + self._held[:at], self._held[at + len(closing) :]
                self._closing = ()
            elif not self._open():
                return Split(thoughts, answer)

    def end(self) -> Split:
        """Return the rest; a second call returns nothing."""
        rest, self._held = self._held, ""
        return Split(rest, "") if self._closing else Split("", rest)

    def _open(self) -> bool:
        """See what the text begins with; return whether that is known now."""
        begins = self._held.lstrip()
        for opening, closing in _MARKS:
            if begins.startswith(opening):
                self._held, self._closing = begins[len(opening) :], (closing,)
                return True
        if begins and not any(opening.startswith(begins) for opening in OPENING):
            self._answering = True
            return True
        return False


def _first(text: str, marks: tuple[str, ...]) -> tuple[int, str] | None:
    """Return where the first of some marks is, and which it is."""
    return min(((at, mark) for mark in marks if (at := text.find(mark)) >= 0), default=None)


def _partial(text: str, marks: tuple[str, ...]) -> int:
    """Return the length of the text's end that may be the beginning of a mark."""
    return max(
        (
            size
            for mark in marks
            for size in range(1, min(len(mark), len(text) + 1))
            if mark.startswith(text[-size:])
        ),
        default=0,
    )
