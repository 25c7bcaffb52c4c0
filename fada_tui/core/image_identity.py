"""Whether an image still is the one that an answer was made from: pure.

An image is known by its file's bytes; in an answer of older runs by its decoded pixels alone.
"""

from fada_tui.core.records import FileFacts, ImageState, Record, Result


class ImageIdentity(Record, frozen=True, kw_only=True):
    """What an image was, or is."""

    file: FileFacts | None = None
    """The file's bytes."""
    sha256: str | None = None
    """Of the decoded pixels, as `Result.sha256`."""


def identity_of(result: Result) -> ImageIdentity | None:
    """Return what a result's image was when it was asked about; `None` if the run does not say."""
    if not result.file and result.sha256 is None:
        return None
    return ImageIdentity(file=result.file or None, sha256=result.sha256)


def compare(asked: ImageIdentity, found: ImageIdentity) -> ImageState:
    """Return what has become of an image: by its bytes, or where those are unknown by its pixels.

    Args:
        asked: as it was when it was asked about.
        found: as it is; what could not be read of it is no change.
    """
    if asked.file is not None:
        return "as_asked" if found.file in (None, asked.file) else "changed"
    return "as_asked" if found.sha256 in (None, asked.sha256) else "decodes_differently"


def described(name: str, asked: ImageIdentity, found: ImageIdentity) -> str:
    """Return a change in words: which image, and what of it is another; without what to do."""
    before, now = asked.file, found.file
    if before is None:
        return f"{name} decodes differently than when it was asked about"
    sizes = f", from {before.size:,} to {now.size:,} bytes" if now and now.size != before.size else ""
    pixels = "; its pixels are the same" if asked.sha256 and asked.sha256 == found.sha256 else ""
    return f"{name} was changed since it was asked about{sizes}{pixels}"
