import json
import os

import pytest

from fada_tui.cli.output import print_json


def test_names_that_are_no_unicode_are_escaped_and_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"/r\xe9s/a.md")
    print_json({"page": name, "rows": [{"path": name, "known": r"/r\xe9s", "n": 1}], "none": None})
    assert json.loads(capsys.readouterr().out) == {
        "page": r"/r\xe9s/a.md",
        "rows": [{"path": r"/r\xe9s/a.md", "known": r"/r\xe9s", "n": 1}],
        "none": None,
    }
