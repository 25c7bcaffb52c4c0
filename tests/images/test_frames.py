"""Files of several frames: their names, which are taken, and that each is exactly the one asked for."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.core.records import PlannedImage
from fada_tui.images.catalogue import scan
from fada_tui.images.decode import count_frames, decode
from fada_tui.images.expand import Frames, expand
from fada_tui.images.frames import evenly, frame_name, names_dicom, split
from fada_tui.images.opening import MAX_PIXELS
from tests.conftest import write_image
from tests.media import COLOURS, LOSSLESS, LOSSY, plain, save_dicom, save_frames, save_video


def refused(path: Path | str) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert str(caught.value).isprintable(), "one line, without control characters"
    return caught.value


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a/clip.dcm#12", ("a/clip.dcm", 12)),
        ("CLIP.MP4#1", ("CLIP.MP4", 1)),
        ("a.gif", ("a.gif", 1)),
        ("a.png#2", ("a.png#2", 1)),
        ("a.gif#02", ("a.gif#02", 1)),
        ("a.gif#0", ("a.gif#0", 1)),
        ("a.gif#", ("a.gif#", 1)),
        ("a.gif#1x", ("a.gif#1x", 1)),
        ("a.gif#2/b.png", ("a.gif#2/b.png", 1)),
        ("a.gif#3.gif#4", ("a.gif#3.gif", 4)),
        ("line\nbreak.tif#7", ("line\nbreak.tif", 7)),
        (f"a.gif#{'9' * 30}", (f"a.gif#{'9' * 30}", 1)),
    ],
)
def test_what_names_a_frame(path: str, parts: tuple[str, int]) -> None:
    assert split(path) == parts


def test_a_frame_s_name_leads_back_to_it() -> None:
    assert frame_name("a/clip.dcm", 12) == "a/clip.dcm#12"
    assert frame_name("a/clip.dcm", 1) == "a/clip.dcm"
    assert split(frame_name("odd#3.webm", 5)) == ("odd#3.webm", 5)


def test_dicom_is_told_by_its_name() -> None:
    assert names_dicom(["a.png", "b.DCM#3"]) and names_dicom(["x/y.dicom"])
    assert not names_dicom(["a.png", "dcm.png", "a.gif#2"])


@pytest.mark.parametrize(
    ("count", "wanted", "numbers"),
    [
        (1, 1, (1,)),
        (2, 1, (2,)),
        (3, 1, (2,)),
        (30, 1, (16,)),
        (10, 2, (3, 8)),
        (12, 3, (3, 7, 11)),
        (10, 3, (2, 6, 9)),
        (4, 4, (1, 2, 3, 4)),
        (3, 9, (1, 2, 3)),
    ],
)
def test_frames_are_the_middles_of_equal_parts(count: int, wanted: int, numbers: tuple[int, ...]) -> None:
    assert evenly(count, wanted) == numbers


def test_evenly_spread_frames_exist_differ_and_lie_alike_from_both_ends() -> None:
    for count in range(1, 60):
        for wanted in range(1, 70):
            numbers = evenly(count, wanted)
            assert len(set(numbers)) == len(numbers) == min(count, wanted)
            assert list(numbers) == sorted(numbers)
            assert numbers[0] >= 1 and numbers[-1] <= count
            before, behind = numbers[0] - 1, count - numbers[-1]
            assert abs(before - behind) <= 1, (count, wanted)
            steps = {after - here for here, after in pairwise(numbers)}
            assert not steps or max(steps) - min(steps) <= 1


@pytest.mark.parametrize("name", ["a.gif", "a.tif", "a.TIFF", "a.webp"])
def test_each_page_of_a_file_is_itself(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {}
    path = save_frames(tmp_path / name, plain(COLOURS), **options)
    assert count_frames(path) == len(COLOURS)
    for number, colour in enumerate(COLOURS, 1):
        pixels = decode(f"{path}#{number}").pixels
        assert (pixels.mode, pixels.getcolors()) == ("RGB", [(32 * 24, colour)])
    assert decode(path).sha256 == decode(f"{path}#1").sha256


def test_pages_of_a_tiff_have_a_size_of_their_own(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (8, 6), "red"), Image.new("L", (3, 5), 77)]
    decoded = decode(f"{save_frames(tmp_path / 'a.tif', pages)}#2")
    assert (decoded.width, decoded.height, decoded.pixels.getpixel((0, 0))) == (3, 5, (77, 77, 77))


def test_what_a_gif_s_frame_leaves_out_is_of_the_frame_before(tmp_path: Path) -> None:
    first = Image.new("RGBA", (10, 10), (200, 0, 0, 255))
    first.paste((0, 0, 0, 0), (0, 0, 5, 5))
    second = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    second.paste((0, 0, 200, 255), (8, 8, 10, 10))
    path = save_frames(tmp_path / "a.gif", [first, second], disposal=1)
    pixels = decode(f"{path}#2").pixels
    assert [pixels.getpixel(place) for place in ((0, 0), (6, 6), (9, 9))] == [
        (0, 0, 0),
        (200, 0, 0),
        (0, 0, 200),
    ]


@pytest.mark.parametrize("name", [f"a.{kind}" for kind in LOSSLESS])
def test_each_frame_of_a_video_is_itself(tmp_path: Path, name: str) -> None:
    path = save_video(tmp_path / name, plain(COLOURS * 5))
    assert count_frames(path) == 35
    for number in (1, 2, 7, 8, 34, 35):
        assert decode(f"{path}#{number}").pixels.getcolors() == [(32 * 24, COLOURS[(number - 1) % 7])]
    assert "35 frames" in str(refused(f"{path}#36"))


@pytest.mark.parametrize("name", [f"a.{kind}" for kind in LOSSY])
def test_frames_between_key_frames_of_videos(tmp_path: Path, name: str) -> None:
    shades = [Image.new("RGB", (64, 48), (value, value, value)) for value in range(10, 250, 4)]
    path = save_video(tmp_path / name, shades)
    assert count_frames(path) == len(shades) == 60
    for number in (1, 2, 29, 59, 60):
        found = decode(f"{path}#{number}").pixels.getpixel((30, 20))
        assert found[0] == pytest.approx(10 + 4 * (number - 1), abs=2)


def test_frames_shown_at_odd_times_are_counted_as_they_come(tmp_path: Path) -> None:
    times = [0, 1, 30, 31, 200, 900, 901]
    path = save_video(tmp_path / "a.mkv", plain(COLOURS), times=times)
    assert count_frames(path) == 7
    for number, colour in enumerate(COLOURS, 1):
        assert decode(f"{path}#{number}").pixels.getpixel((0, 0)) == colour


def test_a_header_that_lies_of_its_frames(tmp_path: Path) -> None:
    path = save_video(tmp_path / "a.avi", plain(COLOURS))
    data = bytearray(path.read_bytes())
    main, stream = data.index(b"avih") + 8, data.index(b"strh") + 8
    for place in (main + 16, stream + 32):  # dwTotalFrames, dwLength
        assert int.from_bytes(data[place : place + 4], "little") == 7
        data[place : place + 4] = (5000).to_bytes(4, "little")
    path.write_bytes(data)
    assert count_frames(path) == 7
    image = PlannedImage(image="a.avi", category="c", path="a.avi")
    taken = expand([image], tmp_path, Frames(evenly=3))
    assert [one.path for one in taken] == ["a.avi#2", "a.avi#4", "a.avi#6"]
    assert [decode(tmp_path / one.path).pixels.getpixel((0, 0)) for one in taken] == list(COLOURS[1:6:2])


def test_a_video_that_ends_in_the_middle_has_the_frames_before(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (20, 24, 32, 3), dtype=np.uint8)
    path = save_video(tmp_path / "a.mkv", [Image.fromarray(one) for one in noise])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    count = count_frames(path)
    assert 8 < count < 16
    assert np.array_equal(np.asarray(decode(f"{path}#{count}").pixels), noise[count - 1])
    assert refused(f"{path}#{count + 1}").kind is ErrorKind.IMAGE_UNREADABLE


@pytest.mark.parametrize(
    ("rotation", "size", "corner"), [(0, (32, 24), (0, 0)), (-90, (24, 32), (23, 0)), (90, (24, 32), (0, 31))]
)
def test_a_video_is_turned_upright(
    tmp_path: Path, rotation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    picture = Image.new("RGB", (32, 24), "black")
    picture.putpixel((0, 0), (255, 255, 255))
    decoded = decode(save_video(tmp_path / "a.mov", [picture], rotation=rotation))
    assert (decoded.width, decoded.height) == size
    assert decoded.pixels.getpixel(corner) == (255, 255, 255)


def test_videos_that_are_none(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = save_video(tmp_path / "whole.mp4", plain(COLOURS)).read_bytes()
    for name, data in {
        "cut.mp4": whole[: len(whole) // 2],
        "head.mp4": whole[:12],
        "noise.mkv": b"\x1aE\xdf\xa3" + bytes(range(256)) * 9,
        "noise.mov": b"\0\0\0\x08moov" + b"x" * 999,
    }.items():
        (tmp_path / name).write_bytes(data)
        error = refused(tmp_path / name)
        assert error.kind is ErrorKind.IMAGE_UNREADABLE
        assert "damaged or truncated" in str(error) or "holds no video" in str(error)
        with pytest.raises(ImageError):
            count_frames(tmp_path / name)
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"#EXTM3U\n#EXTINF:1,\n{tmp_path / 'whole.mp4'}\n#EXT-X-ENDLIST\n")
    assert "not a PNG" in str(refused(playlist)), "what a text names is not opened"
    assert capfd.readouterr() == ("", "")


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import av

    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "holds no video" in str(refused(path))


def test_a_video_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = save_video(tmp_path / "a.avi", plain(COLOURS[:1]))
    data = bytearray(path.read_bytes())
    header = data.index(b"strf") + 8
    data[header + 4 : header + 12] = (9_500).to_bytes(4, "little") * 2
    path.write_bytes(data)
    assert MAX_PIXELS < 9_500**2
    assert refused(path).kind is ErrorKind.IMAGE_TOO_LARGE


def test_frames_that_outgrow_the_header_are_not_decoded(tmp_path: Path) -> None:
    import av

    sizes = ((32, 24), (9_500, 9_500))
    with av.open(str(tmp_path / "a.mkv"), "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = *sizes[0], "yuvj420p"
        for number, size in enumerate(sizes):
            Image.new("L", size, 90).save(tmp_path / "frame.jpg")
            packet = av.Packet((tmp_path / "frame.jpg").read_bytes())
            packet.stream, packet.pts, packet.dts = stream, number, number
            container.mux(packet)
    assert count_frames(tmp_path / "a.mkv") == 1
    assert "one frame" in str(refused(tmp_path / "a.mkv#2"))
    pages = [Image.new("1", size) for size in sizes]
    path = save_frames(tmp_path / "a.tif", pages, compression="group4")
    assert path.stat().st_size < 100_000
    assert refused(f"{path}#2").kind is ErrorKind.IMAGE_TOO_LARGE


def test_a_frame_that_is_not_there(tmp_path: Path) -> None:
    path = save_frames(tmp_path / "a.gif", plain(COLOURS))
    error = refused(f"{path}#8")
    assert error.kind is ErrorKind.IMAGE_UNREADABLE
    assert str(error) == "a.gif#8: the file has 7 frames; ask for one of them"
    single = save_frames(tmp_path / "b.tif", plain(COLOURS[:1]))
    assert str(refused(f"{single}#2")) == "b.tif#2: the file has one frame; ask for one of them"
    assert refused(tmp_path / "gone.gif#2").kind is ErrorKind.IMAGE_MISSING


def test_a_still_image_in_a_video_s_container_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\0\0\0\x1cftypavif" + b"\0" * 200)
    assert "not a PNG" in str(refused(path))


# Which frames of a folder


def folder(root: Path) -> tuple[PlannedImage, ...]:
    write_image(root / "A" / "still.png", 1)
    save_frames(root / "A" / "moves.gif", plain(COLOURS))
    save_frames(root / "A" / "page.tif", plain(COLOURS[:1]))
    save_dicom(root / "B" / "loop.dcm", np.zeros((4, 6, 5), np.uint8), frames=True)
    (root / "B" / "bad.mp4").write_text("words")
    return scan(root).images


def names(images: tuple[PlannedImage, ...]) -> list[str]:
    assert all(image.path.endswith(image.image) for image in images)
    return [image.path for image in images]


def test_without_frames_asked_for_no_file_is_opened(tmp_path: Path) -> None:
    images = folder(tmp_path)
    for image in images:
        (tmp_path / image.path).unlink()
    assert expand(images, tmp_path, Frames()) == images


def test_frames_are_spread_over_each_file_that_has_several(tmp_path: Path) -> None:
    images = folder(tmp_path)
    assert names(expand(images, tmp_path, Frames(evenly=2))) == [
        "A/moves.gif#2", "A/moves.gif#6", "A/page.tif", "A/still.png",
        "B/bad.mp4", "B/loop.dcm#2", "B/loop.dcm#4",
    ]  # fmt: skip
    every = names(expand(images, tmp_path, Frames(evenly=99)))
    assert every[:7] == ["A/moves.gif", *(f"A/moves.gif#{number}" for number in range(2, 8))]
    assert len(every) == 7 + 2 + 1 + 4


def test_one_frame_of_each_such_file(tmp_path: Path) -> None:
    images = folder(tmp_path)
    assert names(expand(images, tmp_path, Frames(number=5))) == [
        "A/moves.gif#5", "A/page.tif", "A/still.png", "B/bad.mp4", "B/loop.dcm#5",
    ]  # fmt: skip
    assert expand(images, tmp_path, Frames(number=1)) == images
    assert "4 frames" in str(refused(tmp_path / "B/loop.dcm#5"))


def test_files_that_cannot_have_several_frames_are_not_opened(tmp_path: Path) -> None:
    images = folder(tmp_path)
    (tmp_path / "A" / "still.png").unlink()
    assert "A/still.png" in names(expand(images, tmp_path, Frames(evenly=2)))


@pytest.mark.parametrize(
    ("package", "name"), [("pydicom", "loop.dcm"), ("av", "clip.mp4")], ids=["dicom", "video"]
)
def test_without_its_package_a_file_says_how_to_get_it(tmp_path: Path, package: str, name: str) -> None:
    if name.endswith(".dcm"):
        save_dicom(tmp_path / name, np.zeros((4, 6, 5), np.uint8), frames=True)
    else:
        save_video(tmp_path / name, plain(COLOURS))
    write_image(tmp_path / "fine.png")
    script = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from fada_tui.core.image_error import ImageError\n"
        "from fada_tui.images.decode import decode, count_frames\n"
        "decode('fine.png')\n"
        "for use in (decode, count_frames):\n"
        "    try:\n"
        f"        use({name!r})\n"
        "    except ImageError as error:\n"
        "        print(error.kind, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    extra = "dicom" if package == "pydicom" else "video"
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(f"{ErrorKind.MISSING_PACKAGE} {name}: ")
        assert line.endswith(f"pip install 'fada-tui[{extra}]'")
