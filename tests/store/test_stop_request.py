"""A request to stop a run, as a file in its folder."""

from pathlib import Path

import pytest

from fada_tui.core.errors import StoreError
from fada_tui.store import stop_request


def test_the_last_request_counts_until_it_is_cleared(tmp_path: Path) -> None:
    assert stop_request.asked(tmp_path) is None
    stop_request.ask(tmp_path, "image")
    assert stop_request.asked(tmp_path) == "image"
    stop_request.ask(tmp_path, "now")
    assert stop_request.asked(tmp_path) == "now"
    stop_request.clear(tmp_path)
    stop_request.clear(tmp_path)
    assert stop_request.asked(tmp_path) is None


@pytest.mark.parametrize("words", [b"", b"later", b"\xff\xfe"])
def test_words_that_are_not_known_ask_to_stop_after_the_image(tmp_path: Path, words: bytes) -> None:
    (tmp_path / stop_request.STOP_NAME).write_bytes(words)
    assert stop_request.asked(tmp_path) == "image"


def test_what_cannot_be_read_asks_for_nothing_and_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / stop_request.STOP_NAME).mkdir()
    assert stop_request.asked(tmp_path) is None
    stop_request.clear(tmp_path)
    with pytest.raises(StoreError, match="cannot write"):
        stop_request.ask(tmp_path / "gone", "now")
