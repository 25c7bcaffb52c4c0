"""Check sums in a run's files: whether content is as it was written. docs/file-formats.md defines them."""

import hashlib
import zlib

import msgspec

_SUFFIX = b',"check":"%08x"}'
_SUFFIX_LENGTH = len(_SUFFIX % 0)


def of_content(content: object) -> str:
    """Return the check sum of JSON content, which neither the order of keys nor white space changes."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def with_check(line: bytes) -> bytes:
    """Return an object's JSON, on one line, with the check sum of its bytes as its last field."""
    return line[:-1] + _SUFFIX % zlib.crc32(line)


def without_check(line: bytes) -> bytes:
    """Return a line as it was before `with_check`; one without a right check sum as it is."""
    bare = line[:-_SUFFIX_LENGTH] + b"}"
    # Only the sum counts: where the bytes of its key are damaged, the rest is whole all the same.
    return bare if line[-10:-2] == b"%08x" % zlib.crc32(bare) else line
