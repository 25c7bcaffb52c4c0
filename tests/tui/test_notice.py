"""The notice line: what passes, what stays, and that no warning goes unseen."""

import pytest
from textual.color import Color

from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.widgets.notice import Notice
from tests.tui.dashboard import wait_for
from tests.tui.stage import Stage, lines_of


def shown(app: Stage) -> str:
    return lines_of(app)[0].strip()


class Heard(Notice):
    """Keeps all it showed."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)
        super().say(text)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notice, "SECONDS", 1.0)


@pytest.mark.long
async def test_the_newest_line_is_shown_and_passes(quick: None) -> None:
    notice = Heard()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("first")
        notice.tell("second")
        await wait_for(pilot, lambda: notice.heard[-2:] == ["second", ""])
        await wait_for(pilot, lambda: not shown(app))


@pytest.mark.long
async def test_a_kept_line_comes_back_after_one_that_passes(quick: None) -> None:
    notice = Heard()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("the page is at x", keep=True)
        notice.tell("copied")
        await wait_for(pilot, lambda: notice.heard[-2:] == ["copied", "the page is at x"])
        await wait_for(pilot, lambda: shown(app) == "the page is at x")
        notice.tell("")
        await pilot.pause()
        assert not shown(app)


@pytest.mark.long
async def test_a_kept_line_is_shown_at_once_and_stays_after_the_warnings_before_it(quick: None) -> None:
    notice = Heard()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("a run cannot be read", "warning")
        notice.tell("marked")
        notice.tell("blind mode", keep=True)
        assert notice.heard[-1] == "blind mode"
        await wait_for(pilot, lambda: notice.heard[-2:] == ["! a run cannot be read", "blind mode"])


async def test_a_kept_line_that_was_ended_is_not_shown_again(quick: None) -> None:
    notice = Heard()
    app = Stage(notice)
    async with app.shown(60, 5):
        notice.tell("stopping after this image", keep=True)
        notice.tell("")
        assert notice.heard[-1] == ""


@pytest.mark.long
async def test_an_error_stays(quick: None) -> None:
    notice = Notice()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("copied")
        notice.tell("the disk is full", "error")
        await pilot.pause(1.5 * notice.SECONDS)
        assert shown(app) == "!! the disk is full"


@pytest.mark.long
async def test_every_warning_is_seen(quick: None) -> None:
    notice = Heard()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        for text in ("one", "two", "two", "three"):
            notice.tell(text, "warning")
        await wait_for(pilot, lambda: not notice.heard[-1])
    assert notice.heard[-4:] == ["! three", "! two", "! one", ""]


async def test_what_is_said_is_no_markup(quick: None) -> None:
    notice = Notice()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("[red]a[/red]\x1b[31m [/]", "warning")
        await pilot.pause()
        assert shown(app).startswith("! [red]a[/red]")
        assert "\x1b" not in shown(app)


async def test_what_is_no_longer_true_goes_and_does_not_come_back(quick: None) -> None:
    notice, true = Heard(), {"kept", "passing"}
    app = Stage(notice)
    async with app.shown(60, 5):
        notice.tell("kept", keep=True, holds=lambda: "kept" in true)
        notice.tell("passing", "warning", holds=lambda: "passing" in true)
        notice.check()
        assert notice.heard[-1] == "! passing"
        true.remove("passing")
        notice.check()
        assert notice.heard[-1] == "kept"
        true.clear()
        notice.check()
        assert notice.heard[-1] == ""


@pytest.mark.long
async def test_each_kind_has_its_colour_on_whatever_screen_the_line_stands() -> None:
    notice = Notice()
    app = Stage(notice)
    kinds: tuple[tuple[NoticeKind, str], ...] = (
        ("info", "accent"),
        ("echo", "accent"),
        ("warning", "warning"),
        ("error", "error"),
    )
    async with app.shown(60, 5) as pilot:
        for kind, colour in kinds:
            notice.tell(kind, kind)
            await wait_for(pilot, lambda kind=kind: shown(app).endswith(kind))
            assert notice.styles.color == Color.parse(app.theme_variables[colour])
