"""Which images of a folder a list names, and what is told of the others."""

import pytest

from fada_tui.core.image_list import Entry
from fada_tui.core.records import PlannedImage
from fada_tui.evaluation.references import Folders
from fada_tui.images.listed import Listed, Places, listed

PATHS = (
    "Abdomen/a 1.png",
    "Abdomen/same.png",
    "Brain/b1.png",
    "Brain/same.png",
    "Heart/clip.dcm",
    "Heart/IM0001",
    "Heart/#9.png",
    "Heart/caf\\xe9.png",
    "Heart/Nested/deep.png",
    "top.png",
)
IMAGES = tuple(
    PlannedImage(image=path.rpartition("/")[2], category=path.partition("/")[0], path=path) for path in PATHS
)
PLACES = Places(("/data/link", "/data/us"), ("/data/lists",))


def found(*entries: str | Entry, places: Places = PLACES, aliases: dict[str, str] | None = None) -> Listed:
    made = [Entry(n, (one,)) if isinstance(one, str) else one for n, one in enumerate(entries, start=1)]
    return listed(made, "line", IMAGES, places, Folders(aliases or {}, None))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Brain/b1.png", "Brain/b1.png"),
        ("./Brain//b1.png", "Brain/b1.png"),
        ("Brain\\b1.png", "Brain/b1.png"),
        ("brain/B1", "Brain/b1.png"),
        ("b1.png", "Brain/b1.png"),
        ("top.png", "top.png"),
        ("/data/us/Brain/b1.png", "Brain/b1.png"),
        ("/data/link/Brain/b1.png", "Brain/b1.png"),
        ("/data/us/Abdomen/../Brain/b1.png", "Brain/b1.png"),
        ("../us/Brain/b1.png", "Brain/b1.png"),
        ("data/us/Brain/b1.png", "Brain/b1.png"),
        ("Nested/deep.png", "Heart/Nested/deep.png"),
        ("Heart/clip.dcm#3", "Heart/clip.dcm#3"),
        ("clip.dcm#1", "Heart/clip.dcm"),
        ("clip#12", "Heart/clip.dcm#12"),
        ("IM0001#2", "Heart/IM0001#2"),
        ("#9.png", "Heart/#9.png"),
        ("caf\udce9.png", "Heart/caf\\xe9.png"),
        ("Heart/caf\\xe9.png", "Heart/caf\\xe9.png"),
    ],
)
def test_an_image_is_named_by_its_path_or_by_what_it_alone_is_called(name: str, path: str) -> None:
    one = found(name)
    assert [image.path for image in one.images] == [path]
    assert one.images[0].image == path.rpartition("/")[2]
    assert (one.entries, one.repeated, one.unmatched, one.remarks) == (1, 0, 0, ())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.png", "not in the folder of images, left out"),
        ("/data/us/Brain/none.png", "not in the folder of images, left out"),
        ("/data/us/b1.png", "not in the folder of images, left out"),
        ("b1.png#2", "not in the folder of images, left out"),
        ("same.png", "several images are called so, none is taken (name the folder, too)"),
        ("/etc/Brain/b1.png", "not within the folder of images, left out"),
        ("/data/usual/Brain/b1.png", "not within the folder of images, left out"),
        ("../../Brain/b1.png", "not within the folder of images, left out"),
        ("/data/us/../Brain/b1.png", "not within the folder of images, left out"),
        ("C:\\Users\\me\\Brain\\b1.png", "not within the folder of images, left out"),
    ],
)
def test_what_is_not_certain_or_leads_out_names_nothing(name: str, why: str) -> None:
    one = found(name)
    assert (one.images, one.entries, one.unmatched) == ((), 1, 1)
    assert one.remarks == (f"{why} (1): '{name}'".replace("\\x", "\\x5cx"),)


def test_a_path_that_no_file_can_have_is_not_looked_for() -> None:
    one = found("a/" * 1_000_000 + "b1.png", "/".join(["a"] * 300), "x" * 10_000_000)
    assert (one.images, one.unmatched) == ((), 3)
    assert len(one.remarks[0]) < 400


def test_images_come_in_the_list_s_order_each_once_and_all_is_counted() -> None:
    one = found(
        "top.png", "b1.png", "Abdomen/a 1.png", "x.png", "Brain/b1.png", "../y.png", "same.png", Entry(8, ())
    )
    assert [image.path for image in one.images] == ["top.png", "Brain/b1.png", "Abdomen/a 1.png"]
    assert (one.entries, one.repeated, one.unmatched) == (8, 1, 4)
    assert one.remarks[-2:] == (
        "no image is named (1): line 8",
        "named again, asked about once (1): line 5",
    )


def test_a_list_within_the_folder_names_what_lies_beside_it() -> None:
    beside = Places(("/data/us",), ("/data/us/Abdomen",))
    assert found("same.png", places=beside).images[0].path == "Abdomen/same.png"
    assert found("../Brain/same.png", places=beside).images[0].path == "Brain/same.png"
    both = (*IMAGES, PlannedImage(image="same.png", category="us", path="same.png"))
    one = listed([Entry(1, ("same.png",))], "line", both, beside, Folders({}, None))
    assert (one.images, one.unmatched) == ((), 1)  # it would be two images, by where the path begins


def test_a_category_beside_the_name_is_one_of_the_folder_or_what_a_person_says_it_means() -> None:
    by_name = found(Entry(2, ("same.png",), "Brain"), Entry(3, ("same.png",), "Bauch"))
    assert ([image.path for image in by_name.images], by_name.unmatched) == (["Brain/same.png"], 1)
    assert by_name.remarks == ("not in the folder of images, left out (1): 'Bauch/same.png'",)
    meant = found(Entry(2, ("same.png",), "Bauch"), aliases={"Bauch": "Abdomen"})
    assert [image.path for image in meant.images] == ["Abdomen/same.png"]
    first = found(Entry(2, ("none/none.png", "b1.png"), "Brain"))
    assert [image.path for image in first.images] == ["Brain/b1.png"]


def test_headings_and_comments_are_images_only_where_one_is_called_so() -> None:
    one = found(
        Entry(1, ("foto",), otherwise="heading"),
        Entry(2, ("# mine",), otherwise="comment"),
        Entry(3, ("#9.png",), otherwise="comment"),
        Entry(4, ("b1",), otherwise="heading"),
    )
    assert [image.path for image in one.images] == ["Heart/#9.png", "Brain/b1.png"]
    assert (one.entries, one.unmatched) == (2, 0)
    assert one.remarks == ("taken for a heading (1): 'foto'", "taken for comments (1): '# mine'")
