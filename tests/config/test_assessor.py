"""The assessor's name: what it may be, and that it is remembered beside what else is."""

import getpass
from pathlib import Path

import pytest

from fada_tui.config.assessor import login_name, name_fault, remember_assessor, remembered_assessor
from fada_tui.config.last_run import remember, with_remembered
from fada_tui.config.settings import Settings


@pytest.mark.parametrize("name", ["ada", "Dr. Ada Näse-Łukasz", "山田", "7", "x" * 64, " ada "])
def test_names_of_people_are_taken(name: str) -> None:
    assert not name_fault(name)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31mb", "a\tb", "\u202eada", "x" * 65, "a\ud800"])
def test_what_is_no_name_is_refused_in_words(name: str) -> None:
    assert name_fault(name)


def test_the_name_and_the_last_choices_are_kept_side_by_side(tmp_path: Path) -> None:
    file = tmp_path / "config" / "state.toml"
    assert remembered_assessor(file) is None
    remember_assessor("ada", file)
    remember(Settings(max_new_tokens=7), file)
    assert remembered_assessor(file) == "ada"
    remember_assessor("ben", file)
    assert remembered_assessor(file) == "ben"
    assert with_remembered(Settings(), file).max_new_tokens == 7
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["{", "judging = 1", "[judging]\nassessor = 7", '[judging]\nassessor = "a\\u001bb"']
)
def test_a_damaged_file_names_nobody(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.toml"
    file.write_text(text)
    assert remembered_assessor(file) is None
    remember_assessor("ada", file)
    assert remembered_assessor(file) == "ada"


def test_a_user_without_a_name_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert login_name() == ""
