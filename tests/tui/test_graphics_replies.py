"""The sieve, byte by byte: what is a key passes, what answers a question does not."""

import pytest

from fada_tui.tui.terminal.graphics.replies import LONGEST_KEY, OWED_DELAY, PATIENCE, Sieve

KEYS = [
    *(b"j", b"1", b"\r", b"\x03", b"\x7f", "é".encode(), "漢".encode()),
    *(b"\x1bb", b"\x1b1", b"\x1b\x7f", "\x1bé".encode(), b"\x1b\r"),
    *(b"\x1b[A", b"\x1b[Z", b"\x1b[I", b"\x1b[O", b"\x1b[a", b"\x1b[~", b"\x1b[j"),
    *(b"\x1b[1~", b"\x1b[15;2~", b"\x1b[1;5A", b"\x1b[5A", b"\x1b[1;2P", b"\x1b[1;2R"),
    *(b"\x1b[23$", b"\x1b[23@", b"\x1b[11^", b"\x1b[1;5p", b"\x1b[1;5y", b"\x1b[[A"),
    *(b"\x1b[49;;49u", b"\x1b[27u", b"\x1b[49:33;2:1;33u", b"\x1b[97;5u", b"\x1b[57441;2u"),
    *(b"\x1bOP", b"\x1bOq", b"\x1bOa"),
    *(b"\x1b[<35;12;3M", b"\x1b[<0;12;-3m", b"\x1b[32;12;3M", b"\x1b[M !!"),
    *(b"\x1b[48;24;80;480;800t", b"\x1b[?2026;2$y", b"\x1b[?2048;0$y"),
]

REPLIES = [
    *(b"\x1b[?62;4c", b"\x1b[?6c", b"\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;29;42;44c", b"\x1b[>0;276;0c"),
    *(b"\x1b[=00000000c", b"\x1b[?1u", b"\x1b[?1;0;256S", b"\x1b[4;600;800t", b"\x1b[8;24;80t", b"\x1b[0n"),
    *(b"\x1b_Gi=31;OK\x1b\\", b"\x1b_Gi=31;ENOTSUPPORTED:3 1 2\x1b\\"),
    *(
        b"\x1bP>|XTerm(330)\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b]11;rgb:1111/2222/3333\x07",
        b"\x1b]4;1;x\x1b\\",
    ),
    *(b"\x1bO2P", b"\x1b[1;2;3;4A", b"\x1b[12345678901234567890;12345678901234u"),
]


def sift(*pieces: bytes, gap: float = 0.01, sieve: Sieve | None = None) -> bytes:
    sieve = sieve or Sieve()
    out, now = b"", 100.0
    for piece in pieces:
        out += sieve.feed(piece, now)
        now += gap
    return out


@pytest.mark.parametrize("key", KEYS)
def test_a_key_passes_as_it_is_however_it_is_cut(key: bytes) -> None:
    assert sift(b"a" + key + b"b") == b"a" + key + b"b"
    assert sift(*(bytes((byte,)) for byte in key), b"b") == key + b"b"


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_taken_out_however_it_is_cut(reply: bytes) -> None:
    assert sift(b"a" + reply + b"b") == b"ab"
    for at in range(1, len(reply)):
        assert sift(reply[:at], reply[at:] + b"b", gap=0.05) == b"b"
        assert sift(reply[:at], reply[at:] + b"b", gap=0.9, sieve=Sieve(owed_until=1000.0)) == b"b"


@pytest.mark.parametrize("at", range(3, 8))
def test_the_rest_of_what_must_be_a_reply_may_take_long(at: int) -> None:
    reply = b"\x1b[?62;4c"
    assert sift(reply[:at], reply[at:] + b"b", gap=15) == b"b"


def test_what_was_cut_after_its_escape_byte_is_still_no_key() -> None:
    assert sift(b"\x1b", b"[?62;4c1", gap=0.5) == b"\x1b[27u1"
    assert sift(b"\x1b", b"[0n1", gap=0.5) == b"\x1b[27u1"
    assert sift(b"\x1b", b"[49;;49u", gap=0.5) == b"\x1b[27u\x1b[49;;49u"
    assert sift(b"\x1b", b"[", b"1c", gap=0.5) == b"\x1b[27u[1c"


def test_a_lone_escape_is_the_key_once_its_time_is_over() -> None:
    sieve = Sieve(delay=0.1)
    assert sieve.feed(b"\x1b", 5.0) == b""
    assert sieve.due == pytest.approx(5.1)
    assert sieve.expire(5.05) == b""
    assert sieve.expire(5.11) == b"\x1b[27u"
    assert sieve.due is None
    assert sift(b"\x1b\x1b[A") == b"\x1b[27u\x1b[A"
    assert Sieve(escape=b"\x1b").feed(b"\x1b\x1b\x1b", 1.0) == b"\x1b\x1b"


def test_while_a_reply_is_owed_a_lone_escape_waits_longer_and_no_more_after_it() -> None:
    sieve = Sieve(delay=0.1, owed_until=10.0)
    sieve.feed(b"\x1b", 5.0)
    assert sieve.due == pytest.approx(5.0 + OWED_DELAY)
    assert sieve.feed(b"[?62;4c\x1b", 5.5) == b""
    assert sieve.replies == [b"\x1b[?62;4c"]
    assert sieve.due == pytest.approx(5.6)


def test_alt_and_a_bracket_is_a_key_after_a_while_but_not_with_numbers() -> None:
    sieve = Sieve()
    assert sieve.feed(b"\x1b[", 1.0) == b""
    assert sieve.expire(1.0 + PATIENCE) == b"\x1b["
    assert sieve.feed(b"\x1b[12", 10.0) == b""
    assert sieve.expire(10.0 + PATIENCE) == b""
    assert sieve.feed(b"3", 20.0) == b"3"


def test_alt_and_a_letter_that_introduces_strings_is_a_key() -> None:
    assert sift(b"\x1bPx", b"\x1b]]", b"\x1b_\x1b_a") == b"\x1bPx\x1b]]\x1b_\x1b_a"


def test_enter_within_a_sequence_is_a_key_and_the_sequence_goes_on() -> None:
    assert sift(b"\x1b[?6\r2c1") == b"\r1"


def test_another_sequence_ends_an_unfinished_one() -> None:
    assert sift(b"\x1b[?62;\x1b[A1") == b"\x1b[A1"
    assert sift(b"\x1b_Gi=31;O\x1b[A1") == b"\x1b[A1"


def test_pasted_text_passes_without_escapes() -> None:
    pasted = b"\x1b[200~1\x1b[?62;4c\x1b\x1b[201~2"
    passed = b"\x1b[200~1[?62;4c\x1b[201~2"
    assert sift(pasted) == passed
    assert sift(*(bytes((byte,)) for byte in pasted), gap=0.09) == passed


def test_a_key_longer_than_textual_reads_is_dropped() -> None:
    assert sift(b"\x1b[1;;" + b":".join([b"128512"] * LONGEST_KEY) + b"u1") == b"1"


def test_a_reply_without_end_takes_no_memory_for_ever() -> None:
    sieve = Sieve()
    assert sieve.feed(b"\x1b_G" + b"x" * 100_000 + b"\x1b\\1", 1.0) == b"1"
    assert sum(map(len, sieve.replies)) < 5000
