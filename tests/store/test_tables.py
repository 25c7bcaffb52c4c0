"""Tables of text: CSV and JSON as people write them."""

import json
import time
from pathlib import Path

import pytest

from fada_tui.core.errors import UsageError
from fada_tui.core.table import Table
from fada_tui.store.tables import read_table


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> Table:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(file)


def refusal(folder: Path, text: str | bytes, name: str = "t.csv") -> str:
    with pytest.raises(UsageError) as refused:
        table(folder, text, name)
    said = str(refused.value)
    assert said.startswith(str(folder / name)) and "\n" not in said
    return said


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_with_any_delimiter_and_with_a_mark(tmp_path: Path, delimiter: str, mark: bytes) -> None:
    lines = ["image{}Q1: Structures, planes", "a.png{}heart", 'b.png{}"one\ntwo"', "", "c.png{}liver"]
    if delimiter == ",":
        lines[0] = 'image{}"Q1: Structures, planes"'
    found = table(
        tmp_path, mark + "\r\n".join(lines).format(*[delimiter] * 4).replace("{}", delimiter).encode()
    )
    assert found.headings == ("image", "Q1: Structures, planes")
    assert [row.cells for row in found.rows] == [
        ("a.png", "heart"),
        ("b.png", "one\ntwo"),
        ("c.png", "liver"),
    ]
    assert [row.number for row in found.rows] == [2, 3, 6], "where each begins"
    assert found.remarks == ()


def test_excels_unicode_text_and_its_line_that_names_the_delimiter(tmp_path: Path) -> None:
    assert table(tmp_path, "image\tanswer\nä.png\theart\n".encode("utf-16")).rows[0].cells == (
        "ä.png",
        "heart",
    )
    named = table(tmp_path, "sep=;\r\nimage;answer\r\na.png;x, y, z\r\n")
    assert named.headings == ("image", "answer") and named.rows[0].number == 3


def test_rows_of_other_lengths_are_told(tmp_path: Path) -> None:
    found = table(tmp_path, "image,answer,,\na.png\nb.png,x,,\nc.png,x,y,z\n")
    assert [row.cells for row in found.rows] == [("a.png", ""), ("b.png", "x"), ("c.png", "x")]
    short, long = found.remarks
    assert "line 2: fewer cells" in short
    assert "more cells than the 2 headings" in long and "line 4" in long


def test_the_guard_of_our_own_exports_is_taken_off(tmp_path: Path) -> None:
    found = table(tmp_path, "image,answer\na.png,'-5 cm\nb.png,'quoted'\n")
    assert [row.cells[1] for row in found.rows] == ["-5 cm", "'quoted'"]


def test_dates_that_excel_made_of_ranges_are_put_back_among_ranges_alone(tmp_path: Path) -> None:
    found = table(tmp_path, "image,age,day\na.png,14-Nov,14-Nov\nb.png,15-19 weeks,none\nc.png,Nov-40,\n")
    assert [row.cells[1] for row in found.rows] == ["11-14", "15-19 weeks", "11-40"]
    assert found.rows[0].cells[2] == "14-Nov"
    ranges, plain = found.remarks
    assert "line 2 (14-Nov read as 11-14)" in ranges and "line 4 (Nov-40 read as 11-40)" in ranges
    assert "stay dates" in plain and "line 2 (14-Nov)" in plain


def test_dates_that_excel_shows_in_another_language(tmp_path: Path) -> None:
    shown = ("14. Nov", "Nov 14", "05. Mrz", "07-déc", "20. Okt", "maj 20", "5 doz", "5 May", "Mai")
    found = table(
        tmp_path, "image;age\n0.png;11-14\n" + "".join(f"{n}.png;{one}\n" for n, one in enumerate(shown))
    )
    ages = ["11-14", "11-14", "3-5", "7-12", "10-20", "5-20", "5 doz", "5 May", "Mai"]
    assert [row.cells[1] for row in found.rows][1:] == ages
    assert "line 3 (14. Nov read as 11-14)" in found.remarks[0]


def test_json_lines_and_a_list_of_objects(tmp_path: Path) -> None:
    entries = [
        {"image": "a.png", "answer": "heart", "week": 3.0},
        {"image": "b.png", "answer": ["liver", "spine"], "normal": True},
        {"image": "c.png", "answer": None, "week": 2.5, "box": {"x": 1}},
    ]
    lines = "\n\n".join(json.dumps(entry) for entry in entries)
    for text, unit, numbers in ((lines, "line", [1, 3, 5]), (json.dumps(entries), "entry", [1, 2, 3])):
        found = table(tmp_path, "\ufeff" + text, "t.jsonl")
        assert found.headings == ("image", "answer", "week", "normal", "box")
        assert [row.cells for row in found.rows] == [
            ("a.png", "heart", "3", "", ""),
            ("b.png", "liver, spine", "", "yes", ""),
            ("c.png", "", "2.5", "", '{"x":1}'),
        ]
        assert [row.number for row in found.rows] == numbers
        assert found.unit == unit
        assert found.remarks == (f"true and false are read as yes and no: {unit} {numbers[1]} 'normal'",)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (b"image,answer\na.png,caf\xe9\n", "t.csv", "line 2 is no UTF-8 text; save it as UTF-8"),
        (b"i\0m\0", "t.csv", "save it as UTF-8"),
        ('image,answer\na.png,"heart\nb.png,x\n', "t.csv", "line 2: a quotation mark"),
        (
            f"image,answer\na.png,{'x' * 140_000}\n",
            "t.csv",
            "line 2: a cell has more than 131,072 characters",
        ),
        ('image,answer\na.png,"4" chamber\n', "t.csv", "line 2: text follows a quoted cell"),
        ("", "t.csv", "it is empty"),
        ('image,"the\nanswer"\n\n', "t.csv", "(image, the answer) and no row below"),
        ('{"image": 1}\n[2]\n', "t.jsonl", "line 2: expected an object"),
        ('{"image": 1}\n{"image"\n', "t.jsonl", "line 2 is no JSON object"),
        ('{\n"rows": []\n}', "t.json", "write one on each line, or a list of them"),
        ('[{"image": 1}, 2]', "t.json", "entry 2: expected an object"),
        ('[{"image": 1}', "t.json", "not JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "t.xlsx", "password"),
        (b"nothing", "t.xlsx", "save it as XLSX again"),
        (b"PK\x03\x04 cut off", "t.xlsx", "save it as XLSX again"),
        (b"PK\x03\x04", "t.ods", "save it as XLSX"),
    ],
)
def test_what_is_no_table_is_refused_with_file_place_and_remedy(
    tmp_path: Path, text: str | bytes, name: str, said: str
) -> None:
    assert said in refusal(tmp_path, text, name)


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file .*gone\.csv"):
        read_table(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="it is a folder"):
        read_table(tmp_path)


def test_a_large_table_is_read_in_a_moment(tmp_path: Path) -> None:
    line = ",".join(f'"cell {column}, quoted"' for column in range(10))
    file = tmp_path / "t.csv"
    file.write_text("\n".join([",".join("abcdefghij"), *[line] * 15_000]))
    before = time.thread_time()
    assert len(read_table(file).rows) == 15_000
    assert time.thread_time() - before < 10
