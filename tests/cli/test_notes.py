import json
import os
from argparse import Namespace
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.cli.commands import notes
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Notes
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock
from tests.examples import result, run

TEXT = """# Results
of today

## Analysis
### Strengths
1. **quick**
2. small
## Conclusions
### Why
- *so*
## Technical notes
`x`
## Recommendation
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    place = tmp_path / "results" / "one"
    place.mkdir(parents=True)
    before = Notes(conclusion="old", weaknesses=("slow",))
    store.write_run(place, replace(run(id="one", status="complete", results=(result(),)), notes=before))
    return place


def call(folder: Path, text: str | bytes = TEXT, **options: object) -> int:
    file = folder.parent.parent / "notes.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    given = {"run": folder.name, "file": str(file), "results": str(folder.parent), **options}
    return notes.run(Namespace(**given))


def test_notes_go_into_the_run_and_onto_its_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, b"\xef\xbb\xbf" + TEXT.encode()) == 0
    written = store.read_run(folder).notes
    assert written == Notes(
        strengths=("**quick**", "small"),
        weaknesses=("slow",),
        conclusion="### Why\n- *so*",
        technical="`x`",
    )
    page = (folder / "summary.md").read_text(encoding="utf-8")
    assert "1. **quick**\n2. small" in page and "### Why\n- *so*" in page
    assert not (folder / "journal.jsonl").exists()
    said = capsys.readouterr()
    assert (
        said.out
        == f"Strengths, Conclusion (replaced), Technical notes: written, see {folder / 'summary.md'}\n"
    )
    assert said.err.splitlines()[0].endswith('no heading of the notes stands above it: "Results"')
    assert "nothing stands under Recommendation" in said.err and len(said.err.splitlines()) == 2


def test_the_same_is_told_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(folder, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "run": "one",
        "page": str(folder / "summary.md"),
        "written": ["strengths", "conclusion", "technical"],
        "replaced": ["conclusion"],
        "not_taken": ['"Results"'],
        "page_written": True,
    }


def test_a_results_folder_whose_name_is_no_utf8(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder.parent.rename(folder.parent.with_name(os.fsdecode(b"r\xe9s")))
    assert call(place / "one", json=True) == 0
    page = folder.parent.with_name(r"r\xe9s") / "one" / "summary.md"
    assert json.loads(capsys.readouterr().out)["page"] == str(page)


def test_notes_on_a_run_that_is_being_written_are_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunLock(folder):
        assert call(folder) == 0
        assert "at the end of the run: another program is writing it" in capsys.readouterr().out
        assert (folder / "journal.jsonl").exists()
    assert store.read_run(folder).notes.technical == "`x`"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Results\nfine", "has no text under a heading Strengths, Weaknesses"),
        ("# Conclusion\n", "has no text under a heading"),
        (b"# Conclusion\n\xff", "is not UTF-8 text"),
        (b"x" * 2**21, "more than 1 MiB"),
    ],
)
def test_a_file_without_notes_is_refused(folder: Path, text: str | bytes, words: str) -> None:
    before = (folder / "run.json").read_bytes()
    with pytest.raises(UsageError, match=words):
        call(folder, text)
    assert (folder / "run.json").read_bytes() == before
    assert not (folder / "journal.jsonl").exists()


def test_nothing_of_a_file_reaches_the_terminal_raw(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(folder, "# \x1b]0;x\x07\na\n# Conclusion\nb")
    said = capsys.readouterr()
    assert "\x1b" not in said.err and "\\x1b" in said.err
