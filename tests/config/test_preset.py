from collections.abc import Callable
from pathlib import Path

import pytest

from fada_tui.config.class_sets import CLASS_SETS, load_classes
from fada_tui.config.preset import PresetKind
from fada_tui.config.questions import QUESTION_SETS, load_questions
from fada_tui.config.rubrics import RUBRICS, load_rubric
from fada_tui.core.errors import UsageError
from tests.conftest import Program

KINDS = [(QUESTION_SETS, load_questions), (CLASS_SETS, load_classes), (RUBRICS, load_rubric)]

each_kind = pytest.mark.parametrize(("kind", "load"), KINDS, ids=lambda of: getattr(of, "folder", ""))


@each_kind
def test_a_wrong_name_is_told_with_the_nearest_and_all(
    kind: PresetKind, load: Callable[[str], object]
) -> None:
    with pytest.raises(UsageError) as caught:
        load("fadda")
    said = str(caught.value)
    assert said.startswith(f"no {kind.noun} or file 'fadda'; did you mean 'fada'?")
    assert f"{kind.noun}s: {', '.join(kind.shipped())}; or name a TOML file" in said


@each_kind
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "is not UTF-8 text"),
        (b"a = 1\n= 2\n", ", line 2: not valid TOML"),
        (b"a = 1\n", ": "),
        (None, "cannot be read: it is a folder, not a file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_the_file(
    tmp_path: Path, kind: PresetKind, load: Callable[[str], object], content: bytes | None, words: str
) -> None:
    file = tmp_path / "mine.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(str(file))
    assert str(caught.value).startswith(f"{file}{words}" if words[0] in ",:" else f"{file} {words}")
    assert "\n" not in str(caught.value)


@each_kind
def test_the_home_of_nobody_is_a_file_that_is_not_there(
    kind: PresetKind, load: Callable[[str], object]
) -> None:
    with pytest.raises(UsageError, match=f"no {kind.noun} or file '~no-such-user/x.toml'"):
        load("~no-such-user/x.toml")


def test_a_rubric_in_nobody_s_home_ends_the_program_in_one_line(program: Program) -> None:
    done = program.run("--batch", "--dry-run", "--rubric", "~no-such-user/x.toml")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "fada-tui: no rubric or file '~no-such-user/x.toml' "
        "(rubrics: fada; or name a TOML file with verdicts and categories)"
    ]
