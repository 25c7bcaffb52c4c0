"""The check sums of run files, against another implementation of what docs/file-formats.md says."""

import hashlib
import json
import random
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from fada_tui.core.records import check_sum, decode_checked, encode_run
from tests.full_run import full_run


def canonical(value: Any) -> str:
    """The canonical form, by Python's own JSON and decimals."""
    match value:
        case dict():
            items = sorted(value.items())
            return "{" + ",".join(f"{canonical(key)}:{canonical(inner)}" for key, inner in items) + "}"
        case list():
            return "[" + ",".join(map(canonical, value)) + "]"
        case float():
            return number(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def number(value: float) -> str:
    """A number that is no whole one: plain from 1e-5 up to 1e16, else with an exponent."""
    if value == 0 or 1e-5 <= abs(value) < 1e16:
        plain = format(Decimal(repr(value)), "f")
        return plain if "." in plain else f"{plain}.0"
    digits, _, exponent = format(Decimal(repr(value)), "e").partition("e")
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}e{int(exponent)}" if rest else f"{whole}e{int(exponent)}"


def sum_of(data: bytes) -> str:
    content = json.loads(data)
    content.pop("check", None)
    return "sha256:" + hashlib.sha256(canonical(content).encode()).hexdigest()


def test_the_check_sum_is_that_of_another_implementation() -> None:
    data = encode_run(full_run())
    assert json.loads(data)["check"] == sum_of(data)
    assert list(json.loads(data))[-1] == "check"


def test_numbers_and_texts_of_every_kind_have_one_form() -> None:
    dice = random.Random(7)
    numbers: list[Any] = [
        0.0,
        -0.0,
        1.0,
        1e-5,
        9.9e-6,
        1e15,
        1e16,
        1.5e16,
        5e-324,
        1.7e308,
        2**53 + 1,
        -(2**63),
    ]
    numbers += [dice.uniform(-1, 1) * 10 ** dice.randint(-30, 30) for _ in range(2000)]
    texts = ['\x00\x1f\x7f"\\/\b\f\n\r\t', "ä\u2028\ud7ff\ue000\U0001f642"]
    keys = {"\U0001f642": 1, "\uff21": 2, "a": {"z": None, "": True}, "B": []}
    content = {"numbers": numbers, "texts": texts, "keys": keys}
    said = json.dumps(content)
    assert check_sum.of_content(json.loads(said)) == sum_of(said.encode())


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: json.dumps(json.loads(data), indent=8, sort_keys=True, ensure_ascii=False).encode(),
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"),
    ],
    ids=["on one line", "sorted", "from Windows"],
)
def test_what_editors_do_to_the_layout_is_no_edit(edit: Callable[[bytes], bytes]) -> None:
    assert decode_checked(edit(encode_run(full_run()))) == (full_run(), True)


def test_a_whole_number_without_its_point_is_no_edit() -> None:
    def in_javascript(text: str) -> float:
        return int(float(text)) if float(text).is_integer() else float(text)

    data = json.dumps(json.loads(encode_run(full_run()), parse_float=in_javascript))
    assert '"temperature": 1,' in data
    assert decode_checked(data.encode()) == (full_run(), True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a fetal head", b"a fetal hand"),
        (b'"correct"', b'"partial"'),
        (b'"check": "sha256:', b'"check": "sha256:0'),
        (b'"schema"', b'"note": 1, "schema"'),
    ],
)
def test_changed_content_is_an_edit_and_is_read(old: bytes, new: bytes) -> None:
    data = encode_run(full_run())
    assert old in data
    run, as_written = decode_checked(data.replace(old, new, 1))
    assert not as_written
    assert run.results


@pytest.mark.parametrize("check", [None, 7, [], {}, "crc32:0"])
def test_a_check_sum_of_any_type_is_no_more_than_wrong(check: object) -> None:
    whole = json.loads(encode_run(full_run())) | {"check": check}
    assert decode_checked(json.dumps(whole).encode()) == (full_run(), False)


def test_a_file_without_one_is_as_it_was_written() -> None:
    whole = json.loads(encode_run(full_run()))
    del whole["check"]
    assert decode_checked(json.dumps(whole).encode()) == (full_run(), True)


def test_a_line_ends_in_the_crc_of_what_it_was() -> None:
    line = b'{"kind":"notes","notes":{"conclusion":"gut"}}'
    checked = check_sum.with_check(line)
    assert json.loads(checked) == json.loads(line) | {"check": f"{zlib.crc32(line):08x}"}
    assert check_sum.without_check(checked) == line
    assert check_sum.without_check(line) == line
    assert check_sum.without_check(b"") == b""
