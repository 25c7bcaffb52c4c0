"""The answer that was looked at last: found again for its images and results, whatever the file holds."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.config.last_place import LastPlace, keep_place, last_place
from fada_tui.config.state_tables import read_table, write_table

HERE = LastPlace(images="/a", results="/r", run="one", path="A/a.png", question="q1")


def test_each_folder_of_images_and_results_has_its_place(tmp_path: Path) -> None:
    file = tmp_path / "state.toml"
    write_table(file, "other", {"stays": True})
    assert last_place(file, "/a", "/r") is None
    keep_place(HERE, file)
    keep_place(replace(HERE, results="/other", run="two"), file)
    keep_place(replace(HERE, question="q2"), file)
    assert last_place(file, "/a", "/r") == replace(HERE, question="q2")
    assert last_place(file, "/a", "/other") == replace(HERE, results="/other", run="two")
    assert last_place(file, "/b", "/r") is None
    assert read_table(file, "other") == {"stays": True}


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "state.toml"
    for number in range(25):
        keep_place(replace(HERE, images=f"/{number}"), file)
    known = [number for number in range(25) if last_place(file, f"/{number}", "/r")]
    assert known == list(range(5, 25))


@pytest.mark.parametrize(
    "content",
    [b"", b"= broken", b"looked_at = 3", b"[looked_at]\nplaces = 'all'", b"[looked_at]\nplaces = [3]"],
)
def test_a_damaged_file_says_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "state.toml"
    file.write_bytes(content)
    assert last_place(file, "/a", "/r") is None
    keep_place(HERE, file)
    assert last_place(file, "/a", "/r") == HERE
