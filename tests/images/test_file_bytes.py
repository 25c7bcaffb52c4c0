"""An image's file facts are of exactly the bytes that were decoded."""

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.images import decode as decoding
from fada_tui.images import file_bytes
from fada_tui.images.decode import decode
from fada_tui.images.file_bytes import file_facts


def noise(seed: int, size: int = 64) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8))


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
@pytest.mark.parametrize("whole", [file_bytes.WHOLE, 100])
def test_facts_are_of_the_file(
    tmp_path: Path, kind: str, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_bytes, "WHOLE", whole)
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(encoded(noise(1), kind))
    facts = decode(path).file
    assert facts.size == path.stat().st_size
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file_facts(path) == facts
    plain = decode(path).sha256
    path.write_bytes(encoded(noise(2), kind))
    assert file_facts(path) == decode(path).file != facts
    assert decode(path).sha256 != plain


def test_frames_of_a_file_share_its_facts(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    noise(1).save(path, save_all=True, append_images=[noise(2), noise(3)])
    first, third = decode(path), decode(f"{path}#3")
    assert first.sha256 != third.sha256
    assert first.file == third.file == file_facts(f"{path}#2")


@pytest.mark.parametrize("whole", [file_bytes.WHOLE, 100])
def test_a_file_written_while_it_is_decoded(
    tmp_path: Path, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small one is decoded as it was read; a large one is refused, never shown with another's hash."""
    monkeypatch.setattr(file_bytes, "WHOLE", whole)
    path = tmp_path / "a.bmp"
    before, after = encoded(noise(1), "BMP"), encoded(noise(2), "BMP")
    path.write_bytes(before)
    expected = decode(path)
    times = path.stat()
    read = decoding.stills.read

    def late(file: io.BytesIO, name: str, number: int) -> Image.Image:
        with path.open("r+b") as there:
            there.write(after)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return read(file, name, number)

    monkeypatch.setattr(decoding.stills, "read", late)
    if whole == 100:
        with pytest.raises(ImageError, match=r"a\.bmp: it was changed while it was read") as caught:
            decode(path)
        assert caught.value.kind is ErrorKind.IMAGE_UNREADABLE
    else:
        found = decode(path)
        assert (found.sha256, found.file) == (expected.sha256, expected.file)


def test_a_file_cut_while_it_is_decoded_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_bytes, "WHOLE", 100)
    path = tmp_path / "a.bmp"
    path.write_bytes(encoded(noise(1), "BMP"))
    read = decoding.stills.read

    def late(file: io.BytesIO, name: str, number: int) -> Image.Image:
        os.truncate(path, 500)
        return read(file, name, number)

    monkeypatch.setattr(decoding.stills, "read", late)
    with pytest.raises(ImageError, match=r"a\.bmp: it was changed while it was read") as caught:
        decode(path)
    assert caught.value.file is None


def test_an_image_that_cannot_be_decoded_still_has_facts(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise(1), "PNG")[:500])
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert caught.value.file == file_facts(path)
    with pytest.raises(ImageError) as missing:
        file_facts(tmp_path / "no.png")
    assert missing.value.kind is ErrorKind.IMAGE_MISSING and missing.value.file is None
