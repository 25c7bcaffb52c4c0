"""Four cards as NVIDIA's library tells of them, by its stand-in, from the sampler to the pane's lines."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nvml.driver import Driver, build_driver

SCRIPT = """
from fada_tui.runs.telemetry import Watched
from fada_tui.tui.state.memory_history import MemoryHistory
from fada_tui.tui.state.views import DeviceView, GpuView
from fada_tui.tui.widgets.gpu import gpu_lines

workers = [
    Watched(pid, name=f"cuda:{card}", gpu_uuids=(f"GPU-00000000-0000-0000-0000-00000000000{card}",))
    for card, pid in json.loads(os.environ["WORKERS"])
]
telemetry, history = Telemetry(None), MemoryHistory()
telemetry.watch(*workers)
telemetry.begin("cuda:2")
peaks = telemetry.peaks("cuda:2")
sample = telemetry.latest
history.add(sample)
view = GpuView(
    sample=sample,
    gpus={gpu.index: history.series(gpu.index) for gpu in sample.gpus},
    devices=tuple(
        DeviceView(name=one.name, gpu_uuids=one.gpu_uuids, state="ready", at=f"image_{one.name[-1]}.png")
        for one in workers
    ),
)
rooms = {"80x24": (36, 14), "120x36": (26, 9), "200x50": (40, 12)}
lines = {
    name: ["".join(text for text, _ in line) for line in gpu_lines(view, *room)]
    for name, room in rooms.items()
}
show(lines=lines, shares=[gpu.process_memory for gpu in sample.gpus], one=peaks.nvml_process)
"""

GB = 10**9


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def workers() -> Iterator[list[int]]:
    """Process ids of three that stand in for workers."""
    processes = [subprocess.Popen(["sleep", "600"]) for _ in range(3)]
    yield [process.pid for process in processes]
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.long
def test_each_of_four_cards_is_seen_with_its_own_worker(
    driver: Driver, workers: list[int], tmp_path: Path
) -> None:
    on = [(card, pid) for card, pid in zip((0, 1, 2), workers, strict=True)]
    listed = tmp_path / "processes"
    somebody_else = "3:1:5000000000"
    listed.write_text(
        ",".join([*(f"{card}:{pid}:{(card + 1) * GB // 2}" for card, pid in on), somebody_else])
    )
    shown = driver.run(
        SCRIPT, WORKERS=json.dumps(on), STUB_GPUS=4, STUB_USED=2 * GB, STUB_PROCESSES_FILE=listed
    )
    assert shown["shares"] == [GB // 2, GB, 3 * GB // 2, None]
    assert shown["one"] == 3 * GB // 2
    wide, narrow = shown["lines"]["80x24"], shown["lines"]["120x36"]
    assert wide[:3] == [wide[0], "40 %  60 °C  123 W  own 0.5 GB", "cuda:0  image_0.png"]
    assert wide[0].endswith(" 2.0/26 GB")
    assert wide[9:11] == [wide[9], "43 %  63 °C  123 W"], "of another's process nothing is told"
    assert narrow[1] == "40 %  own 0.5 GB  image_0"
    for lines in shown["lines"].values():
        assert [line[0] for line in lines if line.endswith("/26 GB")] == ["0", "1", "2", "3"]
