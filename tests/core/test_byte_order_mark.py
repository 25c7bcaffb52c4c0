"""The byte order mark that editors write at the beginning of a file is no text, whatever the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fada_tui import config
from fada_tui.config.class_sets import load_classes
from fada_tui.config.questions import load_questions
from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import UsageError
from fada_tui.core.records import decode_run, encode_run
from fada_tui.core.toml import read_toml
from fada_tui.models.registry import load_registry, resolve_model
from tests.tui.shelves import whole

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("seed = 7\n", lambda file: load_settings({}, {}, file)[0].seed == 7),
        ('[[question]]\ntext = "Why?"\n', lambda file: load_questions(str(file))[0].text == "Why?"),
        (
            '[[model]]\nname = "m"\nsource = "org/m"\n',
            lambda file: bool(resolve_model("m", load_registry(file))),
        ),
    ],
)
def test_files_that_people_write(tmp_path: Path, text: str, read: Callable[[Path], bool]) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(MARK + text.encode())
    assert read(file)


def test_a_rubric_and_a_class_set_from_windows(tmp_path: Path) -> None:
    file = tmp_path / "fada.toml"
    presets = Path(config.__file__).parent / "presets"
    file.write_bytes(MARK + (presets / "rubrics" / "fada.toml").read_bytes())
    assert load_rubric(str(file)) == load_rubric("fada")
    file.write_bytes(MARK + (presets / "class_sets" / "fada.toml").read_bytes())
    assert load_classes(str(file)).classes == load_classes("fada").classes


def test_a_run_that_a_person_edited() -> None:
    run = whole(1, "tiny")
    assert decode_run(MARK + encode_run(run)) == run


def test_a_mark_moves_no_place_in_a_message(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(MARK + b"seed = 1\nlimit = = 2\n")
    with pytest.raises(UsageError, match="line 2: not valid TOML"):
        read_toml(file)
