import json
from pathlib import Path

import openpyxl
import pytest

from fada_tui.core.errors import UsageError
from fada_tui.store.imported.columns import Columns
from fada_tui.store.imported.reading import read_rows

HEADINGS = ("Image Name", "Question", "Model Response")


def read(file: Path) -> list[tuple[str, dict[str, str]]]:
    return [
        (row.place, dict(row.values))
        for row in read_rows(file, Columns({}), one_model=True, one_question=False)[0]
    ]


def test_csv_and_spreadsheets_are_read_as_rows(tmp_path: Path) -> None:
    said = 'a "liver",\nand more'
    (tmp_path / "a.csv").write_text(
        'Image Name;Question;Model Response\na.png;What?;"a ""liver"",\nand more"\nb.png;What?;\n',
        encoding="utf-8-sig",
    )
    book = openpyxl.Workbook()
    for row in (HEADINGS, ("a.png", "What?", said), ("b.png", "What?", None)):
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    rows = [dict(zip(HEADINGS, ("a.png", "What?", said), strict=True))]
    rows.append(dict(zip(HEADINGS, ("b.png", "What?", ""), strict=True)))
    assert [values for _, values in read(tmp_path / "a.csv")] == rows
    assert [place for place, _ in read(tmp_path / "a.csv")] == ["line 2", "line 4"]
    assert read(tmp_path / "a.xlsx") == [("row 2", rows[0]), ("row 3", rows[1])]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("image,response,response\na.png,x,y\n")
    with pytest.raises(UsageError, match="two columns are called 'response'"):
        read(tmp_path / "a.csv")


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '{"results": [{"image": "a", "response": "x"}], "leftover": [{"image": "b"}]}'
    )
    assert read_rows(tmp_path / "a.json", Columns({}), one_model=True, one_question=False)[1] == [
        "not read: 'leftover'"
    ]


def test_keys_that_are_taken_for_categories_are_told(tmp_path: Path) -> None:
    row = {"image": "a", "response": "x", "question": "?"}
    (tmp_path / "a.json").write_text(json.dumps({"A": [row], "B": [row]}))
    rows, told = read_rows(tmp_path / "a.json", Columns({}), one_model=True, one_question=False)
    assert [row.values["category"] for row in rows] == ["A", "B"]
    assert told == ["taken for categories: the keys 'A', 'B'"]
    rows, told = read_rows(tmp_path / "a.json", Columns({}), one_model=False, one_question=False)
    assert [row.values["model"] for row in rows] == ["A", "B"] and not told


def test_a_file_that_cannot_be_read_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("[]")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\0\0")
    for name in ("none.json", "empty.json", "picture.csv", "."):
        with pytest.raises(UsageError) as caught:
            read(tmp_path / name)
        assert str(caught.value).count(str(tmp_path)) == 1
