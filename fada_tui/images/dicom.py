"""DICOM files with one or several frames, read by pydicom.

Only the elements that drawing needs are read, beside a few that say what made the picture (`DicomFacts`): a
patient's name, number and dates are never even parsed. What is burned into the pixels stays there, and
overlays are not drawn.

- **Grey** goes through the modality transformation, then through the file's first window or VOI table;
  without either, 8 bits are shown as they are and other depths from their darkest to their brightest value.
  MONOCHROME1 is inverted after that.
- **Colour** becomes RGB (from YBR, palettes, planes), its upper 8 bits where it has more.
"""

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fada_tui.core.image_error import ImageError
from fada_tui.core.records import DicomFacts
from fada_tui.core.text import printable
from fada_tui.images import codestream
from fada_tui.images.dicom_grey import grey
from fada_tui.images.formats import DICOM_EXTRA, DICOM_MARK, DICOM_MARK_AT
from fada_tui.images.opening import (
    MAX_PIXELS,
    TOO_MANY,
    check_size,
    damaged,
    missing_package,
    no_such_frame,
    too_large,
    unreadable,
)

if TYPE_CHECKING:
    from pydicom import Dataset

_FACTS = ("Modality", "Manufacturer", "ManufacturerModelName")
"""What of the header beside the picture's description goes into results: nobody's identity. The standard's
basic profile for de-identification (PS3.15, table E.1-1) keeps all of it."""

_PICTURE = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "ModalityLUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "VOILUTSequence",
    "VOILUTFunction",
    "WindowCenter",
    "WindowWidth",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
)
"""The elements of the header that are read."""

_PIXEL_DATA = {0x0008: "FloatPixelData", 0x0009: "DoubleFloatPixelData", 0x0010: "PixelData"}
"""Names of the elements of group 7FE0 that hold pixels."""

_DEFLATED = b"1.2.840.10008.1.2.1.99"
"""The transfer syntax that compresses all of the data set."""

_LONG = (b"OB", b"OW", b"UN", b"UT", b"SQ", b"OF", b"OD", b"OL", b"OV", b"UC", b"UR", b"SV", b"UV")
"""Kinds of elements whose length takes four more bytes."""

_ITEM = 0xFFFEE000
"""Tag of a fragment of compressed pixels."""

_FACT_LENGTH = 64
"""Maximum characters that the standard allows in such a text."""

_RUST = "pyo3_runtime"
"""Module of the exception that panics in Rust code raise, as in pylibjpeg-rle; it is no `Exception`."""

_COMPONENTS = 4
"""Maximum number of components of a pixel in a compressed image."""


def read(file: IO[bytes], name: str, number: int) -> tuple[Image.Image, DicomFacts]:
    """Return a frame's pixels in mode RGB, and the facts of its acquisition that may be kept.

    Args:
        file: a DICOM file with its preamble.
        name: what to call it in messages.
        number: of the frame, from 1 up.

    Raises:
        ImageError: also MISSING_PACKAGE.
    """
    with _careful(file, name) as header:
        frames = _stated_frames(header)
        if number > frames:
            raise no_such_frame(name, frames)
        values, interpretation = _decoded(file, header, name, number - 1)
        pixels = Image.fromarray(_rgb(values, header, interpretation, name, number - 1))
        return pixels.convert("RGB"), _facts(header, frames)


def count(file: IO[bytes], name: str) -> int:
    """Return the number of frames in a file: the header's, limited to those that the pixel data hold.

    Raises:
        ImageError: also MISSING_PACKAGE.
    """
    with _careful(file, name) as header:
        stated = _stated_frames(header)
        return max(1, min(stated, _frames_there(file, header))) if stated > 1 else 1


@contextmanager
def _careful(file: IO[bytes], name: str) -> Iterator["Dataset"]:
    """Yield the header; turn any exception of pydicom, here or later, into an `ImageError`.

    The file is left where the pixel data element begins.
    """
    try:
        import pydicom
    except ImportError:
        raise missing_package(name, "DICOM files take pydicom", DICOM_EXTRA) from None
    # It warns and logs about each odd header, with the odd value.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if _syntax(file) == _DEFLATED:
                # pydicom would unpack all of it before it knows how much that is.
                raise unreadable(name, "a deflated DICOM file; export it uncompressed")
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=[*_FACTS, *_PICTURE])
            if "Rows" not in header or "Columns" not in header:
                raise unreadable(name, "this DICOM file holds no picture; leave it out")
            check_size(name, int(header.Rows), int(header.Columns))
            yield header
    except ImageError:
        raise
    except MemoryError:
        raise too_large(name, "not enough memory to decode it") from None
    except Exception as error:  # damaged files raise anything from struct.error to RecursionError
        raise damaged(name, error) from None
    except BaseException as error:
        if type(error).__module__ != _RUST:
            raise
        raise damaged(name, error) from None


def _syntax(file: IO[bytes]) -> bytes | None:
    """Return the transfer syntax that the file's first group names, and rewind the file."""
    file.seek(DICOM_MARK_AT + len(DICOM_MARK))
    found = None
    while found is None and len(head := file.read(8)) == 8:
        group, element, kind, length = struct.unpack("<HH2sH", head)
        if group != 2:
            break
        if kind in _LONG:
            length = int.from_bytes(file.read(4), "little")
        if element == 0x0010:
            found = file.read(min(length, _FACT_LENGTH)).rstrip(b"\0 ")
        else:
            file.seek(length, 1)
    file.seek(0)
    return found


def _stated_frames(header: "Dataset") -> int:
    try:
        return max(1, int(header.get("NumberOfFrames") or 1))
    except (TypeError, ValueError):
        return 1


def _decoded(file: IO[bytes], header: "Dataset", name: str, index: int) -> tuple[NDArray[Any], str]:
    """Return a frame's values, rows × columns (× 3), and how to interpret them."""
    from pydicom.pixels import as_pixel_options, get_decoder

    syntax = header.file_meta.TransferSyntaxUID
    keyword = _enter_pixel_data(file, header, name)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:  # pydicom's word for a transfer syntax that it has no decoder for
        raise unreadable(
            name, f"{printable(syntax.name)} cannot be decoded; export it in another way"
        ) from None
    if not decoder.is_available:
        raise missing_package(name, f"{printable(syntax.name)} takes another decoder", DICOM_EXTRA)
    options = as_pixel_options(header, transfer_syntax_uid=syntax, pixel_keyword=keyword)
    if options.get("samples_per_pixel") not in (1, 3):
        raise unreadable(name, "a pixel of it has neither one value nor three; leave it out")
    if syntax.is_encapsulated:
        _check_codestream(file, options, name, index)
    values, about = decoder.as_array(file, index=index, validate=True, raw=False, **options)
    return values, str(about["photometric_interpretation"])


def _enter_pixel_data(file: IO[bytes], header: "Dataset", name: str) -> str:
    """Seek to the first byte of the pixels; return the name of their element."""
    order = "<" if header.file_meta.TransferSyntaxUID.is_little_endian else ">"
    head = file.read(8)
    if len(head) < 8:
        raise unreadable(name, "this DICOM file holds no picture; leave it out")
    group, element = struct.unpack(f"{order}HH", head[:4])
    if group != 0x7FE0 or element not in _PIXEL_DATA:
        raise unreadable(name, "this DICOM file holds no picture; leave it out")
    if not header.file_meta.TransferSyntaxUID.is_implicit_VR:
        file.read(4)
    return _PIXEL_DATA[element]


def _check_codestream(file: IO[bytes], options: dict[str, Any], name: str, index: int) -> None:
    """Raise an error if a compressed frame would unpack to more than the header allows."""
    from pydicom.encaps import get_frame

    place = file.tell()
    frame = get_frame(
        file,
        index,
        number_of_frames=options["number_of_frames"],
        extended_offsets=options.get("extended_offsets"),
    )
    file.seek(place)
    if (values := codestream.values(frame)) is not None and values > MAX_PIXELS * _COMPONENTS:
        raise too_large(name, TOO_MANY)


def _rgb(
    values: NDArray[Any], header: "Dataset", interpretation: str, name: str, index: int
) -> NDArray[np.uint8]:
    """Return grey as rows × columns, colour as rows × columns × 3."""
    match interpretation:
        case "MONOCHROME1":
            return 255 - grey(values, header, index)
        case "MONOCHROME2":
            return grey(values, header, index)
        case "PALETTE COLOR":
            return _coloured(values, header)
        case "RGB":
            return _eight_bits(values, int(header.BitsStored))
    raise unreadable(name, f"its colours are {printable(interpretation)}, which cannot be read; convert it")


def _coloured(values: NDArray[Any], header: "Dataset") -> NDArray[np.uint8]:
    from pydicom.pixels import apply_color_lut

    entries, first, bits = (int(part) for part in header.RedPaletteColorLookupTableDescriptor)
    # All its entries at once, rather than all pixels: an 8-bit table is then safe for 16-bit pixels.
    table = apply_color_lut(np.arange(first, first + (entries or 2**16)), header)[:, :3]
    if bits > 8 and table.max(initial=0) < 256:
        bits = 8  # says 16 and has 8, as some scanners do
    return _eight_bits(table, bits)[np.clip(values.astype(np.int64) - first, 0, len(table) - 1)]


def _eight_bits(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    return (values >> max(bits - 8, 0)).astype(np.uint8)


def _frames_there(file: IO[bytes], header: "Dataset") -> int:
    """Return how many frames the pixel data hold, by their length or their index."""
    syntax = header.file_meta.TransferSyntaxUID
    _enter_pixel_data(file, header, "")
    if syntax.is_encapsulated:
        return _fragments(file)
    start, end = file.tell(), file.seek(0, 2)
    bits = int(header.Rows) * int(header.Columns) * int(header.SamplesPerPixel) * int(header.BitsAllocated)
    if header.PhotometricInterpretation == "YBR_FULL_422":
        bits = bits * 2 // 3
    return (end - start) * 8 // bits if bits else 1


def _fragments(file: IO[bytes]) -> int:
    """Return how many compressed frames the file holds, by its offset table or its fragments."""
    start, end = file.tell(), file.seek(0, 2)
    file.seek(start)
    _, length = _item(file)
    table = file.read(min(length, end - file.tell()))
    offsets = struct.unpack(f"<{len(table) // 4}L", table[: len(table) // 4 * 4])
    base, whole = file.tell(), set()
    while True:
        place = file.tell()
        tag, length = _item(file)
        if tag != _ITEM or place + 8 + length > end:
            break
        whole.add(place - base)
        file.seek(length, 1)
    return sum(offset in whole for offset in offsets) if offsets else len(whole)


def _item(file: IO[bytes]) -> tuple[int, int]:
    """Read an item's header; return its tag and its length in bytes, both 0 at the end of the file."""
    head = file.read(8)
    if len(head) < 8:
        return 0, 0
    group, element, length = struct.unpack("<HHL", head)
    return group << 16 | element, length


def _facts(header: "Dataset", frames: int) -> DicomFacts:
    modality, manufacturer, model = (_fact(header, keyword) for keyword in _FACTS)
    return DicomFacts(
        modality=modality,
        manufacturer=manufacturer,
        model=model,
        photometric_interpretation=_fact(header, "PhotometricInterpretation"),
        frames=frames,
    )


def _fact(header: "Dataset", keyword: str) -> str | None:
    value = header.get(keyword)
    return printable(str(value))[:_FACT_LENGTH] or None if value is not None else None
