"""The control pictures: what they show, and that nothing of them is read from a disk."""

from pathlib import Path

import numpy as np
import pytest

from fada_tui.core.control import PICTURES, path_of
from fada_tui.worker.generation.control_pictures import control_picture
from tests.conftest import write_image


def pixels(picture: str, size: tuple[int, int] = (40, 30)) -> np.ndarray:
    made = control_picture(path_of(picture), size)
    assert (made.width, made.height) == made.pixels.size == size and made.pixels.mode == "RGB"
    assert made.file is None and made.dicom is None
    return np.asarray(made.pixels)


def test_black_and_mid_grey_are_of_one_value() -> None:
    assert (pixels("black") == 0).all()
    assert (pixels("grey") == 128).all()


def test_noise_is_uniform_in_each_channel_and_the_same_for_all() -> None:
    noise = pixels("noise", (300, 200))
    assert abs(noise.mean() - 127.5) < 1 and abs(noise.std() - 73.9) < 1
    counts = np.bincount(noise.ravel(), minlength=256)
    assert counts.min() > 0.8 * counts.mean() and counts.max() < 1.2 * counts.mean()
    channels = noise.reshape(-1, 3).T.astype(float)
    assert np.abs(np.corrcoef(channels) - np.eye(3)).max() < 0.02
    assert control_picture("control/noise", (300, 200)) == control_picture("control/noise", (300, 200))


def test_a_file_of_that_name_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for picture in PICTURES:
        write_image(tmp_path / f"{path_of(picture)}.png").rename(tmp_path / path_of(picture))
    assert (pixels("black") == 0).all()


@pytest.mark.parametrize("path", ["control/white", "control/../black", "black"])
def test_any_other_path_is_none_of_them(path: str) -> None:
    with pytest.raises(ValueError, match="no control picture"):
        control_picture(path, (8, 8))
