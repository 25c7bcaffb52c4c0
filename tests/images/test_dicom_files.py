"""DICOM files as files: their frames, what is damaged or too large in them, and what they may tell."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.core.records import DicomFacts, known_keys
from fada_tui.images.decode import count_frames, decode
from fada_tui.images.formats import BURNED_IN
from fada_tui.report.figures import figures
from fada_tui.report.technical import technical_notes
from tests.examples import error_result, result, run
from tests.media import COLOURS, dicom, save_dicom, save_panicking_dicom, shipped

RAMP = np.arange(256, dtype=np.uint8).reshape(8, 32)


def pixels(path: Path | str) -> NDArray[np.uint8]:
    return np.asarray(decode(path).pixels)


def grey(path: Path | str) -> NDArray[np.uint8]:
    return pixels(path)[..., 0]


def refused(path: Path | str) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert str(caught.value).isprintable(), "one line, without control characters"
    return caught.value


def test_frames_of_a_loop(tmp_path: Path) -> None:
    frames = np.random.default_rng(7).integers(0, 256, (9, 5, 7), dtype=np.uint8)
    path = save_dicom(tmp_path / "a.dcm", frames, frames=True)
    assert count_frames(path) == 9
    for number in range(1, 10):
        assert np.array_equal(grey(f"{path}#{number}"), frames[number - 1])
    assert decode(path).sha256 == decode(f"{path}#1").sha256


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = save_dicom(tmp_path / "a.dcm", RAMP)
    assert np.array_equal(grey(path.rename(tmp_path / "a.png")), RAMP)


def compressed(path: Path, frames: list[bytes], syntax: str, *, table: bool, **elements: Any) -> Path:
    """A file of encapsulated frames, with an offset table or without."""
    made = dicom(np.zeros((24, 32, 3), np.uint8), "RGB", **elements)
    made.NumberOfFrames = elements.get("NumberOfFrames", len(frames))
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate(frames, has_bot=table)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def jpegs(folder: Path) -> list[bytes]:
    """JPEG files of one colour each, without a colour transformation."""
    made = []
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (32, 24), colour).save(folder / f"{number}.jpg", quality=100, keep_rgb=True)
        made.append((folder / f"{number}.jpg").read_bytes())
    return made


@pytest.mark.parametrize("table", [True, False], ids=["offsets", "no offsets"])
def test_compressed_frames(tmp_path: Path, table: bool) -> None:
    path = compressed(tmp_path / "a.dcm", jpegs(tmp_path), JPEGBaseline8Bit, table=table)
    assert count_frames(path) == 7
    for number, colour in enumerate(COLOURS, 1):
        assert np.abs(pixels(f"{path}#{number}").astype(int) - colour).max() <= 2


@pytest.mark.parametrize("table", [True, False], ids=["offsets", "no offsets"])
def test_a_header_that_counts_more_frames_than_there_are(tmp_path: Path, table: bool) -> None:
    path = compressed(tmp_path / "a.dcm", jpegs(tmp_path), JPEGBaseline8Bit, table=table, NumberOfFrames=40)
    assert count_frames(path) == 7
    frames = np.stack([RAMP] * 9)
    path = save_dicom(tmp_path / "b.dcm", frames, frames=True)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - RAMP.nbytes * 3 - 5])
    assert count_frames(path) == 5
    assert np.array_equal(grey(f"{path}#5"), RAMP)
    assert "damaged or truncated" in str(refused(f"{path}#6"))


@pytest.mark.parametrize("table", [True, False], ids=["offsets", "no offsets"])
def test_compressed_frames_of_a_file_that_was_cut_off(tmp_path: Path, table: bool) -> None:
    frames = jpegs(tmp_path)
    path = compressed(tmp_path / "a.dcm", frames, JPEGBaseline8Bit, table=table)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 8 - len(frames[-1]) // 2])
    assert count_frames(path) == 6
    assert np.abs(pixels(f"{path}#6").astype(int) - COLOURS[5]).max() <= 2
    assert refused(f"{path}#7").kind is ErrorKind.IMAGE_UNREADABLE


def test_run_lengths(tmp_path: Path) -> None:
    frames = np.random.default_rng(8).integers(0, 3, (4, 10, 12), dtype=np.uint8)
    made = dicom(frames, frames=True)
    made.compress(RLELossless)
    pydicom.dcmwrite(tmp_path / "a.dcm", made)
    for number in range(1, 5):
        assert np.array_equal(grey(tmp_path / f"a.dcm#{number}"), frames[number - 1])


def test_run_lengths_that_make_a_decoder_panic_are_damaged(tmp_path: Path) -> None:
    assert "a.dcm: damaged or truncated" in str(refused(save_panicking_dicom(tmp_path / "a.dcm")))


def test_no_frames_at_all_is_one_or_an_error(tmp_path: Path) -> None:
    path = save_dicom(tmp_path / "a.dcm", RAMP, NumberOfFrames=0)
    assert (count_frames(path), np.array_equal(grey(path), RAMP)) == (1, True)
    made = dicom(RAMP)
    del made.PixelData
    pydicom.dcmwrite(tmp_path / "b.dcm", made)
    assert "holds no picture" in str(refused(tmp_path / "b.dcm"))


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    path = save_dicom(tmp_path / "a.dcm", RAMP, Rows=60_000, Columns=60_000)
    assert refused(path).kind is ErrorKind.IMAGE_TOO_LARGE
    modest = dicom(np.zeros((24, 32, 3), np.uint8), "RGB")
    modest.file_meta.TransferSyntaxUID = JPEG2000Lossless
    Image.new("RGB", (32, 24)).save(tmp_path / "a.j2k")
    stream = bytearray((tmp_path / "a.j2k").read_bytes())
    assert stream[:4] == b"\xff\x4f\xff\x51"
    stream[8:16] = (60_000).to_bytes(4, "big") * 2
    modest.PixelData = encapsulate([bytes(stream)])
    modest["PixelData"].is_undefined_length = True
    pydicom.dcmwrite(tmp_path / "b.dcm", modest)
    assert refused(tmp_path / "b.dcm").kind is ErrorKind.IMAGE_TOO_LARGE
    picture = bytearray(jpegs(tmp_path)[0])
    size = next(picture.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in picture) + 5
    picture[size : size + 4] = b"\xff\x00\xff\x00"
    path = compressed(tmp_path / "c.dcm", [bytes(picture)], JPEGBaseline8Bit, table=True)
    assert refused(path).kind is ErrorKind.IMAGE_TOO_LARGE


def test_damaged_files_are_one_line_and_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = save_dicom(tmp_path / "whole.dcm", RAMP, PatientName="Roe^Jane").read_bytes()
    random = np.random.default_rng(4)
    for trial in range(150):
        data = bytearray(whole)
        for place in random.integers(128, len(whole), 12):
            data[place] = random.integers(0, 256)
        path = tmp_path / f"{trial}.dcm"
        path.write_bytes(data[: random.integers(100, len(whole))] if trial % 3 == 0 else data)
        for use in (decode, count_frames):
            try:
                use(path)
            except ImageError as error:
                assert str(error).isprintable() and "Roe" not in str(error)
    assert capfd.readouterr() == ("", "")


def test_deflated_files_are_refused_unread() -> None:
    assert "deflated" in str(refused(shipped("image_dfl.dcm")))


def test_a_decoder_that_is_missing_is_named_with_its_remedy(tmp_path: Path) -> None:
    path = shipped("SC_rgb_jpeg_gdcm.dcm")
    script = (
        "import sys; sys.modules['pylibjpeg'] = None\n"
        "from fada_tui.core.image_error import ImageError\n"
        "from fada_tui.images.decode import decode\n"
        "try:\n"
        f"    decode({str(path)!r})\n"
        "except ImageError as error:\n"
        "    print(error.kind, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{ErrorKind.MISSING_PACKAGE} SC_rgb_jpeg_gdcm.dcm: JPEG Lossless")
    assert done.stdout.rstrip().endswith("pip install 'fada-tui[dicom]'")


def test_only_what_the_list_allows_is_told(tmp_path: Path) -> None:
    path = save_dicom(
        tmp_path / "a.dcm",
        np.stack([RAMP] * 3),
        frames=True,
        Manufacturer="ACME\x1b[31m" + "x" * 53,
        ManufacturerModelName="Echo 9",
        PatientName="Roe^Jane",
        PatientID="4711",
        InstitutionName="Somewhere",
        StationName="ROOM7",
        StudyDate="20240131",
    )
    facts = decode(path).dicom
    assert facts is not None
    assert (facts.modality, facts.model, facts.frames) == ("US", "Echo 9", 3)
    assert facts.manufacturer is not None
    assert facts.manufacturer.startswith("ACME") and len(facts.manufacturer) == 64
    assert facts.manufacturer.isprintable()
    assert known_keys(DicomFacts) == (
        "modality",
        "manufacturer",
        "model",
        "photometric_interpretation",
        "frames",
    )
    Image.new("RGB", (3, 3)).save(tmp_path / "b.png")
    assert decode(tmp_path / "b.png").dicom is None


def test_the_page_counts_dicom_images_by_what_made_them() -> None:
    made = DicomFacts(modality="US", manufacturer="A|B <i>", model="*9*", frames=4)
    results = (
        result("A/a.dcm#2", dicom=made),
        result("A/a.dcm#2", "q2", dicom=made),
        result("A/b.png", dicom=DicomFacts()),
        error_result("A/c.dcm"),
        result("A/d.png"),
    )
    notes = [technical_notes(one, figures(one)) for one in (replace(run(), results=results), run())]
    (line,) = (line for line in notes[0] if "DICOM" in line)
    assert line.startswith("- **DICOM Images**: 3 of 3; ") and line.endswith(f"US 1. {BURNED_IN}.")
    assert "<i>" not in line and "*9*" not in line
    assert not any("DICOM" in line for line in notes[1])
