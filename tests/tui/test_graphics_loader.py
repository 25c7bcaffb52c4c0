"""What is loaded, what is kept, and what is given back."""

import threading
from pathlib import Path

import pytest
from PIL import Image

from fada_tui.tui.terminal.graphics import loader as loading
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.loader import Failed, Loaded, Request
from fada_tui.tui.terminal.graphics.shelf import SHELF, Shelf
from fada_tui.tui.terminal.sanitise import TerminalGraphics
from tests.conftest import LONG_ENOUGH, wait_for
from tests.media import COLOURS, plain, save_frames
from tests.tui.loading import Waiter

CELL = (10, 20)


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(8)]
    for number, path in enumerate(paths):
        Image.new("RGB", (40, 40), (number * 20, 0, 0)).save(path)
    return paths


class Decoded(list[str]):
    """The names of the images that were decoded, which takes until the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Decoded:
    from fada_tui.images import decode as module

    names = Decoded()
    original = module.decode

    def spy(path: str | Path) -> module.DecodedImage:
        names.append(Path(path).name)
        assert names.gate.wait(LONG_ENOUGH)
        return original(path)

    monkeypatch.setattr(module, "decode", spy)
    return names


def wish(path: Path) -> Request:
    return Request(path, 10, 5, CELL)


def test_what_was_loaded_is_not_loaded_again(images: list[Path], decoded: Decoded) -> None:
    waiter = Waiter(Detected("half", ""))
    first = waiter.load(wish(images[0]))
    waiter.load(wish(images[1]))
    assert waiter.load(wish(images[0])) is first
    assert decoded == ["0.png", "1.png"]


def test_a_changed_file_is_loaded_again(images: list[Path], decoded: Decoded) -> None:
    waiter = Waiter(Detected("half", ""))
    waiter.load(wish(images[0]))
    Image.new("RGB", (50, 50), "white").save(images[0])
    answer = waiter.load(wish(images[0]))
    assert isinstance(answer, Loaded)
    assert answer.width == 50
    assert len(decoded) == 2


def test_neighbours_are_loaded_ahead_and_not_delivered(images: list[Path], decoded: Decoded) -> None:
    waiter = Waiter(Detected("half", ""))
    waiter.load(wish(images[3]), [wish(images[4]), wish(images[2])])
    wait_for(lambda: len(decoded) == 3)
    assert decoded == ["3.png", "4.png", "2.png"]
    assert waiter.load(wish(images[2])).request.path == images[2]
    assert waiter.answers.empty()
    assert len(decoded) == 3


def test_only_the_last_wish_is_loaded_and_delivered(images: list[Path], decoded: Decoded) -> None:
    waiter = Waiter(Detected("half", ""))
    decoded.gate.clear()
    waiter.loader.ask(wish(images[0]))
    wait_for(lambda: decoded == ["0.png"])
    for path in images[1:-1]:
        waiter.loader.ask(wish(path), [wish(images[1])])
    waiter.loader.ask(wish(images[-1]))
    decoded.gate.set()
    assert waiter.next().request.path == images[-1]
    assert waiter.answers.empty()
    assert decoded == ["0.png", "7.png"]


def test_the_cache_forgets_what_was_used_least_recently(
    images: list[Path], decoded: Decoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiter = Waiter(Detected("half", ""))
    answer = waiter.load(wish(images[0]))
    assert isinstance(answer, Loaded) and answer.rendered is not None
    monkeypatch.setattr(loading, "CACHE_BYTES", answer.rendered.cost * 2)
    for number in (1, 0, 2, 0, 1):
        waiter.load(wish(images[number]))
    assert decoded == ["0.png", "1.png", "2.png", "1.png"]


def test_what_the_cache_forgets_is_taken_off_the_terminal(
    images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CACHE_BYTES", 1)
    SHELF.clear()
    waiter = Waiter(Detected("kitty", ""))
    first = waiter.load(wish(images[0]))
    assert isinstance(first, Loaded) and first.rendered is not None
    one = first.rendered
    assert SHELF.send(one.number, one.payload, one.removal) == one.payload
    second = waiter.load(wish(images[1]))
    assert isinstance(second, Loaded) and second.rendered is not None
    two = second.rendered
    assert SHELF.send(two.number, two.payload, two.removal) == one.removal + two.payload
    assert SHELF.clear() == two.removal


def test_a_closed_loader_gives_everything_back(images: list[Path]) -> None:
    SHELF.clear()
    waiter = Waiter(Detected("kitty", ""))
    answer = waiter.load(wish(images[0]))
    assert isinstance(answer, Loaded) and answer.rendered is not None
    one = answer.rendered
    SHELF.send(one.number, one.payload, one.removal)
    waiter.loader.close()
    # Sent again, it must have been taken off before.
    wait_for(lambda: bool(SHELF.send(one.number, one.payload, one.removal)))
    SHELF.clear()


def test_pictures_are_numbered_apart_and_sent_once() -> None:
    shelf = Shelf()
    numbers = {shelf.number() for _ in range(100)}
    assert len(numbers) == 100
    assert all(0 < number <= 0xFFFFFF for number in numbers)
    payload, removal = TerminalGraphics("payload"), TerminalGraphics("removal")
    assert [shelf.send(1, payload, removal) for _ in range(3)] == ["payload", "", ""]
    assert shelf.clear() == "removal"
    assert shelf.send(1, payload, removal) == "payload"


def test_where_pictures_are_off_the_measures_are_told(images: list[Path]) -> None:
    answer = Waiter(Detected("off", "")).load(wish(images[0]))
    assert isinstance(answer, Loaded)
    assert (answer.width, answer.height, answer.rendered) == (40, 40, None)


def test_a_frame_is_loaded_and_is_as_new_as_its_file(tmp_path: Path, decoded: Decoded) -> None:
    path = save_frames(tmp_path / "a.gif", plain(COLOURS))
    waiter = Waiter(Detected("half", ""))
    answers = [waiter.load(wish(Path(f"{path}#{number}"))) for number in (2, 3, 2)]
    first, second, again = answers
    assert isinstance(first, Loaded) and isinstance(second, Loaded)
    assert first.size == path.stat().st_size
    assert again is first and first.rendered != second.rendered
    assert decoded == ["a.gif#2", "a.gif#3"]
    save_frames(path, plain(COLOURS[::-1], size=(50, 60)))
    changed = waiter.load(wish(Path(f"{path}#2")))
    assert isinstance(changed, Loaded) and changed.height == 60
    missing = waiter.load(wish(Path(f"{path}#9")))
    assert isinstance(missing, Failed) and "has 7 frames" in missing.message
