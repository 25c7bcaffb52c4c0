"""The last sample of a `telemetry.csv` that another program writes."""

from pathlib import Path

import pytest

from fada_tui.runs.telemetry.last_sample import last_sample
from fada_tui.runs.telemetry.readings import GpuReading, Sample
from fada_tui.runs.telemetry.table import Table

GPUS = tuple(
    GpuReading(
        index=index,
        uuid=f"GPU-{index}",
        memory_used=10**9 * index,
        memory_total=8 * 10**9,
        process_memory=5 if index else None,
        utilisation=97,
        temperature=61,
        power=250.5,
    )
    for index in range(2)
)


def sample(second: int, gpus: tuple[GpuReading, ...] = GPUS) -> Sample:
    return Sample(
        time=f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000Z",
        gpus=gpus,
        worker_rss=1000 + second,
        memory_used=0,
        memory_total=0,
    )


@pytest.mark.parametrize("gpus", [GPUS, ()])
def test_it_is_what_was_appended_last_whatever_the_length(
    tmp_path: Path, gpus: tuple[GpuReading, ...]
) -> None:
    path = tmp_path / "telemetry.csv"
    table = Table(path)
    for second in range(300):
        table.append(sample(second, gpus))
        if second in (0, 299):
            assert last_sample(path) == sample(second, gpus)
    table.close()
    with path.open("a") as file:
        file.write("2026-01-01T09:00:00.000Z,0,GPU-")  # being written
    assert last_sample(path) == sample(299, gpus)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"time,gpu_index\n",
        b"\xff\xfe\n\n",
        b"t,x,u,1,2,3,4,5,6,7\n",
        b"t,0,u,1,2,3,4,5,much,7\n",
        b'"\n',
    ],
)
def test_what_cannot_be_read_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "telemetry.csv"
    path.write_bytes(data)
    assert last_sample(path) is None
    assert last_sample(tmp_path / "none") is None
    assert last_sample(tmp_path) is None
