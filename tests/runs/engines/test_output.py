"""What an engine prints, on its way to a run's log: whole lines, without keys and colours."""

from pathlib import Path

from fada_tui.runs.engines.orders import LONGEST_LINE
from fada_tui.runs.engines.output import Output

KEY = "a-key-that-nobody-guesses-0123456789"


def test_lines_are_shown_once_they_are_whole_without_keys_and_colours(tmp_path: Path) -> None:
    output = Output(tmp_path / "log", [KEY])
    assert output.take(b"\x1b[32mload") == []
    assert output.take(f"ing\x1b[0m {KEY}\n\n50 %\r".encode()) == ["loading [key]", "50 %"]
    assert output.take(b"the end") == []
    assert output.take(b"") == ["the end"]
    assert (tmp_path / "log").read_text() == "loading [key]\n50 %\nthe end\n"


def test_of_a_line_without_an_end_a_part_is_kept_in_which_no_key_is_cut(tmp_path: Path) -> None:
    output = Output(tmp_path / "log", [KEY])
    begun = b"x" * (LONGEST_LINE - 8)
    assert output.take(begun + KEY[:20].encode()) == []
    for part in (KEY[20:].encode(), *[b"y" * LONGEST_LINE] * 100):
        assert output.take(part) == []
    assert len(output._begun) < 100 * LONGEST_LINE
    (line,) = output.take(b"\n")
    assert line == begun.decode() + "[key]" + "yyy"
    assert output.take(b"and on\n") == ["and on"]


def test_a_log_that_cannot_be_written_keeps_no_line_from_being_told(tmp_path: Path) -> None:
    output = Output(tmp_path / "gone" / "log", [])
    assert output.take(b"a line\n") == ["a line"]
    output.write_to(tmp_path / "log")
    output.take(b"another\n")
    output.write_to(None)
    output.take(b"nobody hears it\n")
    assert (tmp_path / "log").read_text() == "another\n"
