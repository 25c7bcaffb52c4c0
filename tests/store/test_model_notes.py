from pathlib import Path

import pytest

from fada_tui.core.errors import UsageError
from fada_tui.core.records import ModelNote
from fada_tui.store.model_notes import change_model_note, read_model_notes


def test_what_is_told_is_added_to_changed_and_taken_out(tmp_path: Path) -> None:
    results = tmp_path / "new" / "results"
    assert read_model_notes(results) == ()
    assert change_model_note(results, "A", {"size": "1B"}) == ModelNote(name="A", size="1B")
    change_model_note(results, "B", {"speed": "Fast"})
    assert change_model_note(results, "a", {"memory": "2 GB"}) == ModelNote(
        name="A", size="1B", memory="2 GB"
    )
    assert [note.name for note in read_model_notes(results)] == ["A", "B"]
    assert change_model_note(results, "A", None) is None
    assert [note.name for note in read_model_notes(results)] == ["B"]
    with pytest.raises(UsageError, match=r"notes\.toml tells nothing of 'A'"):
        change_model_note(results, "A", None)
    assert [path.name for path in results.iterdir()] == ["notes.toml"]


def test_what_is_not_known_stays(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    file.write_text('version = 3\n[[model]]\nname = "A"\nsize = 400_000_000\nlikes = ["x"]\n[own]\nk = 1\n')
    assert read_model_notes(tmp_path) == (ModelNote(name="A", size=400_000_000),)
    change_model_note(tmp_path, "A", {"source": "a page"})
    text = file.read_text()
    for kept in ("version = 3", 'likes = [\n    "x",\n]', "[own]", "k = 1", "size = 400000000"):
        assert kept in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model]]\nsize = 1\n", r"\[\[model\]\] 1: .*'name'"),
        ('[[model]]\nname = "A"\n[[model]]\nname = "B"\nsize = true\n', r"\[\[model\]\] 2: .*size"),
        ("model = 3\n", r"\[\[model\]\] tables"),
        ("model = ", "line 1: not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_written(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "notes.toml"
    file.write_text(text)
    for act in (lambda: read_model_notes(tmp_path), lambda: change_model_note(tmp_path, "C", {"size": "1"})):
        with pytest.raises(UsageError, match=words) as caught:
            act()
        assert str(file) in str(caught.value)
    assert file.read_text() == text
