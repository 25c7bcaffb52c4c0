"""The image list under the fingers."""

from fada_tui.core.records import PlannedImage
from fada_tui.tui.state.image_rows import ImageRows, Mark, Slot
from fada_tui.tui.widgets.images import ImageList
from tests.tui.stage import Stage, lines_of


def slots(*counts: int) -> list[Slot]:
    return [
        Slot(PlannedImage(image=f"{name}_{number}.png", category=name, path=f"{name}/{number}"))
        for name, count in zip(("Brain", "Femur", "Heart"), counts, strict=False)
        for number in range(1, count + 1)
    ]


class Marks:
    """Marks by path, and how often they were asked for."""

    def __init__(self) -> None:
        self.by_path: dict[str, Mark] = {}
        self.asked = 0

    def __call__(self, slot: Slot) -> Mark:
        self.asked += 1
        return self.by_path.get(slot.image.path, Mark())


def stage(marks: Marks | None = None) -> tuple[Stage, ImageList]:
    images = ImageList(marks or Marks())
    app = Stage(images)
    return app, images


async def test_keys_move_over_headings_and_images() -> None:
    app, images = stage()
    found = slots(2, 1)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        images.focus()
        await pilot.press("j", "down", "j")
        assert images.cursor == 4
        assert [message.slot for message in app.heard(ImageList.Highlighted)] == [found[1], None, found[2]]
        await pilot.press("j", "j")
        assert images.cursor == 4
        await pilot.press("g")
        assert images.cursor == 0
        await pilot.press("G", "k")
        assert images.cursor == 3


async def test_the_screen_shows_names_marks_and_times() -> None:
    marks = Marks()
    marks.by_path = {
        "Brain/1": Mark(("correct",), time=1.234),
        "Brain/2": Mark(("unjudged",), flagged=True, time=12.0),
        "Femur/1": Mark(("error",)),
    }
    app, images = stage(marks)
    found = slots(2, 1)
    async with app.shown(30, 8) as pilot:
        images.show(ImageRows.grouped(found), found[1])
        await pilot.pause()
        shown = [line.rstrip() for line in lines_of(app)[:5]]
    assert shown[0].startswith(" ▾ Brain") and shown[0].endswith("2")
    assert shown[1] == "  ✓ Brain_1.png         1.23s"
    assert shown[2] == "› ·⚑Brain_2.png        12.00s"
    assert shown[4] == "  ! Femur_1.png"


async def test_left_folds_then_leaves_and_right_unfolds_then_leaves() -> None:
    app, images = stage()
    found = slots(2, 1)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[1])
        images.focus()
        await pilot.press("h")
        assert images.cursor == 0
        await pilot.press("h")
        await pilot.pause()
        assert [line.strip() for line in lines_of(app)[:3]][1].startswith("▾ Femur")
        await pilot.press("left")
        assert len(app.heard(ImageList.LeaveLeft)) == 1
        await pilot.press("l")
        await pilot.pause()
        assert "Brain_1" in lines_of(app)[1]
        await pilot.press("j", "l")
        assert len(app.heard(ImageList.LeaveRight)) == 1


async def test_folds_survive_another_list_of_the_same_categories() -> None:
    app, images = stage()
    found = slots(2, 2)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        images.focus()
        await pilot.press("h", "enter")
        images.show(ImageRows.grouped(found[1:]), None)
        await pilot.pause()
        assert "▸ Brain" in lines_of(app)[0] and "▾ Femur" in lines_of(app)[1]
        images.select(found[1])
        await pilot.pause()
        assert "Brain_2" in lines_of(app)[1] and "›" in lines_of(app)[1]


async def test_marking_an_image_moves_on_and_a_heading_marks_all() -> None:
    app, images = stage()
    found = slots(3, 1)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        images.focus()
        await pilot.press("space", "space")
        assert images.marked == {"Brain/1", "Brain/2"}
        assert images.cursor == 3
        await pilot.press("g", "space")
        assert images.marked == {"Brain/1", "Brain/2", "Brain/3"}
        await pilot.pause()
        assert "+" in lines_of(app)[2]
        await pilot.press("space")
        assert images.marked == frozenset()
        assert len(app.heard(ImageList.MarkedChanged)) == 4


async def test_enter_opens_an_image() -> None:
    app, images = stage()
    found = slots(2)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[1])
        images.focus()
        await pilot.press("enter")
        assert [message.slot for message in app.heard(ImageList.Opened)] == [found[1]]


async def test_only_visible_images_are_ever_asked_for() -> None:
    marks = Marks()
    app, images = stage(marks)
    found = slots(50_000, 50_000)
    async with app.shown(40, 20) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        images.focus()
        await pilot.press("G")
        await pilot.pause()
        assert images.cursor == 100_001
        assert "Femur_50000" in lines_of(app)[19]
        assert marks.asked < 200
        await pilot.press("pageup")
        assert images.cursor == 100_001 - 19


async def test_a_changed_mark_is_drawn_again_and_others_are_left_alone() -> None:
    marks = Marks()
    app, images = stage(marks)
    found = slots(3)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        await pilot.pause()
        drawn: list[int] = []
        draw = images.render_line
        images.render_line = lambda y: (drawn.append(y), draw(y))[1]  # type: ignore[method-assign]
        images.refresh_marks()
        await pilot.pause()
        assert drawn == []
        marks.by_path["Brain/2"] = Mark(("incorrect",), time=0.5)
        images.refresh_marks()
        await pilot.pause()
        assert drawn == [2]
        assert "✗" in lines_of(app)[2]


async def test_a_name_with_escapes_and_markup_is_only_text() -> None:
    app, images = stage()
    evil = Slot(PlannedImage(image="\x1b]0;x\x07[@click=app.quit]a[/]", category="[red]\x1b[2J", path="p"))
    async with app.shown(60, 5) as pilot:
        images.show(ImageRows.grouped([evil]), evil)
        await pilot.pause()
        assert "[red]\\x1b[2J" in lines_of(app)[0]
        assert "\\x1b]0;x\\x07[@click=app.quit]a[/]" in lines_of(app)[1]


async def test_a_click_moves_and_a_double_click_opens() -> None:
    app, images = stage()
    found = slots(3)
    async with app.shown(40, 10) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        await pilot.click(ImageList, offset=(5, 3))
        assert images.cursor == 3
        await pilot.click(ImageList, offset=(5, 2), times=2)
        assert [message.slot for message in app.heard(ImageList.Opened)] == [found[1]]


async def test_long_names_keep_their_ends() -> None:
    app, images = stage()
    long = Slot(PlannedImage(image="a_very_long_name_of_a_clinic_and_more_0017.png", category="B", path="p"))
    async with app.shown(30, 5) as pilot:
        images.show(ImageRows.grouped([long]), long)
        await pilot.pause()
        line = lines_of(app)[1]
    assert "…" in line and "_0017 " in line and ".png" not in line
    assert line.lstrip("› ").startswith("a_very")


async def test_each_question_has_its_mark_and_names_win_over_seconds() -> None:
    marks = Marks()
    kinds = ("correct", "partial", "incorrect", "unjudged", "error", "running", "waiting", "correct")
    found = [
        Slot(PlannedImage(image=f"Abodomen_Enhanced_00{n}.png", category="Brain", path=f"Brain/{n}"))
        for n in (1, 2, 3)
    ]
    marks.by_path = {
        "Brain/1": Mark(kinds, time=3.5),
        "Brain/2": Mark(kinds, flagged=True, time=3.5),
        "Brain/3": Mark((*kinds, "correct", "correct"), time=3.5),
    }
    app, images = stage(marks)
    async with app.shown(28, 6) as pilot:
        images.show(ImageRows.grouped(found), found[0])
        await pilot.pause()
        shown = [line.rstrip() for line in lines_of(app)[1:4]]
    assert shown[0] == "› ✓◐✗·!▶ ✓ Abodomen…ced_001"
    assert shown[1] == "  ✓◐✗·!▶ ✓⚑Abodomen…ced_002"
    assert shown[2] == "  ▶1!1✗1◐1✓4·1 Abodom…d_003"


async def test_seconds_stand_where_the_whole_name_does() -> None:
    marks = Marks()
    found = slots(1)
    marks.by_path = {"Brain/1": Mark(("correct",), time=3.5)}
    app, images = stage(marks)
    for width, line in ((21, "› ✓ Brain_1.png 3.50s"), (20, "› ✓ Brain_1.png"), (13, "› ✓ Brain_1")):
        async with app.shown(width + 1, 6) as pilot:
            images.show(ImageRows.grouped(found), found[0])
            await pilot.pause()
            assert lines_of(app)[1].rstrip() == line
        app, images = stage(marks)
