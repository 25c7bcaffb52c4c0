"""Image files to RGB pixels: formats, depths, orientation, and what cannot be decoded."""

import errno
import hashlib
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.images import stills
from fada_tui.images.decode import MAX_PIXELS, decode
from tests.conftest import leaves_nothing_open
from tests.ordinary import as_ordinary_user, open_folder

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def corners() -> Image.Image:
    """Three pixels wide, two high, each corner of another colour."""
    image = Image.new("RGB", (3, 2), BLACK)
    for place, colour in (((0, 0), RED), ((2, 0), GREEN), ((0, 1), BLUE), ((2, 1), WHITE)):
        image.putpixel(place, colour)
    return image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refused(path: Path) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert str(caught.value).isprintable(), "one line, without control characters"
    return caught.value


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.webp"])
def test_lossless_formats_keep_every_pixel(tmp_path: Path, name: str) -> None:
    options = {"lossless": True, "exact": True} if name.endswith("webp") else {}
    decoded = decode(saved(tmp_path / name, corners(), **options))
    assert decoded.pixels.tobytes() == corners().tobytes()
    assert (decoded.pixels.mode, decoded.width, decoded.height) == ("RGB", 3, 2)


def test_the_hash_is_the_documented_one(tmp_path: Path) -> None:
    decoded = decode(saved(tmp_path / "a.png", corners()))
    assert decoded.sha256 == hashlib.sha256(b"3 2\n" + corners().tobytes()).hexdigest()
    same_bytes_turned = Image.frombytes("RGB", (2, 3), corners().tobytes())
    assert decode(saved(tmp_path / "b.png", same_bytes_turned)).sha256 != decoded.sha256


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    assert decode(saved(tmp_path / "a.png", corners(), format="BMP")).width == 3


def test_cmyk_jpeg(tmp_path: Path) -> None:
    grey = Image.new("CMYK", (8, 8), (0, 0, 0, 128))
    decoded = decode(saved(tmp_path / "a.jpg", grey, quality=100))
    assert decoded.pixels.getpixel((4, 4)) == pytest.approx((127, 127, 127), abs=3)


XMP = b"XML:com.adobe.xmp\0\1\0\0\0"
LARGE = zlib.compress(bytes(2 << 20))


@pytest.mark.parametrize(
    "metadata",
    [
        chunk(b"iCCP", b"profile\0\0" + LARGE),
        chunk(b"zTXt", b"Comment\0\0" + LARGE),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + LARGE),
        chunk(b"iTXt", XMP + zlib.compress(bytes(17 << 20))),
        chunk(b"tEXt", b"Comment\0" + b"x" * (3 << 20)) * 30,
        chunk(b"zTXt", b"Comment\0\7none"),
        chunk(b"tEXt", b"a\0b")[:-4] + b"none",
        chunk(b"pHYs", b"short"),
        chunk(b"prVt", bytes(3 << 20)),
    ],
    ids=["profile", "ztxt", "itxt", "xmp", "texts", "unpackable", "sum", "short", "private"],
)
@pytest.mark.parametrize("before_pixels", [True, False])
def test_metadata_spoil_no_pixels(tmp_path: Path, metadata: bytes, before_pixels: bool) -> None:
    path = saved(tmp_path / "a.png", corners())
    plain = path.read_bytes()
    place = plain.index(b"IDAT" if before_pixels else b"IEND") - 4
    path.write_bytes(plain[:place] + metadata + plain[place:])
    assert decode(path).pixels.tobytes() == corners().tobytes()


@pytest.mark.parametrize("size", [0, 3 << 20])
@pytest.mark.parametrize("packed", [True, False])
def test_an_orientation_in_a_png_text_is_applied(tmp_path: Path, size: int, packed: bool) -> None:
    text = bytes(size) + b'<x tiff:Orientation="6"/>'
    xmp = XMP + zlib.compress(text) if packed else XMP.replace(b"\1", b"\0") + text
    plain = saved(tmp_path / "a.png", corners()).read_bytes()
    place = plain.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(plain[:place] + chunk(b"iTXt", xmp) + plain[place:])
    assert decode(tmp_path / "a.png").pixels.size == (2, 3)


def test_a_png_chunk_that_may_change_the_picture_is_refused(tmp_path: Path) -> None:
    plain = saved(tmp_path / "a.png", corners()).read_bytes()
    (tmp_path / "a.png").write_bytes(plain[:8] + chunk(b"CgBI", b"\x50\0\x20\6") + plain[8:])
    assert "its chunk CgBI cannot be read" in str(refused(tmp_path / "a.png"))


def test_frames_of_a_png_with_comments_between_them(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    path = saved(tmp_path / "a.png", frames[0], save_all=True, append_images=frames[1:])
    plain = path.read_bytes()
    note = chunk(b"zTXt", b"Comment\0\0" + LARGE)
    path.write_bytes(plain.replace(plain[plain.index(b"fcTL") - 4 :][:8], note + b"\0\0\0\x1afcTL"))
    assert path.read_bytes().count(note) == 3
    with path.open("rb") as file:
        assert [stills.read(file, "a", number).getpixel((0, 0)) for number in (1, 3)] == [RED, BLUE]


def test_palette(tmp_path: Path) -> None:
    decoded = decode(saved(tmp_path / "a.png", corners().quantize(8)))
    assert decoded.pixels.tobytes() == corners().tobytes()


def test_bilevel(tmp_path: Path) -> None:
    decoded = decode(saved(tmp_path / "a.png", Image.new("1", (2, 2), 1)))
    assert decoded.pixels.getpixel((1, 1)) == WHITE


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_alpha_is_laid_over_black(tmp_path: Path, name: str) -> None:
    image = Image.new("RGBA", (3, 1), (200, 100, 50, 0))
    image.putpixel((1, 0), (200, 100, 50, 128))
    image.putpixel((2, 0), (200, 100, 50, 255))
    options = {"lossless": True, "exact": True} if name.endswith("webp") else {}
    decoded = decode(saved(tmp_path / name, image, **options))
    assert [decoded.pixels.getpixel((x, 0)) for x in range(3)] == [BLACK, (100, 50, 25), (200, 100, 50)]


def test_a_transparent_colour_is_black(tmp_path: Path) -> None:
    palette = Image.new("P", (1, 1), 3)
    palette.putpalette([9, 9, 9] * 256)
    assert decode(saved(tmp_path / "p.png", palette, transparency=3)).pixels.getpixel((0, 0)) == BLACK
    grey = Image.new("L", (1, 1), 77)
    assert decode(saved(tmp_path / "l.png", grey, transparency=77)).pixels.getpixel((0, 0)) == BLACK
    both = Image.new("LA", (1, 1), (200, 0))
    assert decode(saved(tmp_path / "la.png", both)).pixels.getpixel((0, 0)) == BLACK


@pytest.mark.parametrize(
    ("bits", "kind", "row", "key", "expected"),
    [
        (2, 0, b"\x1b", 1, [0, 0, 170, 255]),
        (4, 0, b"\x01\x2f", 2, [0, 17, 0, 255]),
        (16, 0, b"\0\0\0\x80\0\xff\0\xff", 128, [0, 0, 255, 255]),
    ],
)
def test_a_transparent_grey_of_any_depth_is_black(
    tmp_path: Path, bits: int, kind: int, row: bytes, key: int, expected: list[int]
) -> None:
    path = tmp_path / "a.png"
    header = struct.pack(">IIBBBBB", 4, 1, bits, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"tRNS", struct.pack(">H", key)), (b"IDAT", zlib.compress(b"\0" + row)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in (*parts, (b"IEND", b""))))
    assert np.asarray(decode(path).pixels)[0, :, 0].tolist() == expected


def test_a_transparent_colour_of_sixteen_bits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"tRNS", bytes(6)), (b"IDAT", zlib.compress(bytes(7))), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    assert "a transparent colour of 16 bits" in str(refused(path))


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_windowed_from_darkest_to_brightest(tmp_path: Path, name: str) -> None:
    values = np.array([[1000, 2000], [3000, 5000]], np.uint16)
    decoded = decode(saved(tmp_path / name, Image.fromarray(values)))
    assert np.asarray(decoded.pixels)[..., 0].tolist() == [[0, 64], [128, 255]]


def test_big_endian_and_white_is_zero(tmp_path: Path) -> None:
    values = np.array([[0, 4095]], ">u2")

    def tiff(order: bytes, photometric: int) -> Path:
        pack = ">" if order == b"MM" else "<"
        pixels = values.astype(f"{pack}u2").tobytes()
        fields = {
            256: 2,
            257: 1,
            258: 16,
            259: 1,
            262: photometric,
            273: 200,
            277: 1,
            278: 1,
            279: len(pixels),
        }
        entries = b"".join(
            struct.pack(f"{pack}HHI", tag, 4, 1) + struct.pack(f"{pack}I", value)
            for tag, value in fields.items()
        )
        head = order + struct.pack(f"{pack}HI", 42, 8) + struct.pack(f"{pack}H", len(fields)) + entries
        path = tmp_path / f"{order.decode()}{photometric}.tif"
        path.write_bytes(head.ljust(200, b"\0") + pixels)
        return path

    for order, photometric, expected in ((b"MM", 1, [0, 255]), (b"II", 1, [0, 255]), (b"II", 0, [255, 0])):
        assert np.asarray(decode(tiff(order, photometric)).pixels)[0, :, 0].tolist() == expected


def test_integers_and_floats_of_32_bits(tmp_path: Path) -> None:
    whole = np.array([[-70_000, 0, 70_000]], np.int32)
    decoded = decode(saved(tmp_path / "i.tif", Image.fromarray(whole)))
    assert np.asarray(decoded.pixels)[0, :, 1].tolist() == [0, 128, 255]
    floating = np.array([[0.25, 0.5, np.nan, np.inf, 1.25]], np.float32)
    decoded = decode(saved(tmp_path / "f.tif", Image.fromarray(floating)))
    assert np.asarray(decoded.pixels)[0, :, 2].tolist() == [0, 64, 0, 0, 255]


def test_one_value_throughout_is_black(tmp_path: Path) -> None:
    flat = np.full((2, 2), 40_000, np.uint16)
    assert decode(saved(tmp_path / "a.png", Image.fromarray(flat))).pixels.getpixel((0, 0)) == BLACK
    nothing = np.full((1, 1), np.nan, np.float32)
    assert decode(saved(tmp_path / "a.tif", Image.fromarray(nothing))).pixels.getpixel((0, 0)) == BLACK


def test_windowing_in_strips_equals_the_whole(tmp_path: Path) -> None:
    values = np.arange(600 * 3, dtype=np.uint16).reshape(600, 3)
    expected = np.rint(values.astype(float) / values.max() * 255).astype(np.uint8)
    decoded = decode(saved(tmp_path / "a.png", Image.fromarray(values)))
    assert (np.asarray(decoded.pixels)[..., 0] == expected).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(tmp_path: Path, orientation: int, name: str) -> None:
    # The stored image is the upright one, turned the way a camera in that position would have stored it.
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = corners().resize((48, 32), Image.Resampling.NEAREST)
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(saved(tmp_path / name, stored, exif=exif, quality=100))
    assert (decoded.width, decoded.height) == (48, 32)
    for place in ((2, 2), (45, 2), (2, 29), (45, 29)):
        assert decoded.pixels.getpixel(place) == pytest.approx(upright.getpixel(place), abs=60)
    assert not decoded.pixels.getexif(), "a second reader must not turn it again"


def test_damaged_exif_spoils_no_pixels(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (8, 8), RED), exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff")
    assert decode(path).width == 8


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_an_animation_gives_its_first_frame(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    options = {"lossless": True} if name.endswith("webp") else {}
    path = saved(tmp_path / name, frames[0], save_all=True, append_images=frames[1:], **options)
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == 3
    assert decode(path).pixels.getpixel((0, 0)) == RED


def test_one_pixel(tmp_path: Path) -> None:
    assert decode(saved(tmp_path / "a.png", Image.new("RGB", (1, 1), GREEN))).pixels.tobytes() == bytes(GREEN)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    width, height = 18_000, 12_000
    path = tmp_path / "bomb.png"
    path.write_bytes(png(width, height, zlib.compress(bytes((width // 8 + 1) * height), 9)))
    assert path.stat().st_size < 40_000
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))"
    script = f"{limit}\nfrom fada_tui.images.decode import decode\ndecode({str(path)!r})"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "bomb.png: more than 89 megapixels" in ended.stderr.splitlines()[-1]
    assert refused(path).kind is ErrorKind.IMAGE_TOO_LARGE


PEAK = """
import sys
import numpy, PIL.Image, PIL.PngImagePlugin, PIL.TiffImagePlugin, PIL.JpegImagePlugin
from fada_tui.images.decode import decode
def peak():
    with open("/proc/self/status") as status:
        return int(status.read().split("VmHWM:")[1].split()[0]) * 1024
before = peak()
image = decode(sys.argv[1])
print((peak() - before) / (image.width * image.height))
"""


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_memory_is_a_bounded_multiple_of_the_pixels(tmp_path: Path, name: str) -> None:
    values = np.arange(2000 * 3000, dtype=np.uint32).reshape(2000, 3000)
    of = {"a.png": ("RGBA", values.view(np.uint8)), "a.jpg": ("L", values), "a.tif": ("F", values)}
    mode, stored = of[name]
    if mode == "RGBA":
        image = Image.fromarray(stored.reshape(2000, 3000, 4))
    else:
        image = Image.fromarray(stored.astype(np.float32 if mode == "F" else np.uint8))
    path = saved(tmp_path / name, image.convert("RGB") if name == "a.jpg" else image)
    peak = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
    assert float(peak.stdout) < 12, "bytes a pixel: three of them are what comes out"


def test_above_the_warning_bound_is_an_error_already(tmp_path: Path) -> None:
    width = 10_000
    height = MAX_PIXELS // width + 1
    path = tmp_path / "large.png"
    path.write_bytes(png(width, height, zlib.compress(b"")))
    error = refused(path)
    assert error.kind is ErrorKind.IMAGE_TOO_LARGE
    assert f"{width} x {height}" in str(error)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.tif", "a.webp"])
def test_truncated_files(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = saved(tmp_path / name, Image.fromarray(noise))
    whole = path.read_bytes()
    for size in (1, 10, len(whole) // 3, len(whole) * 9 // 10):
        path.write_bytes(whole[:size])
        assert refused(path).kind is ErrorKind.IMAGE_UNREADABLE


def camera_like() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (61, 67, 3), np.uint8)
    return Image.fromarray(noise).resize((134, 122))


@pytest.mark.parametrize("lacking", [1, 2])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0, "optimize": True}]
)
def test_a_jpeg_that_lacks_only_its_end_is_whole(
    tmp_path: Path, options: dict[str, object], lacking: int
) -> None:
    path = saved(tmp_path / "a.jpg", camera_like(), **options)
    expected = decode(path)
    path.write_bytes(path.read_bytes()[:-lacking])
    assert decode(path).sha256 == expected.sha256


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("grey", [False, True])
def test_a_jpeg_that_lacks_pixels_is_damaged(tmp_path: Path, options: dict[str, object], grey: bool) -> None:
    image = camera_like().convert("L") if grey else camera_like()
    data = saved(tmp_path / "a.jpg", image, **options).read_bytes()
    scans = [at for at in range(len(data)) if data[at : at + 2] in (b"\xff\xda", b"\xff\xd3", b"\xff\xc4")]
    whole = decode(tmp_path / "a.jpg").sha256
    for size in {*range(len(data) - 40, len(data) - 2), *scans, *range(700, len(data) - 40, 97)}:
        (tmp_path / "a.jpg").write_bytes(data[:size])
        try:
            assert decode(tmp_path / "a.jpg").sha256 == whole, size
        except ImageError as error:
            assert error.kind is ErrorKind.IMAGE_UNREADABLE
        else:
            assert size > len(data) - 6, "only bits that fill the last byte may be missing"


@pytest.mark.parametrize(
    "content", [b"", b"no image at all\n", b"GIF89a\1\0\1\0\0\0\0;", b"%!PS-Adobe-3.0\n"]
)
def test_what_is_no_such_image(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.png"
    path.write_bytes(content)
    error = refused(path)
    assert error.kind is ErrorKind.IMAGE_UNREADABLE
    assert str(error).startswith("text.png: ")


def test_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "none.png", tmp_path / "file" / "a.png"):
        assert refused(path).kind is ErrorKind.IMAGE_MISSING


def test_folders_and_pipes_are_unreadable_and_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "folder.png"):
        error = refused(tmp_path / name)
        assert error.kind is ErrorKind.IMAGE_UNREADABLE
        assert "not a file" in str(error)


def test_no_permission() -> None:
    with open_folder() as folder:
        path = saved(folder / "a.png", corners())
        path.chmod(0)
        with as_ordinary_user():
            error = refused(path)
    assert error.kind is ErrorKind.IMAGE_UNREADABLE
    assert "permission" in str(error)


def test_a_hostile_name_is_told_visibly(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\x1b[2J\nend\xff.png")
    path.touch()
    assert str(refused(path)).startswith(r"\x1b[2J\nend\xff.png: ")
    saved(tmp_path / os.fsdecode(b"\xff.png"), corners())
    assert decode(tmp_path / os.fsdecode(b"\xff.png")).width == 3


def test_nothing_is_printed_kept_open_or_changed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bound = Image.MAX_IMAGE_PIXELS
    good = saved(tmp_path / "a.tif", corners())
    damaged = tmp_path / "b.tif"
    damaged.write_bytes(good.read_bytes()[:-8])
    many = tmp_path / "c.png"
    many.write_bytes(png(10_000, MAX_PIXELS // 10_000 + 1, b""))
    with leaves_nothing_open():
        decode(good)
        for path in (damaged, many, tmp_path, tmp_path / "none.png"):
            refused(path)
    assert bound == Image.MAX_IMAGE_PIXELS
    assert capfd.readouterr() == ("", "")


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    error = refused(tmp_path / "a\0b.png")
    assert error.kind is ErrorKind.IMAGE_UNREADABLE
    long = refused(tmp_path / ("a" * 300 + ".png"))
    assert os.strerror(errno.ENAMETOOLONG) in str(long)
    assert str(tmp_path) not in str(long)


def test_decoding_imports_little() -> None:
    script = (
        "import sys, fada_tui.images.decode as _\n"
        "ours = {name for name in sys.modules if name.startswith('fada_tui.')}\n"
        "others = {'torch', 'pynvml', 'rich', 'psutil', 'pydicom', 'av'} & set(sys.modules)\n"
        "print(*sorted({'.'.join(name.split('.')[: 3 if 'core' in name else 2]) for name in ours} | others))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    ours = [
        "core",
        "core.errors",
        "core.file_names",
        "core.image_error",
        "core.json_data",
        "core.records",
        "core.secrets",
        "core.text",
        "images",
    ]
    assert printed.split() == [f"fada_tui.{name}" for name in ours]
