"""Frames of video files, decoded by PyAV.

Headers of video files say how many frames there are, or don't, or say it wrongly; some packets show nothing,
some show a frame twice. So a file has the frames that its decoder yields from the start on, in the order in
which they are shown, and they are counted by decoding them; frame 12 is the twelfth of them. This costs time
and is the same every time. A file that ends in the middle, or is damaged from somewhere on, has the frames
before that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING

from PIL import Image

from fada_tui.core.image_error import ImageError
from fada_tui.images.formats import VIDEO_EXTRA
from fada_tui.images.opening import (
    MAX_PIXELS,
    check_size,
    damaged,
    missing_package,
    no_such_frame,
    too_large,
    unreadable,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

MAX_FRAMES = 100_000
"""Maximum frames of a video that count: about an hour."""

_STILLS_IN_A_CONTAINER = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
"""Brands of still images that use the MP4 container format."""

_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
"""The rotation that turns a frame upright, by the counter-clockwise degrees in its file."""


def demuxer(head: bytes) -> str | None:
    """Return FFmpeg's name of a video file's format, by its first 12 bytes; `None` if it is no video.

    The format is never left to FFmpeg, which would take a text file for a playlist and open what it names.
    """
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"pnot"):
        return "mov"
    return "mov" if head[4:8] == b"ftyp" and head[8:12] not in _STILLS_IN_A_CONTAINER else None


def read(file: IO[bytes], name: str, number: int, kind: str) -> Image.Image:
    """Return a frame's pixels, upright, in mode RGB.

    Args:
        file: the video.
        name: what to call it in messages.
        number: of the frame, from 1 up.
        kind: as `demuxer` names it.

    Raises:
        ImageError: also MISSING_PACKAGE.
    """
    with _opened(file, name, kind) as container:
        passed = 0
        for passed, frame in enumerate(_frames(container, name), 1):
            if passed == number:
                return _upright_rgb(frame, name)
    raise no_such_frame(name, passed)


def count(file: IO[bytes], name: str, kind: str) -> int:
    """Return how many frames a video has, by decoding them; raises `ImageError`, also MISSING_PACKAGE."""
    with _opened(file, name, kind) as container:
        return sum(1 for _ in _frames(container, name))


@contextmanager
def _opened(file: IO[bytes], name: str, kind: str) -> Iterator["InputContainer"]:
    try:
        import av
    except ImportError:
        raise missing_package(name, "video files take PyAV", VIDEO_EXTRA) from None
    try:
        with av.open(file, mode="r", format=kind, metadata_errors="replace") as container:
            yield container
    except ImageError:
        raise
    except MemoryError:
        raise too_large(name, "not enough memory to decode it") from None
    except Exception as error:  # PyAV passes on whatever FFmpeg found
        raise damaged(name, error) from None


def _frames(container: "InputContainer", name: str) -> Iterator["VideoFrame"]:
    from av.error import FFmpegError
    from av.video import VideoStream

    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream):
        raise unreadable(name, "the file holds no video; leave it out")
    check_size(name, stream.codec_context.width, stream.codec_context.height)
    # A later frame may say another size than the header.
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    decoded = 0
    try:
        for frame in islice(container.decode(stream), MAX_FRAMES):
            decoded += 1
            yield frame
    except FFmpegError:
        if not decoded:
            raise
    if not decoded:
        raise unreadable(name, "the file holds no frame; export it again")


def _upright_rgb(frame: "VideoFrame", name: str) -> Image.Image:
    check_size(name, frame.width, frame.height)
    rgb = Image.fromarray(frame.to_ndarray(format="rgb24"))
    turn = _TURNS.get(frame.rotation % 360)
    return rgb if turn is None else rgb.transpose(turn)
