"""Lists of images in each of their forms; which images they name is another matter."""

import json
import os
from pathlib import Path

import pytest
from openpyxl import Workbook

from fada_tui.core.errors import UsageError
from fada_tui.core.image_list import ImageListFile
from fada_tui.store.image_list import read_image_list

WANTED = ["A/1.png", "B/2.png"]


def written(file: Path, text: str | bytes) -> ImageListFile:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_image_list(str(file))


def named(found: ImageListFile) -> list[str]:
    return [entry.names[-1] for entry in found.entries if entry.otherwise == "image"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "A/1.png\nB/2.png"),
        ("a.lst", "\n\nA/1.png\r\n  \r\nB/2.png\r\n"),
        ("a.txt", '"A/1.png"\n  B/2.png  \n'),
        ("a.txt", "path\nA/1.png\nB/2.png\n"),
        ("a.txt", "id;Image_Path\n1;A/1.png\n2;B/2.png\n"),
        ("a.csv", "A/1.png\nB/2.png\n"),
        ("a.csv", "foto\nA/1.png\nB/2.png\n"),
        ("a.csv", "file\nA/1.png\nB/2.png\n"),
        ("a.csv", "id,filename\n1,A/1.png\n2,B/2.png\n"),
        ("a.csv", "sep=;\nid;file\n1;A/1.png\n2;B/2.png\n"),
        ("a.tsv", "id\timage\n1\tA/1.png\n2\tB/2.png\n"),
        ("a.csv", 'image,note\n"A/1.png","one, and more"\nB/2.png,\n'),
        ("a.json", json.dumps(WANTED)),
        ("a", json.dumps(WANTED)),
        ("a.json", json.dumps({"images": WANTED, "labels": [1, 2]})),
        ("a.json", json.dumps([{"image_path": one} for one in WANTED])),
        ("a.json", json.dumps({"images": [{"file_name": one, "id": 3} for one in WANTED], "categories": []})),
        ("a.json", json.dumps({"kept": WANTED, "note": "of May"})),
        ("a.json", json.dumps([{"scan": one} for one in WANTED])),
        ("a.jsonl", "".join(json.dumps({"path": one}) + "\n\n" for one in WANTED)),
        ("a.jsonl", "".join(json.dumps(one) + "\n" for one in WANTED)),
        ("a.json", "".join(json.dumps({"img": one}) + "\n" for one in WANTED)),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_each_form_names_the_same_images(tmp_path: Path, name: str, text: str, mark: bytes) -> None:
    assert named(written(tmp_path / name, mark + text.encode())) == WANTED


@pytest.mark.parametrize("heading", ["image\n", ""])
def test_a_column_alone_may_have_names_with_line_breaks_and_quotation_marks(
    tmp_path: Path, heading: str
) -> None:
    text = heading + '"A/1.png"\n"A/two\nlines.png"\n"A/q""1"".png"\n'
    assert named(written(tmp_path / "a.csv", text)) == ["A/1.png", "A/two\nlines.png", 'A/q"1".png']


def test_a_quotation_mark_that_nothing_closes_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a quotation mark opens a cell that nothing closes"):
        written(tmp_path / "a.csv", 'A/1.png\n"B/2.png\n')


def test_a_spreadsheet_and_utf_16_are_read_too(tmp_path: Path) -> None:
    book = Workbook()
    for row in (("Nr", "Image name"), (1, "A/1.png"), (2, "B/2.png")):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert named(read_image_list(str(tmp_path / "a.xlsx"))) == WANTED
    assert named(written(tmp_path / "a.txt", "\n".join(WANTED).encode("utf-16"))) == WANTED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps({"train": ["C/3.png"], "test": WANTED})),
        ("a.json", json.dumps([{"scan": one, "image": "other"} for one in WANTED])),
        ("a.jsonl", "".join(json.dumps({"scan": one}) + "\n" for one in WANTED)),
        ("a.csv", "image,Scan\nx,A/1.png\ny,B/2.png\n"),
        ("a.csv", "scan\nA/1.png\nB/2.png\n"),
    ],
)
def test_a_key_says_where_the_images_are(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = read_image_list(f"{tmp_path / name}:{'test' if 'test' in text else 'scan'}")
    assert (found.file, named(found)) == (tmp_path / name, WANTED)


def test_a_file_with_a_colon_in_its_name_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("C/3.png")
    found = written(tmp_path / "a.txt:b", "A/1.png\nB/2.png")
    assert (found.key, named(found)) == (None, WANTED)


def test_names_folders_and_what_may_be_no_image_are_kept_apart(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "image,path,category\n1.png,A/1.png,A\n2.png,,B\n")
    assert [(entry.number, entry.names, entry.folder) for entry in table.entries] == [
        (2, ("A/1.png", "1.png"), "A"),
        (3, ("2.png",), "B"),
    ]
    lines = written(tmp_path / "a.txt", "# mine\n#1.png\n a b.png\n")
    assert [(entry.names, entry.otherwise) for entry in lines.entries] == [
        (("# mine",), "comment"),
        (("#1.png",), "comment"),
        ((" a b.png", "a b.png"), "image"),
    ]
    assert written(tmp_path / "a.txt", b"caf\xe9.png").entries[0].names == ("caf\udce9.png",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "", "it is empty: put a path on each line"),
        ("a.txt", " \n\n", "it is empty: put a path on each line"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0", "it is no text"),
        ("a", b"\x7fELF\0\0", "it is no text"),
        (
            "a.csv",
            "a,b\n1,2\n",
            "no column says which image is meant; call it 'image', or name it as FILE:COLUMN",
        ),
        ("a.xlsx", "A/1.png", "it is damaged, or no spreadsheet"),
        ("a.json", "[]", "it is empty"),
        ("a.json", "{", "not JSON: "),
        ("a.json", "3", "it holds no list"),
        ("a.json", '[["A/1.png"]]', "entry 1: expected a path, or an object"),
        ("a.json", '[{"scan": "A/1.png", "age": "20"}]', "call it 'image', or name it as FILE:KEY (keys: 's"),
        ("a.json", '{"a": [], "b": []}', "name the key of the list of images, as FILE:KEY"),
        ("a.jsonl", '{"image": "a"}\n{', "line 2 is no JSON"),
        ("a.json", "[" * 100_000, "not JSON: "),
        ("a.json", "\ufeff[]".encode("utf-16"), "it is UTF-16"),
        ("a.txt", "a\n" * 8_000_001, "it has more than 8,000,000 cells"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        written(tmp_path / name, text)
    message = str(refused.value)
    assert message.startswith(f"{tmp_path / name}: {said}") or (said in message and "\n" not in message)
    assert len(message) < 400


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("missing.txt", "no file missing.txt; name a list of images"),
        ("folder", "folder cannot be read: it is a folder, not a file"),
        ("pipe", "pipe cannot be read: it is a named pipe, not a file"),
        ("a.json:none", "a.json: it has no list under the key 'none' (keys with lists: 'images')"),
        ("a.txt:key", "a.txt: it has a path on each line, and nothing called 'key'; leave ':key' off"),
        ("a.csv:key", "a.csv: it has no column 'key' (columns: 'image', 'b')"),
        ("a\0b", "a\0b cannot be read: embedded null byte"),
        (f"{'x' * 300}:key", f"{'x' * 300}:key cannot be read: File name too long"),
    ],
)
def test_a_file_that_is_not_there_or_has_no_such_key_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.json").write_text('{"images": []}')
    (tmp_path / "a.txt").write_text("A/1.png\n")
    (tmp_path / "a.csv").write_text("image,b\nA/1.png,2\n")
    with pytest.raises(UsageError) as refused:
        read_image_list(given)
    assert str(refused.value).startswith(said)
