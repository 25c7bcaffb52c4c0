"""DICOM files to RGB pixels, held against pixels that are worked out here or by pydicom's own converters."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.images.decode import count_frames, decode
from tests.media import lookup_table, save_dicom, shipped

RAMP = np.arange(256, dtype=np.uint8).reshape(8, 32)
DEEP = np.linspace(0, 4095, 400).round().astype(np.uint16).reshape(20, 20)


def pixels(path: Path | str) -> NDArray[np.uint8]:
    return np.asarray(decode(path).pixels)


def grey(path: Path | str) -> NDArray[np.uint8]:
    found = pixels(path)
    assert (found == found[..., :1]).all(), "grey"
    return found[..., 0]


def refused(path: Path | str) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert str(caught.value).isprintable(), "one line, without control characters"
    return caught.value


def rgb_of_ybr(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """PS3.3 C.7.6.3.1.2, solved for red, green and blue."""
    y, b, r = (values[..., part].astype(float) for part in range(3))
    red = y + 1.402 * (r - 128)
    green = y - 0.344136 * (b - 128) - 0.714136 * (r - 128)
    return np.clip(np.stack([red, green, y + 1.772 * (b - 128)], -1), 0, 255)


# Files of scanners


def test_ultrasound_in_rgb() -> None:
    path = shipped("examples_rgb_color.dcm")
    stored = np.frombuffer(pydicom.dcmread(path).PixelData, np.uint8)
    assert np.array_equal(pixels(path), stored[: 240 * 320 * 3].reshape(240, 320, 3))


def test_ultrasound_of_thirty_frames_in_ybr() -> None:
    path = shipped("examples_ybr_color.dcm")
    assert count_frames(path) == 30
    seen = set()
    for number in (1, 15, 30):
        expected = rgb_of_ybr(pixel_array(path, index=number - 1, raw=True))
        found = decode(f"{path}#{number}")
        assert np.abs(np.asarray(found.pixels) - expected).max() <= 1
        seen.add(found.sha256)
    assert len(seen) == 3
    assert "has 30 frames" in str(refused(f"{path}#31"))


def test_ultrasound_in_colours_of_a_palette() -> None:
    path = shipped("examples_palette.dcm")
    header = pydicom.dcmread(path)
    bits = header.RedPaletteColorLookupTableDescriptor[2]
    tables = [
        np.frombuffer(getattr(header, f"{colour}PaletteColorLookupTableData"), "<u2" if bits == 16 else "u1")
        for colour in ("Red", "Green", "Blue")
    ]
    stored = np.frombuffer(header.PixelData, np.uint8)[: 350 * 800].reshape(350, 800)
    expected = np.stack([table[stored] >> (bits - 8) for table in tables], -1)
    assert np.array_equal(pixels(path), expected)


def test_jpeg_2000_comes_back_as_rgb() -> None:
    path = shipped("examples_jpeg2k.dcm")
    assert np.array_equal(pixels(path), pixel_array(path))
    red = shipped("GDCMJ2K_TextGBR.dcm")
    assert np.array_equal(pixels(red), pydicom.dcmread(red).pixel_array)


@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_rle.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_rgb_dcmtk_+eb+cr.dcm",
        "SC_rgb_dcmtk_+eb+cy+np.dcm",
        "SC_rgb_gdcm_KY.dcm",
        "SC_rgb_small_odd.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "SC_rgb_jls_lossy_line.dcm",
        "ExplVR_BigEnd.dcm",
    ],
)
def test_colour_however_it_is_stored(name: str) -> None:
    path = shipped(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pydicom.dcmread(path).pixel_array
    assert np.array_equal(pixels(path), expected)


@pytest.mark.parametrize("name", ["SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_rle_32bit_2frame.dcm"])
def test_deep_colour_keeps_its_upper_bits_frame_by_frame(name: str) -> None:
    path = shipped(name)
    whole = pydicom.dcmread(path).pixel_array
    assert count_frames(path) == 2
    for number in (1, 2):
        expected = whole[number - 1] // 2 ** (whole.dtype.itemsize * 8 - 8)
        assert np.array_equal(pixels(f"{path}#{number}"), expected)
    assert not np.array_equal(pixels(path), pixels(f"{path}#2"))


def windowed(path: Path) -> NDArray[np.float64]:
    """Grey by pydicom's own transformations, their range stretched to 0 to 255."""
    header = pydicom.dcmread(path)
    values = apply_voi_lut(apply_modality_lut(header.pixel_array, header), header)
    ends = np.array([0, 2**header.BitsStored - 1]) - header.PixelRepresentation * 2 ** (header.BitsStored - 1)
    low, high = ends * float(header.get("RescaleSlope", 1)) + float(header.get("RescaleIntercept", 0))
    return (values - low) / (high - low) * 255


@pytest.mark.parametrize(
    "name",
    ["MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_jpeg_ls_lossless.dcm",
     "MR_small_jp2klossless.dcm", "MR_small_implicit.dcm", "examples_overlay.dcm", "693_J2KI.dcm"],
)  # fmt: skip
def test_windows_of_scanners(name: str) -> None:
    path = shipped(name)
    assert np.abs(grey(path) - windowed(path)).max() <= 0.51


def test_without_a_window_the_darkest_is_black_and_the_brightest_white() -> None:
    path = shipped("CT_small.dcm")
    values = pydicom.dcmread(path).pixel_array.astype(float)
    expected = (values - values.min()) / (values.max() - values.min()) * 255
    assert np.abs(grey(path) - expected).max() <= 0.51


def test_one_bit_is_black_or_white() -> None:
    path = shipped("liver_1frame.dcm")
    assert np.array_equal(grey(path), pydicom.dcmread(path).pixel_array * 255)


def test_what_holds_no_picture_says_so() -> None:
    for name in ("rtplan.dcm", "test-SR.dcm", "waveform_ecg.dcm", "reportsi.dcm"):
        assert "holds no picture" in str(refused(shipped(name)))


def test_every_file_that_pydicom_ships_is_a_picture_or_one_line() -> None:
    for path in shipped("CT_small.dcm").parent.glob("*.dcm"):
        try:
            assert decode(path).pixels.mode == "RGB"
        except ImageError as error:
            assert str(error).isprintable() and str(error).startswith(path.name)


# Files that are made here


@pytest.mark.parametrize("bits", [8, 7, 1])
def test_up_to_eight_bits_are_grey_as_they_are(tmp_path: Path, bits: int) -> None:
    values = RAMP & (2**bits - 1)
    path = save_dicom(tmp_path / "a.dcm", values, BitsStored=bits, HighBit=bits - 1)
    assert np.array_equal(grey(path), np.rint(values * (255 / (2**bits - 1))))


def test_monochrome1_is_inverted_after_the_window(tmp_path: Path) -> None:
    assert np.array_equal(grey(save_dicom(tmp_path / "a.dcm", RAMP, "MONOCHROME1")), 255 - RAMP)
    window = {"WindowCenter": 100, "WindowWidth": 51}
    light = grey(save_dicom(tmp_path / "b.dcm", RAMP, "MONOCHROME2", **window))
    assert np.array_equal(grey(save_dicom(tmp_path / "c.dcm", RAMP, "MONOCHROME1", **window)), 255 - light)
    assert 0 < light.mean() < 255


def linear(values: NDArray[Any], centre: float, width: float) -> NDArray[np.float64]:
    """PS3.3 C.11.2.1.2.1, word by word."""
    inside = ((values - (centre - 0.5)) / (width - 1) + 0.5) * 255 if width > 1 else values * 0.0
    low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    return np.where(values <= low, 0, np.where(values > high, 255, inside))


@pytest.mark.parametrize(("centre", "width"), [(2048, 4096), (40, 400), (1000, 1), (0, 2), (900.5, 77.25)])
def test_the_linear_window(tmp_path: Path, centre: float, width: float) -> None:
    path = save_dicom(
        tmp_path / "a.dcm", DEEP, BitsStored=12, HighBit=11, WindowCenter=centre, WindowWidth=width
    )
    assert np.abs(grey(path) - linear(DEEP, centre, width)).max() <= 0.51


def test_the_window_comes_after_the_rescaling(tmp_path: Path) -> None:
    signed = DEEP.astype(np.int16) - 2000
    path = save_dicom(
        tmp_path / "a.dcm",
        signed,
        RescaleSlope=-2,
        RescaleIntercept=10,
        WindowCenter=[40, 7],
        WindowWidth=[400, 9],
    )
    assert np.abs(grey(path) - linear(signed * -2.0 + 10, 40, 400)).max() <= 0.51
    turned = grey(save_dicom(tmp_path / "b.dcm", DEEP, RescaleSlope=-1, RescaleIntercept=0))
    assert (turned[0, 0], turned[-1, -1]) == (255, 0)


def test_other_functions_of_the_window(tmp_path: Path) -> None:
    window = {"WindowCenter": 900, "WindowWidth": 300}
    exact = grey(save_dicom(tmp_path / "a.dcm", DEEP, VOILUTFunction="LINEAR_EXACT", **window))
    assert np.abs(exact - np.clip(((DEEP - 900.0) / 300 + 0.5) * 255, 0, 255)).max() <= 0.51
    curved = grey(save_dicom(tmp_path / "b.dcm", DEEP, VOILUTFunction="SIGMOID", **window))
    assert np.abs(curved - 255 / (1 + np.exp(-4 * (DEEP - 900.0) / 300))).max() <= 0.51


@pytest.mark.parametrize("window", [{"WindowCenter": 5, "WindowWidth": 0}, {"WindowCenter": 5}])
def test_a_window_that_makes_no_sense_is_left_out(tmp_path: Path, window: dict[str, Any]) -> None:
    with_it = save_dicom(tmp_path / "a.dcm", DEEP, **window)
    without = save_dicom(tmp_path / "b.dcm", DEEP)
    assert np.array_equal(grey(with_it), grey(without))
    assert (grey(with_it).min(), grey(with_it).max()) == (0, 255)


def test_tables_of_modality_and_display(tmp_path: Path) -> None:
    squares = [n * n // 10 for n in range(100)]
    path = save_dicom(tmp_path / "a.dcm", RAMP, VOILUTSequence=[lookup_table(squares, 50, 10)])
    places = np.clip(RAMP.astype(int) - 50, 0, 99)
    assert np.abs(grey(path) - np.array(squares)[places] * (255 / 1023)).max() <= 0.51
    path = save_dicom(
        tmp_path / "b.dcm",
        RAMP,
        ModalityLUTSequence=[lookup_table([1000 - n for n in range(256)], 0, 16)],
        WindowCenter=900,
        WindowWidth=100,
    )
    assert np.abs(grey(path) - linear(1000.0 - RAMP, 900, 100)).max() <= 0.51


def test_each_frame_has_the_window_of_its_own(tmp_path: Path) -> None:
    frames = np.stack([DEEP, DEEP, DEEP])
    each, windows = [], [(500, 300), (2000, 900), (3000, 40)]
    for centre, width in windows:
        voi, group = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = centre, width
        group.FrameVOILUTSequence = [voi]
        each.append(group)
    shared, rescaling = Dataset(), Dataset()
    rescaling.RescaleSlope, rescaling.RescaleIntercept = 1, -100
    shared.PixelValueTransformationSequence = [rescaling]
    path = save_dicom(
        tmp_path / "a.dcm",
        frames,
        frames=True,
        PerFrameFunctionalGroupsSequence=each,
        SharedFunctionalGroupsSequence=[shared],
    )
    for number, (centre, width) in enumerate(windows, 1):
        expected = linear(DEEP - 100.0, centre, width)
        assert np.abs(grey(f"{path}#{number}") - expected).max() <= 0.51


def test_an_image_of_one_value_is_black(tmp_path: Path) -> None:
    assert not grey(save_dicom(tmp_path / "a.dcm", np.full((4, 4), 3000, np.uint16))).any()


def test_planes_of_colour(tmp_path: Path) -> None:
    by_pixel = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    planes = np.ascontiguousarray(by_pixel.transpose(2, 0, 1))
    assert np.array_equal(pixels(save_dicom(tmp_path / "a.dcm", by_pixel, "RGB")), by_pixel)
    apart = save_dicom(tmp_path / "b.dcm", planes, "RGB", PlanarConfiguration=1)
    assert np.array_equal(pixels(apart), by_pixel)


def test_ybr_as_the_standard_has_it(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    found = pixels(save_dicom(tmp_path / "a.dcm", values, "YBR_FULL"))
    assert np.abs(found - rgb_of_ybr(values)).max() <= 1


def test_colours_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    path = save_dicom(tmp_path / "a.dcm", np.zeros((4, 4, 3), np.uint8), "YBR_PARTIAL_420")
    assert refused(path).kind is ErrorKind.IMAGE_UNREADABLE


def palette(entries: NDArray[Any], first: int, bits: int) -> dict[str, Any]:
    return {
        f"{colour}PaletteColorLookupTable{what}": value
        for index, colour in enumerate(("Red", "Green", "Blue"))
        for what, value in (
            ("Descriptor", [len(entries), first, bits]),
            ("Data", np.ascontiguousarray(entries[:, index]).tobytes()),
        )
    }


def test_palettes_of_sixteen_bits_and_of_fewer_colours(tmp_path: Path) -> None:
    entries = np.random.default_rng(5).integers(256, 2**16, (100, 3)).astype("<u2")
    path = save_dicom(tmp_path / "a.dcm", RAMP, "PALETTE COLOR", **palette(entries, 20, 16))
    assert np.array_equal(pixels(path), (entries >> 8)[np.clip(RAMP.astype(int) - 20, 0, 99)])
    small = (entries & 0xFF).astype("<u2")
    path = save_dicom(tmp_path / "b.dcm", RAMP, "PALETTE COLOR", **palette(small, 20, 16))
    assert np.array_equal(pixels(path), small[np.clip(RAMP.astype(int) - 20, 0, 99)])
    bytes_ = (entries & 0xFF).astype(np.uint8)
    deep = RAMP.astype(np.uint16) * 200
    path = save_dicom(tmp_path / "c.dcm", deep, "PALETTE COLOR", **palette(bytes_, 0, 8))
    assert np.array_equal(pixels(path), bytes_[np.clip(deep.astype(int), 0, 99)])
