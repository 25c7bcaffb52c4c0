"""The image list's content: rows, folding, filtering, finding."""

import pytest

from fada_tui.core.records import PlannedImage
from fada_tui.tui.state.image_rows import Header, ImageRows, Slot, with_images


def slot(category: str, number: int, run: str | None = None) -> Slot:
    name = f"{category}_{number}.png"
    return Slot(PlannedImage(image=name, category=category, path=f"{category}/{name}"), run)


SLOTS = [slot("Brain", 1), slot("Brain", 2), slot("Femur", 1), slot("Heart", 1), slot("Heart", 2)]


def test_rows_are_headings_and_their_images() -> None:
    image_rows = ImageRows.grouped(SLOTS)
    assert image_rows.height == 8
    assert [image_rows.row(index) for index in range(8)] == [
        Header("Brain", 2, False),
        *SLOTS[:2],
        Header("Femur", 1, False),
        SLOTS[2],
        Header("Heart", 2, False),
        *SLOTS[3:],
    ]
    assert all(image_rows.row(image_rows.index_of(one) or -1) == one for one in SLOTS)
    assert image_rows.categories == {"Brain": 2, "Femur": 1, "Heart": 2}


def test_rows_outside_of_the_list_are_an_error() -> None:
    for index in (-1, 8):
        with pytest.raises(IndexError):
            ImageRows.grouped(SLOTS).row(index)
    with pytest.raises(IndexError):
        ImageRows(()).row(0)


def test_folding_hides_images_and_nothing_else() -> None:
    image_rows = ImageRows.grouped(SLOTS).fold("Femur", folded=True).fold("Brain", folded=True)
    assert [image_rows.row(index) for index in range(image_rows.height)] == [
        Header("Brain", 2, True),
        Header("Femur", 1, True),
        Header("Heart", 2, False),
        *SLOTS[3:],
    ]
    assert image_rows.index_of(SLOTS[0]) is None
    assert image_rows.index_of(SLOTS[3]) == 3
    assert image_rows.slots == tuple(SLOTS)
    assert image_rows.fold("Brain", folded=False).index_of(SLOTS[1]) == 2


def test_filtering_leaves_out_empty_categories_and_keeps_folds() -> None:
    image_rows = ImageRows.grouped(SLOTS).fold("Heart", folded=True)
    kept = image_rows.filtered(
        lambda one: one.image.image.endswith("_1.png") and one.image.category != "Femur"
    )
    assert [kept.row(index) for index in range(kept.height)] == [
        Header("Brain", 1, False),
        SLOTS[0],
        Header("Heart", 1, True),
    ]
    assert kept.position(SLOTS[1]) is None


def test_a_flat_list_tells_the_runs_of_an_image_apart() -> None:
    slots = [slot("Brain", 1, "b"), slot("Heart", 1, "a"), slot("Brain", 1, "a")]
    image_rows = ImageRows.flat(slots)
    assert [image_rows.row(index) for index in range(3)] == slots
    assert image_rows.find("Brain/Brain_1.png", "a") == slots[2]
    assert image_rows.find("Brain/Brain_1.png", "c") is None
    assert image_rows.position(slots[1]) == 1


def test_an_image_of_another_list_is_not_found() -> None:
    assert ImageRows.grouped(SLOTS).find("Brain/Brain_9.png") is None
    assert ImageRows.grouped(SLOTS).header_index("Liver") is None
    assert ImageRows.grouped(SLOTS).header_index("Heart") == 5


def frame(name: str, category: str = "Heart") -> Slot:
    return Slot(PlannedImage(image=name, category=category, path=f"{category}/{name}"))


def test_frames_that_a_list_lacks_stand_among_those_of_their_file() -> None:
    slots = [frame("a.dcm#2"), frame("a.dcm#8"), frame("b.gif"), frame("c.png"), frame("d.png", "Limb")]
    image_rows = ImageRows.grouped(slots)
    asked = ["a.dcm#2", "a.dcm", "a.dcm#10", "a.dcm#5", "b.gif#4", "new.png"]
    found = with_images(image_rows, [frame(name).image for name in asked])
    assert [slot.image.image for slot in found.slots] == [
        "a.dcm", "a.dcm#2", "a.dcm#5", "a.dcm#8", "a.dcm#10", "b.gif", "b.gif#4", "c.png", "new.png", "d.png",
    ]  # fmt: skip
    assert found.categories == {"Heart": 9, "Limb": 1}
    assert with_images(image_rows, [slots[0].image, slots[4].image]) is image_rows
