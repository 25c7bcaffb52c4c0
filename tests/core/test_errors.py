"""What an error of another library says: all of it, in one line, taken in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import fada_tui
from fada_tui.core.errors import LONGEST_REASON, reason

PACKAGE = Path(fada_tui.__file__).parent
TAKERS = ("split", "splitlines", "partition", "strip")
"""Methods of texts by which a part of a message is taken."""


@pytest.mark.parametrize(
    ("error", "plain", "named"),
    [
        (ValueError("no such thing"), "no such thing", "ValueError: no such thing"),
        (
            ValueError("Validation error for field 'layers':\n    TypeError: expected int,\n\tgot str\n"),
            "Validation error for field 'layers': TypeError: expected int, got str",
            "ValueError: Validation error for field 'layers': TypeError: expected int, got str",
        ),
        (ValueError(""), "ValueError", "ValueError"),
        (OSError(" \n "), "OSError", "OSError"),
        (KeyError("a\nb"), r"'a\nb'", r"KeyError: 'a\nb'"),
        (OSError(2, "Not there", "x.bin"), "[Errno 2] Not there: 'x.bin'", None),
    ],
)
def test_the_whole_message_is_one_line(error: Exception, plain: str, named: str | None) -> None:
    assert reason(error) == plain
    assert named is None or reason(error, named=True) == named


def test_a_message_without_end_is_cut() -> None:
    said = reason(RuntimeError("long " * 10_000))
    assert len(said) == LONGEST_REASON and said.endswith("…")


def taken(file: Path) -> Iterator[int]:
    """Yield the lines in which a module takes an exception's text apart."""
    for handler in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        caught = {handler.name} if isinstance(handler, ast.ExceptHandler) else set()
        if isinstance(handler, ast.FunctionDef):
            arguments = handler.args.args + handler.args.kwonlyargs
            caught = {
                one.arg for one in arguments if one.annotation and "Exception" in ast.unparse(one.annotation)
            }
        for node in ast.walk(handler) if caught - {None} else ():
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=name)]), attr=attr
                    )
                ):
                    if name in caught and attr in TAKERS:
                        yield node.lineno


def test_nobody_else_takes_a_message_apart() -> None:
    found = {
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file != PACKAGE / "core" / "errors.py"
        for line in taken(file)
    }
    assert not found, "core.errors.reason takes the whole message in one line"


def test_a_message_taken_apart_is_found(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "def first(error: Exception) -> str:\n    return (str(error).strip().splitlines() or [''])[0]\n\n"
        "try:\n    pass\nexcept OSError as problem:\n    words = str(problem).split()\n"
    )
    assert list(taken(file)) == [2, 7]
