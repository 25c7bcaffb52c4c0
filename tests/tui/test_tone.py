"""Window, level, gamma and inversion: the table of greys, and what the keys' steps lead to."""

import numpy as np
import pytest
from PIL import Image

from fada_tui.tui.present.view_text import WHOLE, longest, told, view_texts
from fada_tui.tui.terminal.graphics.fit import Magnification
from fada_tui.tui.terminal.graphics.tone import BRIGHTEST, DARKEST, LEAST_WINDOW, Tone
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View

STEPS = (
    lambda tone, step: tone.wider(step),
    lambda tone, step: tone.brighter(step),
    lambda tone, step: tone.gamma_by(step),
)
GREYS = np.arange(256)


def walked(seed: int) -> Tone:
    """A tone that random keys lead to."""
    random = np.random.default_rng(seed)
    tone = Tone()
    for _ in range(60):
        tone = STEPS[random.integers(3)](tone, int(random.choice([-1, 1])))
    return tone.inverted() if random.integers(2) else tone


def test_neutral_is_the_identity() -> None:
    assert Tone().table() == tuple(range(256))
    assert (Tone().low, Tone().high) == (0, 255)


@pytest.mark.parametrize("seed", range(40))
def test_the_table_is_that_of_numpy_and_monotone(seed: int) -> None:
    tone = walked(seed)
    shares = np.clip((GREYS - tone.low) / (tone.high - tone.low), 0, 1) ** (1 / tone.gamma)
    expected = 255 * (1 - shares if tone.invert else shares)
    table = np.array(tone.table())
    assert np.abs(table - expected).max() <= 0.5 + 1e-9
    assert (np.diff(table) * (-1 if tone.invert else 1) >= 0).all()
    assert {table[tone.low], table[tone.high]} == {0, 255}
    assert tone.high - tone.low >= LEAST_WINDOW and tone.low >= 0 and tone.high <= 255


@pytest.mark.parametrize("seed", range(8))
def test_inverted_twice_is_as_before_and_once_its_complement(seed: int) -> None:
    tone = walked(seed)
    assert tone.inverted().inverted() == tone
    # Of a value half way between two greys both are right.
    sums = np.array(tone.table()) + np.array(tone.inverted().table())
    assert np.abs(sums - 255).max() <= 1


@pytest.mark.parametrize("change", STEPS)
@pytest.mark.parametrize("step", [-1, 1])
def test_a_key_and_its_opposite_lead_back_and_a_held_key_ends(change: object, step: int) -> None:
    assert callable(change)
    tone = Tone(width=127)
    assert change(change(tone, step), -step) == tone
    for _ in range(300):
        tone = change(tone, step)
    assert change(tone, step) == tone
    assert len(set(tone.table())) > 5


def test_each_key_does_something_to_the_picture_as_it_is_and_brightens_as_it_says() -> None:
    assert sum(Tone().wider(-1).brighter(1).table()) > sum(Tone().wider(-1).table())
    assert sum(Tone().brighter(1).table()) > sum(Tone().table()) > sum(Tone().brighter(-1).table())
    assert sum(Tone().gamma_by(1).table()) > sum(Tone().table()) > sum(Tone().gamma_by(-1).table())
    assert len(set(Tone().wider(-8).table())) < 256
    assert Tone().brighter(1).table()[0] == 0  # what is black stays black


@pytest.mark.parametrize(
    "bad",
    [
        {"width": LEAST_WINDOW - 1},
        {"width": 256},
        {"level": 500.0},
        {"level": -200.0},
        {"gamma": DARKEST / 2},
        {"gamma": BRIGHTEST * 2},
        {"gamma": float("nan")},
    ],
)
def test_what_shows_nothing_cannot_be(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Tone(**bad)  # type: ignore[arg-type]


def test_all_channels_share_the_table() -> None:
    pixels = Image.new("RGB", (1, 1), (40, 90, 200))
    table = Tone().wider(-3).gamma_by(2).table()
    assert pixels.point(table * 3).getpixel((0, 0)) == (table[40], table[90], table[200])


def test_closer_and_away_again_and_to_the_side() -> None:
    view, image = AS_IT_IS, (600, 400)
    view = view.zoomed(2, image)
    assert view.closer == Magnification(2.25)
    assert view.closer is not None
    seen = view.closer.window(image, 60, 20, (8, 16))
    moved = view.panned(1, 0, seen, image)
    assert moved.closer is not None and moved.closer.x > 0.5 and moved.closer.y == 0.5
    assert moved.zoomed(1, image).closer == Magnification(2.25 * 1.5, moved.closer.x, 0.5)
    assert view.zoomed(-2, image) == AS_IT_IS == view.zoomed(-9, image)
    assert AS_IT_IS.panned(1, 1, seen, image) == AS_IT_IS
    assert AS_IT_IS.zoomed(90, (32, 32)).closer == Magnification(2.0)


def test_the_view_in_words_and_in_few() -> None:
    tone = Tone(width=143, level=111.5, gamma=1.4, invert=True)
    view = View(tone, Magnification(2.25))
    texts = view_texts(view)
    assert texts == (
        "view: window 40–183, gamma 1.4, inverted, 2.2×",
        "view 40–183 γ1.4 inv 2.2×",
        "40–183 γ1.4 inv 2.2×",
    )
    assert [longest(texts, room) for room in (46, 45, 24, 3)] == [*texts, ""]
    assert view_texts(AS_IT_IS) == () and told(AS_IT_IS)[0] == WHOLE and told(view) == texts
    assert view_texts(View(Tone(invert=True)))[0] == "view: inverted"
    assert view_texts(View(Tone().brighter(1)))[0] == "view: window 0–247"
