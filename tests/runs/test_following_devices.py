"""Several devices of a run that another program makes: told as its file tells of them, each once."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Failure, RunDevice
from fada_tui.runs import following
from fada_tui.runs.events import DeviceLost, DeviceReady, SessionEvent
from fada_tui.runs.following import Following
from fada_tui.runs.others import Maker
from fada_tui.store import folder as store
from tests import examples

MAKER = Maker(key="k", pid=4711)


def of_devices(events: tuple[SessionEvent, ...]) -> list[SessionEvent]:
    return [event for event in events if isinstance(event, DeviceReady | DeviceLost)]


def test_devices_are_told_once_as_they_are_loaded_or_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "maker_of", lambda _: MAKER)
    folder = tmp_path / "20260101-000000_tiny"
    folder.mkdir()
    run = examples.run()
    first, second = RunDevice(name="cuda:0", gpu_uuid="GPU-3", load_time=2.0), RunDevice(name="cuda:1")
    store.write_run(folder, replace(run, devices=(first, second)))
    read = Following(folder, MAKER, {})
    assert of_devices(read.look().events) == [DeviceReady("cuda:0", 2.0, 1, 2, ("GPU-3",))]
    assert of_devices(read.look().events) == []
    lost = replace(second, error=Failure(kind="worker_lost", message="killed"))
    store.write_run(folder, replace(run, devices=(first, lost)))
    assert of_devices(read.look().events) == [DeviceLost("cuda:1", "killed", 1)]
    store.write_run(folder, replace(run, devices=(first, replace(second, load_time=3.0))))
    assert of_devices(read.look().events) == [DeviceReady("cuda:1", 3.0, 2, 2)], "by who resumed it"
    store.write_run(folder, replace(run, devices=(replace(first, error=lost.error), lost)))
    assert len(of_devices(read.look().events)) == 2
