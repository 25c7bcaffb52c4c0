"""DICOM files, animations and videos of known pixels."""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    ExplicitVRLittleEndian,
    RLELossless,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255), (9, 90, 200))
"""No two alike, each frame of a test file one of them."""


def shipped(name: str) -> Path:
    """A file that pydicom brings along."""
    found = get_testdata_file(name, download=False)
    assert found, name
    return Path(found)


def dicom(values: NDArray[Any], interpretation: str = "MONOCHROME2", **elements: Any) -> FileDataset:
    """A DICOM data set of these stored values: rows × columns, of several frames or of three colours.

    Args:
        values: in the order in which they are stored.
        interpretation: their photometric interpretation.
        elements: further ones, by keyword; `frames`: values begin with that axis.
    """
    many = elements.pop("frames", False)
    colours = 3 if interpretation not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR") else 1
    shape = values.shape[1:] if many else values.shape
    if colours == 3 and elements.get("PlanarConfiguration") == 1:
        shape = shape[1:]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.Modality = "US"
    made.Rows, made.Columns = shape[0], shape[1]
    made.SamplesPerPixel, made.PhotometricInterpretation = colours, interpretation
    if colours == 3:
        made.PlanarConfiguration = 0
    bits = values.dtype.itemsize * 8
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.PixelRepresentation = int(np.issubdtype(values.dtype, np.signedinteger))
    if many:
        made.NumberOfFrames = len(values)
    made.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    made["PixelData"].VR = "OB" if bits == 8 else "OW"
    return made


def save_dicom(path: Path, *arguments: Any, **elements: Any) -> Path:
    """Write what `dicom` makes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, dicom(*arguments, **elements), enforce_file_format=True)
    return path


def save_panicking_dicom(path: Path) -> Path:
    """Write run lengths that go on where a segment's pixels are all there: pylibjpeg-rle panics over them."""
    made = dicom(np.zeros((40, 50), np.uint16))
    made.compress(RLELossless)
    frame = next(generate_frames(made.PixelData, number_of_frames=1))
    count, first, second = struct.unpack("<3L", frame[:12])
    more = b"\x81\x07" * 4
    header = struct.pack("<3L", count, first, second + len(more)).ljust(first, b"\0")
    made.PixelData = encapsulate([header + frame[first:second] + more + frame[second:]])
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, made)
    return path


def lookup_table(data: Sequence[int], first: int, bits: int) -> Dataset:
    """An item of a modality or VOI table."""
    item = Dataset()
    item.LUTDescriptor = [len(data), first, bits]
    item.LUTData = list(data)
    item["LUTDescriptor"].VR = "US"
    item["LUTData"].VR = "US"
    return item


def plain(colours: Iterable[tuple[int, int, int]], size: tuple[int, int] = (32, 24)) -> list[Image.Image]:
    """Pictures of one colour each."""
    return [Image.new("RGB", size, colour) for colour in colours]


def save_frames(path: Path, frames: Sequence[Image.Image], **options: Any) -> Path:
    """Write an animation or a file of several pages, by the end of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return path


LOSSLESS = {
    "mov": ("mov", "qtrle", "rgb24"),
    "avi": ("avi", "ffv1", "bgr0"),
    "mkv": ("matroska", "ffv1", "bgr0"),
}
LOSSY = {"mp4": ("mp4", "libx264", "yuv420p"), "webm": ("webm", "libvpx", "yuv420p")}


def save_video(
    path: Path,
    frames: Sequence[Image.Image],
    times: Sequence[int] | None = None,
    rotation: float | None = None,
) -> Path:
    """Encode a video by the end of its name.

    Args:
        path: of the file.
        frames: its pictures.
        times: when each is shown, in 25ths of a second; one after another by default.
        rotation: degrees counter-clockwise by which players are to turn it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    form, codec, layout = (LOSSLESS | LOSSY)[path.suffix[1:].lower()]
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *frames[0].size, layout
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_image(picture)
            frame.pts = times[number] if times else number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
