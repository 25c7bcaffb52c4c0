import os
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.records import encode_run
from fada_tui.images.catalogue import scan
from tests.importing import image_folder, import_rows, imported_run


def row(image: str, category: str | None = None, **more: Any) -> dict[str, Any]:
    return {"image": image, "category": category, "question": "What?", "response": "x"} | more


@pytest.mark.parametrize(
    ("image", "category", "path", "shown"),
    [
        ("a.png", "Brain", "Brain/a.png", "Brain"),
        ("Brain/a.png", None, "Brain/a.png", "Brain"),
        ("/data/images/Brain/a.png", None, "Brain/a.png", "Brain"),
        (r"C:\data\Brain\a.png", None, "Brain/a.png", "Brain"),
        ("/data/Brain/patient/a.png", "Brain", "Brain/patient/a.png", "Brain"),
        ("/data/images/a.png", "Brain", "Brain/a.png", "Brain"),
        ("../../Brain/a.png", None, "Brain/a.png", "Brain"),
        ("Brain_001.png", None, "Brain/Brain_001.png", "Brain"),
        ("a.png", None, "d/a.png", "d"),
    ],
)
def test_an_image_is_its_paths_last_part_in_its_category(
    image: str, category: str | None, path: str, shown: str
) -> None:
    result = imported_run([row(image, category)]).results[0]
    assert (result.path, result.category, result.image) == (path, shown, path.rpartition("/")[2])


def test_images_of_a_folder_are_found_by_path_by_category_and_by_name(tmp_path: Path) -> None:
    folder = image_folder(tmp_path, "Brain/p1/a.png", "Brain/b.png", "Femur/b.png", "Femur/Only.png")
    assert import_rows([row("only")], catalogue=scan(folder))[1] == []
    named = ["/elsewhere/Brain/p1/a.png", r"x\Femur\b.png", "only.png", "Brain/none.png", "b.png"]
    categories = [None, None, None, None, "brain"]
    imported, told = import_rows(
        [row(name, of, question=f"{n}?") for n, (name, of) in enumerate(zip(named, categories, strict=True))],
        catalogue=scan(folder),
    )
    paths = [(one.path, one.category) for one in imported.runs[0].results]
    assert paths == [
        ("Brain/p1/a.png", "Brain"),
        ("Femur/b.png", "Femur"),
        ("Femur/Only.png", "Femur"),
        ("Brain/none.png", "Brain"),
        ("Brain/b.png", "Brain"),
    ]
    assert told == ["1 ('Brain/none.png') of the answers' images are not in the folder of --images"]


def test_names_whose_bytes_are_no_utf8_are_found_as_python_writes_them(tmp_path: Path) -> None:
    name = os.fsdecode(b"F\xfcr/\xe4.png")
    folder = image_folder(tmp_path, name)
    imported, told = import_rows(
        [
            row(name),
            row(name, question="Q\ud83d?", response="cut \ud83d"),
            row(name, question="E", error="\udc80"),
        ],
        catalogue=scan(folder),
    )
    results = imported.runs[0].results
    assert {(one.path, one.category) for one in results} == {(r"F\xfcr/\xe4.png", r"F\xfcr")} and not told
    assert [one.question for one in results] == ["What?", "Q\ufffd?", "E"]
    assert results[1].response == "cut \ufffd" and results[2].error
    imported, told = import_rows([row(name), row("\ud800.png")])
    assert [one.path for one in imported.runs[0].results] == [r"F\xfcr/\xe4.png", "d/\ufffd.png"]
    encode_run(imported.runs[0])


def test_an_image_of_another_category_is_not_taken_for_it(tmp_path: Path) -> None:
    folder = image_folder(tmp_path, "Brain/1.png", "Femur/2.png")
    imported, told = import_rows([row("2.png", "Brain")], catalogue=scan(folder))
    assert imported.runs[0].results[0].path == "Brain/2.png" and "not in the folder" in told[0]


def test_a_name_that_two_images_have_is_of_none(tmp_path: Path) -> None:
    folder = image_folder(tmp_path, "Brain/1.png", "Femur/1.png")
    imported, told = import_rows([row("1.png", "Spine")], catalogue=scan(folder))
    assert imported.runs[0].results[0].path == "Spine/1.png" and "not in the folder" in told[0]
