from pathlib import Path

import pytest
from msgspec.structs import replace

import fada_tui
from fada_tui.config.last_run import forget, remember, remembered, with_remembered
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


def test_files_are_remembered_by_paths_for_every_folder_and_only_while_they_are_there(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rubric = Path(fada_tui.__file__).parent / "config" / "presets" / "rubrics" / "fada.toml"
    Path("mine.toml").write_bytes(rubric.read_bytes())
    Path("experts.csv").touch()
    chosen = Settings(references=("experts.csv",), rubric="mine.toml", dtype="float32", system_prompt="Look.")
    remember(chosen, file)
    monkeypatch.chdir("/")
    back = remembered(Settings(), file)
    assert back == {
        "references": (str(tmp_path / "experts.csv"),),
        "rubric": str(tmp_path / "mine.toml"),
        "dtype": "float32",
        "system_prompt": "Look.",
    }
    assert remembered(Settings(), file, frozenset({"dtype", "rubric"})).keys() == {
        "references",
        "system_prompt",
    }
    (tmp_path / "experts.csv").unlink()
    (tmp_path / "mine.toml").write_text("= broken")
    assert remembered(Settings(), file).keys() == {"dtype", "system_prompt"}


def test_what_is_forgotten_is_the_last_run_and_nothing_else(file: Path) -> None:
    forget(file)
    assert not file.exists()
    remember(CHOSEN, file)
    file.write_text(file.read_text() + "\n[panes]\nlist = 30\n")
    remember(replace(CHOSEN, seed=8), file)
    assert with_remembered(Settings(), file).seed == 8
    forget(file)
    assert with_remembered(Settings(), file) == Settings()
    assert "list = 30" in file.read_text()
