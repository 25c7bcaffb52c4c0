"""Folders to categories to images: naming, order, what is skipped, selection."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from fada_tui.core.errors import UsageError
from fada_tui.core.records import PlannedImage, Selection
from fada_tui.images.catalogue import Catalogue, resolve, scan, select
from fada_tui.images.decode import decode
from fada_tui.images.expand import Frames, expand
from fada_tui.images.frames import frame_name, names_dicom, split
from fada_tui.images.walk import Skipped
from tests.media import save_dicom
from tests.ordinary import as_ordinary_user, open_folder


def plant(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def paths(catalogue: Catalogue) -> list[str]:
    return [image.path for image in catalogue.images]


def planned(*names: str) -> tuple[PlannedImage, ...]:
    return tuple(PlannedImage(image=name, category=name.partition("/")[0], path=name) for name in names)


def test_folders_are_categories_however_deep_the_file(tmp_path: Path) -> None:
    catalogue = scan(plant(tmp_path, "Heart/a.png", "Brain/left/far/b.png", "Brain/a.png"))
    assert [(image.category, image.path, image.image) for image in catalogue.images] == [
        ("Brain", "Brain/a.png", "a.png"),
        ("Brain", "Brain/left/far/b.png", "b.png"),
        ("Heart", "Heart/a.png", "a.png"),
    ]
    assert catalogue.name == tmp_path.name


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Abodomen_001.png", "Abodomen"),
        ("Femur-7.png", "Femur"),
        ("Trans thalamic 12.png", "Trans thalamic"),
        ("Heart3.JPG", "Heart"),
        ("Brain_2024_01.png", "Brain_2024"),
        ("Aorta__3.png", "Aorta"),
        ("a\nb_1.png", "a\nb"),
        ("photo.png", "pictures"),
        ("001.png", "pictures"),
        ("_1.png", "pictures"),
        ("Brain_001_left.png", "pictures"),
        ("v1.2.png", "v1."),
    ],
)
def test_prefixes_are_categories_in_a_flat_folder(tmp_path: Path, name: str, category: str) -> None:
    (image,) = scan(plant(tmp_path / "pictures", name)).images
    assert (image.category, image.path) == (category, name)


def test_natural_order_of_categories_folders_and_files(tmp_path: Path) -> None:
    expected = [
        "Set 2/b1.png",
        "Set 2/B2.png",
        "Set 2/b10.png",
        "Set 2/day 9/a.png",
        "Set 2/day 10/a.png",
        "Set 10/00000000000000000000000000000000000001.png",
        "set 11/a.png",
    ]
    assert paths(scan(plant(tmp_path, *reversed(expected)))) == expected


def test_flat_files_of_a_category_stand_together(tmp_path: Path) -> None:
    plant(tmp_path, "Brain/x.png", "Aorta_2.png", "Brain_1.png", "Aorta_10.png", "Heart_1.png")
    found = scan(tmp_path)
    assert [image.category for image in found.images] == ["Aorta", "Aorta", "Brain", "Brain", "Heart"]
    assert paths(found)[:2] == ["Aorta_2.png", "Aorta_10.png"]


def test_extensions(tmp_path: Path) -> None:
    images = ["a.png", "b.PNG", "c.jpg", "d.JPEG", "e.bmp", "f.tif", "g.Tiff", "h.webp", "i.jfif", "j.gif"]
    images += ["k.dcm", "l.DICOM", "m.mp4", "n.mov", "o.avi", "p.mkv", "q.webm"]
    others = ["r.txt", "png", "s.png.bak", "t", "u.dcm#12", "v.mp4#1"]
    catalogue = scan(plant(tmp_path, *images, *others))
    assert paths(catalogue) == images
    assert catalogue.skipped == Skipped(not_images=len(others))


def test_notes_and_tables_beside_the_categories_are_not_counted(tmp_path: Path) -> None:
    beside = ["README.md", "references.csv", "labels.JSONL", "a.json", "b.tsv", "c.xlsx", "d.toml"]
    catalogue = scan(plant(tmp_path, "A/a.png", *beside, "notes.txt", "A/references.csv"))
    assert paths(catalogue) == ["A/a.png"]
    assert catalogue.skipped == Skipped(not_images=2)


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    catalogue = scan(plant(tmp_path, "A/a.png", "A/.b.png", ".git/c.png", ".DS_Store"))
    assert paths(catalogue) == ["A/a.png"]
    assert catalogue.skipped.describe() == "3 hidden"
    assert catalogue.skipped.total == 3


def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    plant(tmp_path, "A/a.png")
    os.mkfifo(tmp_path / "A" / "b.png")
    assert scan(tmp_path).skipped == Skipped(not_images=1)


def test_links_are_followed_and_broken_ones_counted(tmp_path: Path) -> None:
    elsewhere = plant(tmp_path / "elsewhere", "a.png", "deep/b.png")
    root = plant(tmp_path / "root", "A/c.png")
    (root / "Linked").symlink_to(elsewhere)
    (root / "A" / "d.png").symlink_to(elsewhere / "a.png")
    (root / "A" / "gone.png").symlink_to(tmp_path / "gone.png")
    (root / "A" / "self.png").symlink_to("self.png")
    catalogue = scan(root)
    assert paths(catalogue) == ["A/c.png", "A/d.png", "Linked/a.png", "Linked/deep/b.png"]
    assert catalogue.skipped == Skipped(broken_links=2)


def test_link_loops_are_cut_and_no_folder_is_listed_twice(tmp_path: Path) -> None:
    root = plant(tmp_path / "root", "A/a.png", "B/b.png")
    (root / "A" / "here").symlink_to(".")
    (root / "A" / "up").symlink_to(root)
    (root / "A" / "above").symlink_to(tmp_path)
    (root / "A" / "everything").symlink_to("/")
    (root / "A" / "B").symlink_to(root / "B")
    (root / "B" / "A").symlink_to(root / "A")
    catalogue = scan(root)
    assert paths(catalogue) == ["A/a.png", "B/b.png"]
    assert (catalogue.skipped.describe(), catalogue.skipped.total) == ("6 folders seen before", 6)


def test_of_two_links_to_one_folder_the_first_by_name_counts(tmp_path: Path) -> None:
    elsewhere = plant(tmp_path / "elsewhere", "a.png")
    root = tmp_path / "root"
    root.mkdir()
    for name in ("Z", "M", "C", "X"):
        (root / name).symlink_to(elsewhere)
    assert paths(scan(root)) == ["C/a.png"]


def test_the_root_may_be_a_link_or_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path / "real", "a.png")
    (tmp_path / "link").symlink_to("real")
    assert scan(tmp_path / "link").name == "link"
    monkeypatch.chdir(tmp_path / "real")
    catalogue = scan(Path())
    assert (catalogue.name, catalogue.images[0].category) == ("real", "real")


def test_unreadable_folders_are_counted() -> None:
    with open_folder() as root:
        plant(root, "A/a.png", "B/b.png")
        (root / "B").chmod(0)
        with as_ordinary_user():
            catalogue = scan(root)
            with pytest.raises(UsageError, match="permissions"):
                scan(root / "B")
        (root / "B").chmod(0o755)
    assert paths(catalogue) == ["A/a.png"]
    assert catalogue.skipped.describe() == "1 unreadable folder"


def test_any_name_is_found_again(tmp_path: Path) -> None:
    folders = [
        b"with space",
        b"new\nline",
        b"\x1b[31mred",
        b"not\xffutf8",
        rb"back\xff",
        "Überblick".encode(),
    ]
    files = [b"a b.png", b"a\nb.png", b"\x1b]0;owned\x07.png", b"\xff\xfe.png", rb"\xff.png", b"-rf.png"]
    for folder in folders:
        for file in files:
            path = tmp_path / os.fsdecode(folder) / os.fsdecode(file)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(folder + file)
    images = scan(tmp_path).images
    assert len({image.path for image in images}) == len(folders) * len(files)
    for image in images:
        image.path.encode("utf-8")
        assert image.path == f"{image.category}/{image.image}"
    contents = {resolve(tmp_path, image.path).read_bytes() for image in images}
    assert contents == {folder + file for folder in folders for file in files}


def test_absolute_paths_stay(tmp_path: Path) -> None:
    assert resolve(Path("/data"), "/else/a.png") == Path("/else/a.png")
    assert resolve(Path("/data"), "A/b.png") == Path("/data/A/b.png")


def test_roots_that_cannot_be_used_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    plant(tmp_path / "empty \x1b[2J", "notes.txt", ".hidden.png")
    for root, said in (
        (tmp_path / "missing", "no folder"),
        (tmp_path / "file", "not a folder"),
        (tmp_path / "empty \x1b[2J", "skipped: 1 hidden, 1 not an image"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            scan(root)
        assert str(caught.value).isprintable()
        assert "give --images" in str(caught.value)


def test_no_files_with_an_extension_are_opened_or_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, *(f"A/{index}.png" for index in range(200)), *(f"A/{index}.txt" for index in range(200)))
    asked = []
    for name in ("stat", "open", "pread"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, real=real, **options: asked.append(args) or real(*args, **options)
        )
    assert len(scan(tmp_path).images) == 200
    assert len(asked) < 20


def marked(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(128) + b"DICM")


def test_files_without_an_extension_are_images_if_they_say_that_they_are_dicom(tmp_path: Path) -> None:
    dicom = ["Heart/IM000001", "Heart/1.2.840.113619.2.5", "Heart/Köpfe 3", "Brain_7"]
    marked(*(tmp_path / name for name in dicom))
    marked(tmp_path / "Heart" / "IM000001#2", tmp_path / "Heart" / "notes.txt", tmp_path / ".hidden")
    plant(tmp_path, "Heart/README")
    (tmp_path / "Heart" / "almost").write_bytes(bytes(128) + b"DIC")
    catalogue = scan(tmp_path)
    assert set(paths(catalogue)) == set(dicom)
    assert {image.category for image in catalogue.images} == {"Heart", "Brain"}
    assert catalogue.skipped == Skipped(not_images=4, hidden=1)


def test_pipes_devices_and_sealed_files_without_an_extension_are_no_images() -> None:
    with open_folder() as root:
        marked(root / "A" / "good", root / "A" / "sealed")
        (root / "A" / "sealed").chmod(0)
        os.mkfifo(root / "A" / "pipe")
        (root / "A" / "null").symlink_to("/dev/null")
        (root / "A" / "to_pipe").symlink_to("pipe")
        with as_ordinary_user():
            catalogue = scan(root)
    assert paths(catalogue) == ["A/good"]
    assert catalogue.skipped == Skipped(not_images=4)


def test_frames_of_files_without_an_extension_have_names(tmp_path: Path) -> None:
    for name in ("IM000001", "1.2.840.5"):
        assert split(frame_name(f"A.b/{name}", 12)) == (f"A.b/{name}", 12)
        assert names_dicom([f"A.b/{name}#12"])
    assert split("A/notes.txt#3") == ("A/notes.txt#3", 1)
    assert not names_dicom(["A/a.png", "1.2.3/a.gif#4"])
    frames = np.arange(6, dtype=np.uint8).repeat(8 * 8).reshape(6, 8, 8)
    save_dicom(tmp_path / "A" / "IM000001", frames, frames=True)
    found = expand(scan(tmp_path).images, tmp_path, Frames(evenly=2))
    assert [image.path for image in found] == ["A/IM000001#2", "A/IM000001#5"]
    assert decode(resolve(tmp_path, found[1].path)).pixels.getpixel((0, 0)) == (4, 4, 4)


MANY = planned(*(f"{category}/{number}.png" for category in ("A", "B", "C") for number in range(1, 21)))


def test_selection_without_wishes_is_everything() -> None:
    assert select(MANY, Selection()) == MANY


def test_categories_without_regard_to_case_or_composition() -> None:
    images = planned("Über/1.png", "Brain/1.png", "brain/2.png", "Heart/1.png")
    decomposed = "u\N{COMBINING DIAERESIS}ber"
    assert select(images, Selection(categories=("BRAIN", decomposed))) == images[:3]


def test_an_unknown_category_names_the_nearest_and_the_rest() -> None:
    images = planned("Abdomen/1.png", "Brain/1.png", "Bad\x1b/1.png")
    with pytest.raises(UsageError) as caught:
        select(images, Selection(categories=("Brian",)))
    assert str(caught.value) == r"no category Brian; did you mean Brain? there are Abdomen, Brain, Bad\x1b"
    with pytest.raises(UsageError, match=r"C0, .*, C11 and 28 more$"):
        select(planned(*(f"C{index}/a.png" for index in range(40))), Selection(categories=("xyz",)))


def test_counts_per_category_then_in_all() -> None:
    chosen = select(MANY, Selection(per_category=2, limit=5))
    assert [image.path for image in chosen] == ["A/1.png", "A/2.png", "B/1.png", "B/2.png", "C/1.png"]
    assert select(MANY, Selection(per_category=99, limit=99)) == MANY


def test_shuffling_is_by_seed_and_before_the_counts() -> None:
    chosen = select(MANY, Selection(shuffle=7, per_category=3))
    assert chosen == select(MANY, Selection(shuffle=7, per_category=3))
    assert chosen != select(MANY, Selection(shuffle=8, per_category=3))
    assert Counter(image.category for image in chosen) == {"A": 3, "B": 3, "C": 3}
    assert set(chosen) != set(select(MANY, Selection(per_category=3)))
    assert select(MANY, Selection(shuffle=7, limit=10)) == select(MANY, Selection(shuffle=7))[:10]
    assert sorted(select(MANY, Selection(shuffle=7)), key=MANY.index) == list(MANY)


def test_the_shuffle_of_a_seed_is_the_same_for_ever() -> None:
    chosen = select(planned(*"abcdefgh"), Selection(shuffle=1))
    assert "".join(image.path for image in chosen) == "dgbfhaec"


@pytest.mark.parametrize("selection", [Selection(limit=0), Selection(per_category=-1)])
def test_counts_below_one_are_refused(selection: Selection) -> None:
    with pytest.raises(UsageError, match="from 1 up"):
        select(MANY, selection)
