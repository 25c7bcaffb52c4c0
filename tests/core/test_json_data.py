import ast
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.json_data import DEEPEST, MalformedError, decode_json, parse_json
from fada_tui.core.toml import read_toml

PACKAGE = Path(__file__).parents[2] / "fada_tui"

HOSTILE = {
    "lists 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "nested"),
    "tables 100,000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested"),
    "a little too deep": (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), f"nested more than {DEEPEST} deep"),
    "cut off": (b'{"a": [1, 2', None),
    "nothing": (b"", None),
    "bytes that are no text": (b'{"a": "\xff"}', "UTF-8"),
    "a raw NUL": (b'{"a": "\x00"}', None),
    "half a pair": (rb'{"a": "\ud800"}', None),
}


@pytest.mark.parametrize("read", [parse_json, lambda data: decode_json(data, msgspec.json.Decoder())])
@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_refused_in_one_line(name: str, read: Callable[[bytes], Any]) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(MalformedError, match=words) as caught:
        read(data)
    assert str(caught.value) and "\n" not in str(caught.value)


def test_what_the_program_writes_and_checkpoints_have_is_read() -> None:
    assert parse_json(b"[" * DEEPEST + b"]" * DEEPEST)
    found = parse_json(
        b'{"limit": [0.0, Infinity], "nan": NaN, "twice": 1, "twice": 2, "pair": "\\ud83d\\ude00"}'
    )
    assert math.isnan(found.pop("nan"))
    assert found == {"limit": [0.0, math.inf], "twice": 2, "pair": "😀"}


@pytest.mark.parametrize("digits", [19, 31, 5000])
def test_whole_numbers_that_may_not_fit_64_bits_become_floats(digits: int) -> None:
    """As many tokenizers' `model_max_length`; the longest would be refused by Python itself."""
    assert isinstance(parse_json(b"1" + b"0" * (digits - 1)), float)
    assert parse_json(b"123456789012345678") == 123456789012345678


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "nested"),
        (".".join("a" * 5000) + " = 1", "nested"),
        ("[" + ".".join("a" * (DEEPEST + 1)) + "]", "nested"),
        ("a = 1" + "0" * 5000, "limit"),
        ("a = 1" + "0" * 30, "64 bits"),
        ('a = "\x00"', "line 1: not valid TOML"),
        ("a = 1\na = 2", "line 2: not valid TOML"),
        ('a = """\n', "line 1: not valid TOML"),
    ],
)
def test_toml_that_cannot_be_used_names_its_file_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words) as caught:
        read_toml(file)
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_never_ends_takes_no_more_room_than_it_may() -> None:
    with pytest.raises(OSError, match="a device"):
        read_small("/dev/zero", 2**40)
    assert read_small("/proc/self/status", 2**40), "of a size that the system does not tell"


OWN = {"core/json_data.py", "core/toml.py"}
"""Where JSON and TOML are taken apart."""

PARSERS = {
    *(f"json.{name}" for name in ("load", "loads", "JSONDecoder")),
    *(f"tomllib.{name}" for name in ("load", "loads")),
    *(f"msgspec.{name}.decode" for name in ("json", "toml", "yaml", "msgpack")),
}


def parsed(file: Path) -> Iterator[int]:
    """The lines of a module where JSON or TOML is taken apart."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    decoders = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)
        if ast.unparse(node.value.func) == "msgspec.json.Decoder"
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name in PARSERS or (node.attr == "decode" and name.removesuffix(".decode") in decoders):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module in ("json", "tomllib", "msgspec.json"):
            yield node.lineno


def test_json_and_toml_are_read_in_one_place() -> None:
    """Elsewhere a damaged file could raise what nobody expects: RecursionError, OverflowError …"""
    found = {
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if str(file.relative_to(PACKAGE)) not in OWN
        for line in parsed(file)
    }
    assert not found, "core.json_data and core.toml read these, bounded"
