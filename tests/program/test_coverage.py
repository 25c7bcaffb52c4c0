"""How often intervals hold the truth where answers depend on their images; fewer trials than the table's."""

import re
from pathlib import Path

import pytest

from benchmarks import coverage

FIGURES = Path(__file__).parents[2] / "docs" / "figures.md"


@pytest.mark.parametrize("share", coverage.SHARES)
@pytest.mark.parametrize("images", [5, 14, 50])
def test_intervals_hold_the_truth_as_often_as_demanded(images: int, share: float) -> None:
    for draw in (coverage.own_shares, coverage.in_common, coverage.one_each):
        assert coverage.coverage(draw, images, share, 250) >= coverage.DEMANDED - 0.01


def test_the_table_in_the_documentation_is_of_what_is_simulated() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (\d+)% \| ([\d.% |]+) \|$", FIGURES.read_text(), re.MULTILINE)
    assert [(kind, int(share)) for kind, share, _ in rows] == [
        (kind, round(share * 100)) for kind in coverage.KINDS for share in coverage.SHARES
    ]
    for kind, _, cells in rows:
        held = [float(cell.strip().rstrip("%")) for cell in cells.split("|")]
        assert len(held) == len(coverage.IMAGES)
        if "unequal" not in kind:
            assert min(held) >= 100 * coverage.DEMANDED
