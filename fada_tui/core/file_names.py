"""File names and paths as Unicode, even where their bytes are not valid UTF-8."""

import re

_ESCAPED_BYTE = re.compile(r"\\x([0-9a-f]{2})")
_LOOKS_ESCAPED = re.compile(r"\\(?=x[0-9a-f]{2})")
_SURROGATE = re.compile("[\udc80-\udcff]")


def encode_name(name: str) -> str:
    r"""Return a file name or path as Unicode that JSON can hold.

    A byte that is not UTF-8 (a lone surrogate, as `os.fsdecode` yields it) is written `\xNN`. A
    backslash that would read as such an escape is itself written `\x5c`, so that `decode_name` always
    returns the name it was given.
    """
    if name.isascii() and "\\" not in name:
        return name
    doubled = _LOOKS_ESCAPED.sub(r"\\x5c", name)
    return _SURROGATE.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", doubled)


def decode_name(text: str) -> str:
    """Return the file name that `encode_name` encoded as `text`."""

    def byte(match: re.Match[str]) -> str:
        value = int(match[1], 16)
        return chr(value) if value < 0x80 else chr(0xDC00 + value)

    return _ESCAPED_BYTE.sub(byte, text)
