"""A Markdown page of any length: how it is cut, laid out where it is seen, and scrolled without a jump."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import pytest
from rich.style import Style
from textual.pilot import Pilot

from benchmarks.large_run import write_large_run
from fada_tui.report.summary import render_summary
from fada_tui.tui.actions import loading
from fada_tui.tui.present.page import LINE_LENGTH, PIECE_LINES, Piece, parts
from fada_tui.tui.widgets.page import PageView
from fada_tui.tui.widgets.page_text import STYLES, PageText
from tests.examples import ENTRY, result, run
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for
from tests.tui.stage import Stage, lines_of

pytestmark = pytest.mark.long

LARGE = "20260101-000000_large"
PLAIN = PageText({name: Style() for name in STYLES})


def pieces(page: str) -> list[Piece]:
    return [piece for part in parts(page) for piece in part.pieces]


def drawn(page: str, width: int = 60, *, rendered: bool = True) -> list[str]:
    """All lines of a page, as they are drawn."""
    return [
        "".join(segment.text for segment in line).rstrip()
        for part in parts(page, rendered=rendered)
        for line in PLAIN.lines(part, width)
    ]


def long_page(images: int = 400, seed: int = 0) -> str:
    """A page of uneven parts: lists, fences, tables, headings, long paragraphs."""
    dice = random.Random(seed)
    lines = ["# Long", ""]
    for number in range(images):
        match dice.randrange(5):
            case 0:
                lines += [f"## Heading {number}", ""]
            case 1:
                lines += [f"Paragraph {number} " + "word " * dice.randrange(200), ""]
            case 2:
                lines += [
                    "- **Response**:",
                    "  ```text",
                    *[f"  line {number}" * dice.randrange(9)] * 9,
                    "  ```",
                ]
                lines += [f"  - **Time**: {number}s", ""]
            case 3:
                lines += ["| a | b |", "| --- | --- |", *[f"| {number} | x |"] * dice.randrange(1, 9), ""]
            case _:
                lines += [f"{item}. item {number}" for item in range(1, dice.randrange(2, 30))] + [""]
    return "\n".join(lines)


# How it is cut


def test_a_page_is_cut_at_blank_lines_headings_fences_and_where_a_list_goes_back() -> None:
    code = "    ```text\n    # no heading\n\n      - no item\n    ```\n"
    page = f"# a\ntext\nmore\n\n- one\n  - two\n{code}  - three\n- four"
    assert pieces(page) == [
        Piece("# a"),
        Piece("text\nmore"),
        Piece("- one\n  - two", gap=True),
        Piece("# no heading\n\n  - no item", code=True, indent=4),
        Piece("- three", indent=2),
        Piece("- four"),
    ]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("text\n---\nmore", ["text", "", "more"]),
        ("1. a\n\n   b\n\n2. c", [" 1 a", "", "   b", "", " 2 c"]),
        ("````\n```\n````\nx", ["```", "x"]),
        ("> ```\n> # a\n> ```\n\n# b", ["▌ # a", "", "b"]),
        ("\\- a\n\\# b", ["- a # b"]),
        ("a [b](http://c)", ["a b (http://c)"]),
        ("[/INST] [@click=app.quit]x", ["[/INST] [@click=app.quit]x"]),
        ("a\x1b[31mb\u202ec", ["a\\x1b[31mb\\u202ec"]),
        ("", []),
    ],
)
def test_what_is_drawn_of_it(page: str, shown: list[str]) -> None:
    assert drawn(page) == shown


def test_the_text_itself_is_drawn_as_it_is() -> None:
    page = "# a\n\n- **b** [/]\n\tc\x07"
    assert drawn(page, rendered=False) == ["# a", "", "- **b** [/]", "    c\\x07"]


def test_no_piece_takes_long_however_a_page_is_written() -> None:
    table = "| a | b |\n| --- | --- |\n" + "| 1 | 2 |\n" * 1000
    hostile = (
        "word " * 50_000 + "\n\n" + "x" * 50_000 + "\n```\n" + "code\n" * 3000 + "\n```\n" + "- a\n" * 3000
    )
    found = pieces(table + "\n" + hostile)
    assert max(piece.text.count("\n") for piece in found) <= PIECE_LINES + 2
    assert max(len(piece.text) for piece in found) <= 4 * LINE_LENGTH
    tables = [piece for piece in found if piece.text.startswith("|")]
    assert len(tables) > 10 and all(piece.text.startswith("| a | b |\n| --- |") for piece in tables)
    assert sum(piece.text.count("| 1 | 2 |") for piece in tables) == 1000
    assert sum(piece.text.count("word") for piece in found) == 50_000


def test_a_long_line_is_cut_where_no_mark_of_markdown_begins() -> None:
    page = "a " * 1500 + "# - 1. b " * 1500
    assert not [piece for piece in pieces(page) if piece.text.startswith(("#", "-", "1"))]


def test_an_answer_changes_nothing_of_the_page_around_it() -> None:
    hostile = "```\n# no heading\n</details>\n- no item\n\n\n    ~~~\n"
    page = render_summary(run(results=(result(response=hostile),)), (), (ENTRY,), None)
    shown = drawn(page)
    begin = shown.index("   ▌ # no heading")
    assert shown[begin + 1 : begin + 5] == ["   ▌ </details>", "   ▌ - no item", "   ▌", "   ▌ ~~~"]
    assert "Analysis" in shown, "what follows is no quotation"


# How it is shown


@asynccontextmanager
async def shown(
    page: str, width: int = 60, height: int = 20
) -> AsyncIterator[tuple[Pilot[object], PageView]]:
    view = PageView()
    async with Stage(view).shown(width, height) as pilot:
        view.show(page)
        await whole(pilot, view, page)
        yield pilot, view


async def whole(pilot: Pilot[object], view: PageView, page: str) -> None:
    """Wait until all of the page is cut, and drawn."""
    count = sum(1 for _ in parts(page))
    await wait_for(pilot, lambda: view.part_count == count)
    await pilot.pause()


def seen(pilot: Pilot[object]) -> list[str]:
    """The lines in sight, without the scrollbar."""
    return [line[2:-4].rstrip() for line in lines_of(pilot.app)]


async def test_a_line_at_a_time_nothing_jumps_in_either_direction() -> None:
    page = long_page(60)
    async with shown(page) as (pilot, view):
        all_lines = drawn(page, view.scrollable_content_region.width)
        await pilot.pause()
        for top in range(0, 120):
            assert seen(pilot) == all_lines[top : top + 20], top
            view.go("down")
            await pilot.pause()
        view.go("last")
        await pilot.pause()
        for bottom in range(len(all_lines), len(all_lines) - 120, -1):
            assert seen(pilot) == all_lines[bottom - 20 : bottom], bottom
            view.go("up")
            await pilot.pause()


async def test_a_page_at_a_time_to_the_end_and_back_nothing_is_left_out() -> None:
    page = long_page(80, seed=1)
    async with shown(page) as (pilot, view):
        all_lines = drawn(page, view.scrollable_content_region.width)
        await pilot.pause()
        top = 0
        while top < len(all_lines) - 20:
            view.go("page_down")
            await pilot.pause()
            top = min(top + 19, len(all_lines) - 20)
            assert seen(pilot) == all_lines[top : top + 20]
        view.go("first")
        view.go("last")
        await pilot.pause()
        assert seen(pilot) == all_lines[-20:]
        while top > 0:
            view.go("page_up")
            await pilot.pause()
            top = max(top - 19, 0)
            assert seen(pilot) == all_lines[top : top + 20]


async def test_only_what_comes_to_sight_is_laid_out_however_long_the_page_is() -> None:
    async with shown(long_page(3000)) as (pilot, view):
        widgets = len(pilot.app.screen.query("*"))
        assert view.laid_out <= 8
        view.go("last")
        await pilot.pause()
        assert view.laid_out <= 16
        view.scroll_to(y=view.max_scroll_y // 2, animate=False, immediate=True)
        await pilot.pause()
        assert view.laid_out <= 24 and any(seen(pilot))
        assert len(pilot.app.screen.query("*")) == widgets


async def test_the_end_is_reached_though_the_page_is_still_being_cut() -> None:
    page = long_page(3000, seed=2)
    view = PageView()
    async with Stage(view).shown(60, 20) as pilot:
        view.show(page)
        view.go("last")
        await whole(pilot, view, page)
        last = list(islice(parts(page), 10**6))[-1]
        tail = [
            "".join(one.text for one in line).rstrip() for line in PLAIN.lines(last, view.content_size.width)
        ]
        await wait_for(pilot, lambda: seen(pilot)[-3:] == tail[-3:])


async def test_another_width_and_another_page_keep_the_place() -> None:
    page = long_page(200, seed=3)
    async with shown(page) as (pilot, view):
        for _ in range(30):
            view.go("page_down")
        await pilot.pause()
        top = next(line for line in seen(pilot) if line)
        await pilot.resize_terminal(90, 20)
        await pilot.pause()
        assert any(top[:20] in line for line in seen(pilot))
        here = seen(pilot)
        view.show(page + "\n\nnew", keep=True)
        await whole(pilot, view, page + "\n\nnew")
        assert seen(pilot) == here
        view.show(page)
        await pilot.pause()
        assert seen(pilot)[0] == "Long"


async def test_what_the_mouse_selects_can_be_copied() -> None:
    async with shown("# Title\n\nSome words\n\nMore of them") as (pilot, view):
        await pilot.mouse_down(view, offset=(2, 2))
        await pilot.hover(view, offset=(5, 4))
        await pilot.mouse_up(view, offset=(5, 4))
        assert pilot.app.screen.get_selected_text() == "Some words\n\nMore"
        view.text_select_all()
        assert pilot.app.screen.get_selected_text() == "# Title\n\nSome words\n\nMore of them"


async def test_the_page_of_ten_thousand_results_opens_with_what_is_in_sight(tmp_path: Path) -> None:
    write_large_run(tmp_path, 10_000)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: LARGE in main.workspace.review.disk_index.folders)
        await loading.open_run(main.workspace, LARGE)
        await pilot.press("s")
        await wait_for(pilot, lambda: "large Test Results" in screen_text(app))
        view = app.screen.query_one(PageView)
        for key in ("space", "G", "pageup", "g"):
            await pilot.press(key)
            await wait_for(pilot, lambda: view.is_attached and any(seen(pilot)))
            assert view.laid_out <= 30 and len(app.screen.query("*")) <= 8
