"""Looking at pictures with another window, gamma and zoom: on each screen, and while judging."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image
from textual.geometry import Region

from fada_tui.images import decode as decoding
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.models_on_image import ModelsOnImage
from fada_tui.tui.screens.picture_keys import STAYS, WHOLE, YOURS
from fada_tui.tui.screens.tags import TagsScreen
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import Magnification
from fada_tui.tui.terminal.graphics.loader import Loaded, Request
from fada_tui.tui.terminal.graphics.tone import Tone
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View
from fada_tui.tui.widgets.canvas import OFF, Canvas
from fada_tui.tui.widgets.filterbox import FilterBox
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.loading import Waiter

INVERTED = View(Tone(invert=True))


def test_the_tone_is_of_what_is_drawn_and_the_image_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grey.png"
    Image.new("RGB", (40, 40), (40, 40, 40)).save(path)
    decoded: list[decoding.DecodedImage] = []
    decode = decoding.decode

    def spy(path: str | Path) -> decoding.DecodedImage:
        decoded.append(decode(path))
        return decoded[-1]

    monkeypatch.setattr(decoding, "decode", spy)
    waiter = Waiter(Detected("half", ""))
    request = Request(path, 10, 5, (10, 20))

    def colour(view: View) -> int:
        loaded = waiter.load(replace(request, view=view))
        assert isinstance(loaded, Loaded) and loaded.rendered
        styles = {style for strip in loaded.rendered.lines() for _, style, _ in strip if style}
        colours = {style.bgcolor.triplet for style in styles if style.bgcolor}
        ((found, _, _),) = (triplet for triplet in colours if triplet)
        return found

    assert colour(AS_IT_IS) == 40
    assert colour(INVERTED) == 215
    assert colour(View(Tone(width=127, level=63.5), Magnification(2.0))) == 80
    assert colour(AS_IT_IS) == 40
    # Whoever changes the tone goes on with the image that is decoded already.
    assert len(decoded) == 2
    assert all(image.pixels.getpixel((0, 0)) == (40, 40, 40) for image in decoded)


def brightness(canvas: Canvas) -> float:
    """How bright what is drawn is on average, 0 to 255."""
    drawn = [
        sum(style.color.triplet) / 3
        for strip in canvas.render_lines(Region(0, 0, *canvas.size))
        for text, style, _ in strip
        if "▀" in text and style and style.color and style.color.triplet
    ]
    return sum(drawn) / max(len(drawn), 1)


@pytest.mark.long
async def test_what_is_set_holds_on_all_screens_while_answers_are_judged(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    save_run(tmp_path, "20260102-000000_other", "other")
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        review = main.workspace.review
        canvas = main.query_one(Canvas)
        run = await wait_for(pilot, lambda: review.run)
        dark = await wait_for(pilot, lambda: brightness(canvas))
        await pilot.press("W")
        await wait_for(pilot, lambda: "view: as it is" in screen_text(app))
        assert "esc Done" in screen_text(app) and "1 Correct" in screen_text(app)
        await pilot.press("j")
        await wait_for(pilot, lambda: WHOLE in screen_text(app))
        await pilot.press("left", "left", "i")
        await wait_for(pilot, lambda: abs(brightness(canvas) - 255 + dark) < 30)
        await wait_for(pilot, lambda: "view: window 16–239, inverted" in screen_text(app))
        assert YOURS in screen_text(app)

        # Keys of judging do what they always do, and open what they open.
        await pilot.press("1")
        await wait_for(pilot, lambda: review.progress().judged == 1)
        assert "view: window 16–239, inverted" in screen_text(app)
        await pilot.press("t")
        await wait_for(pilot, lambda: isinstance(app.screen, TagsScreen))
        await pilot.press("h", "escape", "u", "u", "3", "left_square_bracket", "up")
        await wait_for(pilot, lambda: "view: window 8–231, inverted" in screen_text(app))
        (said,) = (one[-1] for one in assessments_of(run.folder).values() if one[-1].verdict)
        assert said.verdict == "incorrect"

        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await wait_for(pilot, lambda: "view: window 8–231, inverted" in screen_text(app))
        await wait_for(pilot, lambda: brightness(app.screen.query_one(Canvas)) > 255 - dark - 30)
        await pilot.press("G", "plus", "h", "2")
        await wait_for(pilot, lambda: "gamma 1.1, inverted, 1.5×" in screen_text(app))
        await wait_for(pilot, lambda: review.progress().judged == 2)
        await pilot.press("escape")
        await wait_for(pilot, lambda: "esc Back" in screen_text(app))
        await wait_for(pilot, lambda: STAYS in screen_text(app))
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, MainScreen))
        await wait_for(pilot, lambda: "view: window 8–231, gamma 1.1, inverted, 1.5×" in screen_text(app))
        await wait_for(pilot, lambda: "the picture stays at 1.5× here, too" in screen_text(app))

        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(app.screen, ModelsOnImage))
        await wait_for(pilot, lambda: "8–231" in screen_text(app) and "1.5×" in screen_text(app))
        await pilot.press("W", "l", "i", "3")
        await wait_for(pilot, lambda: review.progress().judged == 3)
        await wait_for(pilot, lambda: "inv" not in screen_text(app))
        await pilot.press("r")
        await wait_for(pilot, lambda: "view: as it is" in screen_text(app))
        await pilot.press("W")
        await wait_for(pilot, lambda: "view:" not in screen_text(app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(app.screen, MainScreen))
        await wait_for(pilot, lambda: 0 < brightness(canvas) < 255 - dark - 30)
        assert not main.workspace.picture_view.changed
    assert place.is_dir()


@pytest.mark.long
@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_a_small_terminal_says_it_too_and_the_filter_has_its_letters(
    size: tuple[int, int], tmp_path: Path
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=size) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.desk.arrangement == "judging")
        await pilot.press("W", "down", "g", "i", "plus")
        await wait_for(pilot, lambda: "8–255 γ0.9 inv 1.5×" in screen_text(app))
        assert "esc Done  r Reset" in screen_text(app)
        await pilot.press("slash")
        await wait_for(pilot, lambda: main.query_one(FilterBox).has_focus_within)
        await pilot.press("g", "i", "h")
        await wait_for(pilot, lambda: main.workspace.review.filter.text == "gih")
        assert "8–255 γ0.9 inv 1.5×" in screen_text(app)
        await pilot.press("escape", "r", "escape")
        await wait_for(pilot, lambda: "γ" not in screen_text(app))
        assert app.screen is main


async def test_where_no_picture_is_it_says_so(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.desk.arrangement == "judging")
        await pilot.press("Z", "W")
        await wait_for(pilot, lambda: "the picture is hidden here" in screen_text(app))
        await pilot.press("Z")
        main.query_one(Canvas)._graphics = Detected("off", "")
        await pilot.press("W")
        await wait_for(pilot, lambda: OFF in screen_text(app))
        assert not main.workspace.picture_view.open
