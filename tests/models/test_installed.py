"""What adapters' sources say of the architectures that they prompt, without importing them."""

from pathlib import Path

import pytest

from fada_tui.models.installed import adapters

HEADER = '"""A family."""\n\nfrom somewhere import Text\n\n'


@pytest.mark.parametrize(
    ("source", "prompted"),
    [
        ('class A(Text):\n    architectures = ("OneModel", "TwoModel")\n', {"OneModel", "TwoModel"}),
        ('class A(Text):\n    architectures: tuple[str, ...] = ("OneModel",)\n', {"OneModel"}),
        ('TASKS = {"OneModel": "<a>"}\n\nclass A(Text):\n    architectures = tuple(TASKS)\n', {"OneModel"}),
        (
            'MORE = ("TwoModel",)\n\nclass A(Text):\n    architectures = ("OneModel", *MORE)\n',
            {"OneModel", "TwoModel"},
        ),
        ('FORMS: dict[str, str] = {"OneModel": "{}"}\n\nclass A(Text):\n    forms = FORMS\n', {"OneModel"}),
        ("class A(Text):\n    name = 'a'\n", set()),
    ],
)
def test_what_a_module_says(source: str, prompted: set[str], tmp_path: Path) -> None:
    (tmp_path / "family.py").write_text(HEADER + source)
    found = adapters(tmp_path)
    assert (found.prompted, found.ranking, found.others) == (prompted, set(), False)


def test_what_ranks_is_told_by_its_method(tmp_path: Path) -> None:
    source = (
        'class A:\n    architectures = ("OneModel",)\n\n    def rank(self, model, inputs):\n        ...\n'
    )
    (tmp_path / "family.py").write_text(HEADER + source)
    assert adapters(tmp_path).ranking == {"OneModel"}


def test_what_is_not_written_out_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "family.py").write_text(HEADER + "class A(Text):\n    architectures = somewhere.all()\n")
    assert adapters(tmp_path).others
