"""Filtering of terminal input: keys pass, the terminal's replies are taken out.

A reply that comes late or in pieces would be read by Textual as keys (`6 2 ; 4 c`), and digits are verdicts.
So the sieve stands before Textual's parser, which then sees nothing but whole sequences that it knows.

It rests on the order of a terminal's bytes: a terminal writes a reply whole, so the rest of one that has
begun comes before any key, however long a slow link takes. What stays ambiguous, and how it is settled:

- A lone escape byte is the Escape key once nothing follows it for `delay`, as in Textual; for `OWED_DELAY`
  while a reply is owed that may have been cut right after its first byte.
- `ESC [` with nothing behind it for `PATIENCE` is alt+[; with parameters behind it, it is the beginning of
  something that was lost, and dropped: alt+[ followed by digits within that time is lost with it.
- Sequences of keys that Textual doesn't know are dropped, since it would pass on their digits as keys.
"""

import re

ESCAPE = 0x1B
PASTE_BEGINS = b"\x1b[200~"
PASTE_ENDS = b"\x1b[201~"

DELAY = 0.1
"""Seconds after which a lone escape byte is the Escape key."""

OWED_DELAY = 1.0
"""The same while a reply is owed."""

OWED_SECONDS = 15.0
"""How long a reply that was asked for and did not come is waited for."""

PATIENCE = 1.0
"""Seconds that the rest of a key's sequence may take."""

REPLY_PATIENCE = 20.0
"""Seconds that the rest of what can only be a reply may take."""

LONGEST_KEY = 32
"""Bytes: Textual gives up on longer sequences, and passes them on character by character."""

LONGEST_REPLY = 4096

DEVICE_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
"""The reply to DA1, which every terminal gives; its numbers say what the terminal can do."""

CELL_SIZE = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
"""The reply to CSI 16 t: height and width of a cell in pixels."""

_INTRODUCERS = b"[O_P]"
_STRING_BEGINS = {b"_": b"G", b"P": b"01>!+$", b"]": b"0123456789"}
"""What a reply of each kind of string begins with; anything else is alt and a key."""

_ESCAPED_SECONDS = 2.0

_KEY = re.compile(
    rb"\x1b\[(?:"
    rb"[@-Z\\-~]"  # arrows and other keys without parameters, focus in and out
    rb"|\[[ -~]"  # the Linux console's function keys
    rb"|M[ -\xff]{3}"  # the oldest report of the mouse
    rb"|<-?\d+;-?\d+;-?\d+[Mm]|\d+;\d+;\d+M"  # the mouse
    rb"|[\d:]*(?:;[\d:]*){0,2}[u~A-FHPQRS]"  # keys with modifiers, or by kitty's protocol; pasting
    rb"|1;\d[p-y]|\d+[\^@$]"  # keypad, rxvt
    rb"|48(?:;[\d:]+){4}t"  # the window's size
    rb"|\?\d+;\d\$y"  # whether the terminal knows a mode that Textual asked about
    rb")"
)

_CUT_OFF = re.compile(rb"\[[?<>=]|_G|\[0n|\[[\d:]*;[\d:;]*[tu~A-FHPQRS]")
"""The beginning of what follows an escape byte and is no key that anyone types."""


class Sieve:
    """A filter of the bytes that a terminal sends.

    Args:
        escape: what stands for the Escape key in what is passed on. The default needs no time to be told from
            the beginning of a sequence.
        delay: seconds after which a lone escape byte is the Escape key.
        owed_until: the time until which a reply may come that was asked for before.
    """

    def __init__(self, escape: bytes = b"\x1b[27u", delay: float = DELAY, owed_until: float = 0.0) -> None:
        self.replies: list[bytes] = []
        """What was taken out, in order."""
        self._escape = escape
        self._delay = delay
        self._owed_until = owed_until
        self._held = bytearray()
        self._pasting = False
        self._touched = 0.0
        self._escaped = float("-inf")

    def feed(self, data: bytes, now: float) -> bytes:
        """Take bytes that came at a time, and return those to pass on."""
        out = self.expire(now)
        if now - self._escaped < _ESCAPED_SECONDS and _CUT_OFF.match(data):
            self._held = bytearray((ESCAPE,))  # it was no Escape key
        if data:
            self._touched, self._escaped = now, float("-inf")
        return out + b"".join(self._take(byte) for byte in data)

    @property
    def due(self) -> float | None:
        """When to call `expire`, if something is held back."""
        return self._touched + self._wait() if self._held and not self._pasting else None

    def expire(self, now: float) -> bytes:
        """Return what was held back for so long that it must be keys."""
        due = self.due
        if due is None or now < due:
            return b""
        if len(self._held) == 1:
            self._escaped = now
        return self._release()

    def rest(self) -> bytes:
        """Return and clear the bytes that are still held back."""
        held, self._held = bytes(self._held), bytearray()
        return held

    def _wait(self) -> float:
        held = self._held
        if len(held) == 1:
            return OWED_DELAY if self._touched < self._owed_until else self._delay
        if len(held) == 2 or (held[1:2] == b"[" and bytes(held[2:3]) not in (b"?", b">", b"=")):
            return PATIENCE
        return REPLY_PATIENCE

    def _release(self) -> bytes:
        """Pass on what is held as keys, unless it is the beginning of something longer."""
        held = self.rest()
        if len(held) == 1:
            return self._escape
        return held if len(held) == 2 else b""

    def _take(self, byte: int) -> bytes:
        char = bytes((byte,))
        if self._pasting:
            return self._pasted(char)
        if not self._held:
            if byte != ESCAPE:
                return char
            self._held += char
            return b""
        if len(self._held) == 1:
            return self._second(byte, char)
        if self._held[1:2] == b"[":
            return self._control(byte, char)
        if self._held[1:2] == b"O":
            return self._shifted(byte, char)
        return self._string(byte, char)

    def _second(self, byte: int, char: bytes) -> bytes:
        if byte == ESCAPE:
            return self._again(char)
        self._held += char
        return b"" if char in _INTRODUCERS else self.rest()

    def _shifted(self, byte: int, char: bytes) -> bytes:
        """A byte after ESC O: the letter of a key; numbers before it Textual doesn't know."""
        if byte == ESCAPE:
            return self._again(char)
        self._held += char
        if char in b"0123456789;":
            return b""
        sequence = self.rest()
        return sequence if len(sequence) == 3 else b""

    def _again(self, char: bytes) -> bytes:
        """End what is held, since another sequence begins."""
        out = self._release()
        self._held += char
        return out

    def _control(self, byte: int, char: bytes) -> bytes:
        """A byte of a control sequence: parameters until a letter ends it."""
        held = self._held
        if byte == ESCAPE:
            return self._again(char)
        if held == b"\x1b[[" or held.startswith(b"\x1b[M"):
            held += char
            return self._whole() if held[2:3] == b"[" or len(held) == 6 else b""
        if not 0x20 <= byte < 0x7F:  # a key between the bytes; terminals go on with the sequence, too
            return self.rest() + char if len(held) == 2 else char
        if len(held) < LONGEST_REPLY:
            held += char
        if bytes(held) in (b"\x1b[[", b"\x1b[M"):
            return b""
        ends = byte >= 0x40 or (char == b"$" and held[2:-1].isdigit())
        return self._whole() if ends else b""

    def _whole(self) -> bytes:
        """Pass on a whole control sequence if it is one that Textual reads."""
        sequence = self.rest()
        if sequence == PASTE_BEGINS:
            self._pasting = True
        if _KEY.fullmatch(sequence) and len(sequence) <= LONGEST_KEY:
            return sequence
        self._answered(sequence)
        return b""

    def _string(self, byte: int, char: bytes) -> bytes:
        """A byte of a string: it ends with ESC and a backslash, or with BEL."""
        held = self._held
        if len(held) == 2 and char not in _STRING_BEGINS[bytes(held[1:2])]:
            return self._again(char) if byte == ESCAPE else self.rest() + char
        if held[-1] == ESCAPE and char != b"\\":
            self._held = bytearray((ESCAPE,))  # the string was cut; another sequence began
            return self._second(byte, char)
        if byte < 0x20 and byte not in (ESCAPE, 0x07):
            return char
        if len(held) < LONGEST_REPLY or byte == ESCAPE or held[-1] == ESCAPE:
            held += char
        if byte == 0x07 or held.endswith(b"\x1b\\"):
            self._answered(self.rest())
        return b""

    def _answered(self, sequence: bytes) -> None:
        self.replies.append(sequence)
        if DEVICE_ATTRIBUTES.fullmatch(sequence):
            self._owed_until = 0.0  # terminals answer in order, and this is what is asked last

    def _pasted(self, char: bytes) -> bytes:
        """Pasted text passes but for its escape bytes, which would make Textual read the rest as keys."""
        self._held += char
        held = bytes(self._held)
        if held == PASTE_ENDS:
            self._pasting = False
            return self.rest()
        if PASTE_ENDS.startswith(held):
            return b""
        if char == b"\x1b":
            self._held = bytearray(char)
            return held[:-1].replace(b"\x1b", b"")
        return self.rest().replace(b"\x1b", b"")
