"""What the dashboard is opened with."""

import pytest

from fada_tui.config.settings import Settings
from fada_tui.tui.launch import graphics_wanted


@pytest.mark.parametrize(
    ("graphics", "low_bandwidth", "wanted"),
    [
        ("auto", False, "auto"),
        ("auto", True, "sextant"),
        ("kitty", True, "kitty"),
        ("half", True, "half"),
        ("octant", False, "octant"),
    ],
)
def test_a_slow_link_gets_characters_unless_another_way_is_chosen(
    graphics: str, low_bandwidth: bool, wanted: str
) -> None:
    settings = Settings(graphics=graphics, low_bandwidth=low_bandwidth)  # type: ignore[arg-type]
    assert graphics_wanted(settings, {"TERM": "xterm-kitty"}) == wanted
    if low_bandwidth and graphics == "auto":
        assert graphics_wanted(settings, {"TERM": "xterm-256color"}) == "half"
