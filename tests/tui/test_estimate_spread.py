"""New run says at any width that a model would be spread over several GPUs."""

import pytest

from fada_tui.runs.forecast import Forecast
from fada_tui.tui.new_run.estimate import _memory

GB = 1_000_000_000


@pytest.mark.parametrize("width", [50, 60, 120])
def test_a_model_that_is_spread_is_said_to_be(width: int) -> None:
    forecast = Forecast(
        results=1,
        seconds=None,
        seconds_from="no earlier run",
        load_seconds=None,
        memory_needed=45 * GB,
        memory_from="estimated from weights",
        memory_free=60 * GB,
        place="GPU 0 and GPU 2 together",
        spread=True,
    )
    line = "".join(text for text, _ in _memory(forecast, width))
    assert line.endswith("fits, spread") and len(line) <= width
    assert (" in GPU 0 and GPU 2 together" in line) == (width == 120)
