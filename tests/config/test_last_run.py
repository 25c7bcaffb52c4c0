from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.config.last_run import remember, with_remembered
from fada_tui.config.settings import Settings
from fada_tui.core.paths import state_file

CHOSEN = Settings(
    model=("a", "b"),
    question=('Why "so"?', "And [b]this[/b]?"),
    max_new_tokens=33,
    temperature=0.5,
    seed=7,
    per_category=2,
    category=("Brain",),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return state_file({"FADA_TUI_CONFIG_DIR": str(tmp_path / "new")})


def test_what_was_chosen_comes_back_but_not_the_categories(file: Path) -> None:
    remember(CHOSEN, file)
    assert with_remembered(Settings(), file) == replace(CHOSEN, category=())


def test_what_is_set_wins(file: Path) -> None:
    remember(CHOSEN, file)
    given = Settings(model=("c",), max_new_tokens=5, questions="fada")
    back = with_remembered(given, file)
    assert (back.model, back.max_new_tokens, back.question, back.questions) == (("c",), 5, (), "fada")
    assert back.seed == 7


def test_what_is_given_wins_though_it_is_the_default(file: Path) -> None:
    remember(CHOSEN, file)
    back = with_remembered(
        Settings(), file, frozenset({"model", "max_new_tokens", "per_category", "questions"})
    )
    assert back == replace(Settings(), temperature=0.5, seed=7)


def test_defaults_are_not_remembered(file: Path) -> None:
    remember(CHOSEN, file)
    remember(Settings(), file)
    assert with_remembered(Settings(), file) == Settings()
    assert with_remembered(Settings(seed=3), file).seed == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"= broken",
        b"\xff\xfe\x00",
        b"last_run = 3",
        b"[last_run]\nmodel = 3\nseed = -1\nmax_new_tokens = 'x'\nquestion = ['']\nunknown = true",
        b"[last_run]\nmodel = []",
    ],
)
def test_a_broken_file_has_nothing_to_say(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert with_remembered(Settings(), file) == Settings()


def test_a_folder_in_its_place_has_nothing_to_say(file: Path) -> None:
    file.mkdir(parents=True)
    assert with_remembered(Settings(), file) == Settings()


def test_what_is_whole_in_a_damaged_table_is_kept(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[last_run]\nseed = 'x'\nmax_new_tokens = 12\n")
    assert with_remembered(Settings(), file) == Settings(max_new_tokens=12)


def test_questions_that_are_gone_have_nothing_to_say(file: Path, tmp_path: Path) -> None:
    asked = tmp_path / "mine.txt"
    asked.write_text("What is shown?\n")
    remember(Settings(questions=str(asked), seed=3), file)
    assert with_remembered(Settings(), file) == Settings(questions=str(asked), seed=3)
    asked.unlink()
    assert with_remembered(Settings(), file) == Settings(seed=3)
