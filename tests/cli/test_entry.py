"""The program's last word."""

import errno
import os

import pytest

from fada_tui.cli import commands, main


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.ESTALE])
@pytest.mark.parametrize("file", [("some/file",), ()])
def test_a_disk_error_that_nobody_expected_is_no_fault_of_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, file: tuple[str, ...]
) -> None:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number), *file)

    monkeypatch.setattr(commands, "run", fail)
    assert main(["runs", "list"]) == 2
    named = file[0] if file else "a file"
    assert capsys.readouterr().err == f"fada-tui: cannot read or write {named}: {os.strerror(number)}\n"
