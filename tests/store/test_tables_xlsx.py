"""Spreadsheets as people write them: dates, booleans, formulas, merged cells, and files that are none."""

import subprocess
import sys
import time
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from fada_tui.core.errors import UsageError
from fada_tui.core.table import Table
from fada_tui.store.tables import read_table


def sheet(*rows: tuple[Any, ...]) -> tuple[Workbook, Any]:
    book = Workbook()
    active = book.active
    for row in rows:
        active.append(row)
    return book, active


def read(book: Workbook, folder: Path) -> Table:
    file = folder / "t.xlsx"
    book.save(file)
    return read_table(file)


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def test_texts_and_numbers(tmp_path: Path) -> None:
    book, _ = sheet(("image", "answer"), (7, 3.0), (" b.png ", "'=x"), (None, None), ("c.png", 2.5))
    found = read(book, tmp_path)
    assert found.headings == ("image", "answer")
    assert cells(found) == [("7", "3"), ("b.png", "=x"), ("c.png", "2.5")]
    assert [row.number for row in found.rows] == [2, 3, 5]
    assert (found.unit, found.remarks) == ("row", ())


def test_booleans_and_errors_are_told(tmp_path: Path) -> None:
    book, _ = sheet(("image", "normal", "plane"), ("a.png", True, "#N/A"), ("b.png", False, "axial"))
    found = read(book, tmp_path)
    assert cells(found) == [("a.png", "yes", ""), ("b.png", "no", "axial")]
    assert found.remarks == (
        "TRUE and FALSE are read as yes and no: B2 (TRUE), B3 (FALSE)",
        "cells with an error, taken as empty: C2 (#N/A)",
    )


def test_dates_among_ranges_are_ranges_and_elsewhere_dates(tmp_path: Path) -> None:
    book, active = sheet(
        ("image", "age", "seen", "weeks"),
        ("a.png", datetime(2025, 11, 14), date(2025, 3, 2), date(2025, 11, 14)),  # noqa: DTZ001
        ("b.png", "15-19 weeks", "unknown", None),
        ("c.png", date(2025, 10, 5), datetime(2025, 3, 2, 9, 30), None),  # noqa: DTZ001
    )
    active["D2"].number_format = "d-mmm"
    found = read(book, tmp_path)
    assert [row[1] for row in cells(found)] == ["11-14", "15-19 weeks", "5-10"]
    assert [row[2] for row in cells(found)] == ["2025-03-02", "unknown", "2025-03-02 09:30"]
    assert cells(found)[0][3] == "11-14", "shown without a year, as a date is that was made of 11-14"
    told = "\n".join(found.remarks)
    assert "B2 (2025-11-14 read as 11-14)" in told and "D2 (2025-11-14 read as 11-14)" in told
    assert "stay dates" in told and "C2 (2025-03-02)" in told


def test_merged_cells_count_for_each(tmp_path: Path) -> None:
    book, active = sheet(
        ("folder", "image", "answer"), ("Brain", "a.png", "x"), (None, "b.png", "y"), ("Heart", "c.png", "z")
    )
    active.merge_cells("A2:A3")
    active.merge_cells("B4:C4")
    found = read(book, tmp_path)
    assert cells(found) == [("Brain", "a.png", "x"), ("Brain", "b.png", "y"), ("Heart", "c.png", "c.png")]
    assert found.remarks == ("merged cells: what they say counts for each of them: A2:A3, B4:C4",)


def test_formulas_without_a_saved_value_are_told(tmp_path: Path) -> None:
    book, _ = sheet(("image", "answer"), ("a.png", '=CONCAT("he", "art")'), ("b.png", "liver"))
    found = read(book, tmp_path)
    assert cells(found) == [("a.png", ""), ("b.png", "liver")]
    assert "formulas without a saved value" in found.remarks[0] and "B2" in found.remarks[0]


def test_formulas_with_a_saved_value_are_that_value(tmp_path: Path) -> None:
    book, _ = sheet(("image", "answer"), ("a.png", "=1+2"))
    book.save(tmp_path / "t.xlsx")
    rewritten(
        tmp_path / "t.xlsx",
        SHEET,
        lambda xml: xml.replace(b"<v></v>", b"<v>3</v>").replace(b"<v />", b"<v>3</v>"),
    )
    found = read_table(tmp_path / "t.xlsx")
    assert (cells(found), found.remarks) == ([("a.png", "3")], ())


def test_the_first_sheet_that_is_shown_is_read_and_others_are_told(tmp_path: Path) -> None:
    book, active = sheet(("old",), ("x",))
    active.title, active.sheet_state = "Lists", "hidden"
    second = book.create_sheet("Answers")
    second.append(("image", "answer"))
    second.append(("a.png", "heart"))
    book.create_sheet("Notes")
    found = read(book, tmp_path)
    assert cells(found) == [("a.png", "heart")]
    assert found.remarks == ("sheet 'Answers' is read, others are not: Lists, Notes",)


def rewritten(file: Path, part: str, change: Any) -> None:
    """Change one part of a spreadsheet's file."""
    with zipfile.ZipFile(file) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda xml: xml[: len(xml) // 2], "damaged"),
        (lambda xml: b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml, "damaged"),
        (
            lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 2_500_001),
            "more cells than are read",
        ),
        (lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b" " * 2**27), "more than 128 MiB"),
        (
            lambda xml: xml.replace(b'<row r="2"', b'<row r="99999999999"').replace(
                b'r="A2"', b'r="A99999999999"'
            ),
            "damaged",
        ),
        (
            lambda xml: xml.replace(
                b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            ),
            "merged cells cover more than",
        ),
        (
            lambda xml: xml.replace(b'r="B2"', b'r="XFD1048576"').replace(
                b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>'
            ),
            "delete what lies far out",
        ),
    ],
)
def test_files_that_would_fill_the_memory_or_are_damaged(tmp_path: Path, change: Any, said: str) -> None:
    book, _ = sheet(("image", "answer"), ("a.png", "heart"))
    file = tmp_path / "t.xlsx"
    book.save(file)
    rewritten(file, SHEET, change)
    with pytest.raises(UsageError) as refused:
        read_table(file)
    assert said in str(refused.value) and str(refused.value).startswith(str(file))
    assert "\n" not in str(refused.value)


def test_a_size_that_is_not_true_changes_nothing(tmp_path: Path) -> None:
    book, _ = sheet(("image", "answer"), ("a.png", "heart"))
    file = tmp_path / "t.xlsx"
    book.save(file)
    rewritten(file, SHEET, lambda xml: xml.replace(b'ref="A1:B2"', b'ref="C3:XFD1048576"'))
    assert cells(read_table(file)) == [("a.png", "heart")]


def test_without_openpyxl_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    book, _ = sheet(("image", "answer"), ("a.png", "heart"))
    book.save(tmp_path / "t.xlsx")
    code = (
        "import sys; sys.modules['openpyxl'] = None\n"
        "from fada_tui.store.tables import read_table\n"
        "read_table(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.xlsx")], capture_output=True, text=True, check=False
    )
    assert "pip install 'fada-tui[xlsx]'" in done.stderr.splitlines()[-1]


@pytest.mark.long
def test_a_large_sheet_is_read_in_seconds(tmp_path: Path) -> None:
    book, _ = sheet(
        tuple("abcdefghij"), *[tuple(f"cell {row} {n}" for n in range(10)) for row in range(15_000)]
    )
    file = tmp_path / "t.xlsx"
    book.save(file)
    before = time.thread_time()
    assert len(read_table(file).rows) == 15_000
    assert time.thread_time() - before < 30
