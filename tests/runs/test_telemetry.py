"""The sampler, its peaks and its file, over real processes and the stand-in for NVIDIA's library."""

import csv
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fada_tui.core.records import ResultMemory
from fada_tui.runs.telemetry import GpuReading, Sample, Telemetry, Watched, sampler
from fada_tui.runs.telemetry.readings import memory_of, memory_of_worker, peak
from fada_tui.runs.telemetry.table import COLUMNS, Table
from tests.conftest import LONG_ENOUGH, wait_for
from tests.nvml.driver import Driver, build_driver

GIB = 2**30
NOT_SUPPORTED = 3


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process with 50 MB of its own in memory."""
    script = "data = bytearray(os.urandom(1)) * 50_000_000; print(flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os, time; {script}"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_resident_memory_of_a_real_process(child: subprocess.Popen[bytes]) -> None:
    telemetry = Telemetry(None)
    telemetry.watch(Watched(child.pid))
    telemetry.begin()
    peaks = telemetry.peaks()
    resident = psutil.Process(child.pid).memory_info().rss
    assert resident > 50_000_000
    assert peaks.worker_rss == pytest.approx(resident, rel=0.02)
    sample = telemetry.latest
    assert sample is not None
    assert 0 < sample.memory_used < sample.memory_total == psutil.virtual_memory().total


def test_an_ended_process_has_no_memory_and_the_peak_stays(child: subprocess.Popen[bytes]) -> None:
    telemetry = Telemetry(None)
    telemetry.watch(Watched(child.pid))
    telemetry.begin()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie: there, with no memory
    peaks = telemetry.peaks()
    assert telemetry.latest is not None
    assert telemetry.latest.worker_rss is None
    assert (peaks.worker_rss or 0) > 50_000_000
    child.wait()
    telemetry.begin()
    assert telemetry.peaks() == ResultMemory()
    assert (telemetry.worker_rss_peak or 0) > 50_000_000
    telemetry.watch(Watched(child.pid))
    telemetry.begin()
    assert telemetry.latest.worker_rss is None


def test_the_sampler_catches_what_lies_between_begin_and_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "PATIENCE", LONG_ENOUGH)
    monkeypatch.setattr(sampler, "FIRST_PATIENCE", LONG_ENOUGH)
    script = """
input()
data = bytearray(b"x") * 200_000_000
print()
input()
del data
print()
input()
"""
    with subprocess.Popen(
        [sys.executable, "-uc", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        telemetry = Telemetry(None, interval=0.02)
        telemetry.start()
        telemetry.watch(Watched(process.pid))
        telemetry.begin()
        before = telemetry.peaks().worker_rss
        assert process.stdin is not None and process.stdout is not None
        for _ in ("take", "give back"):
            print(file=process.stdin, flush=True)
            process.stdout.readline()
            wait_for(lambda: (telemetry.worker_rss_peak or 0) > 200_000_000)
        peaks = telemetry.peaks()
        telemetry.begin()
        after = telemetry.peaks().worker_rss
        telemetry.stop()
        process.kill()
    assert before is not None and after is not None and peaks.worker_rss is not None
    assert before < 100_000_000
    assert after < 100_000_000 < peaks.worker_rss == telemetry.worker_rss_peak


def test_gpu_peaks_between_begin_and_peaks(driver: Driver, tmp_path: Path) -> None:
    script = """
os.environ["STUB_PROCESSES"] = f"{os.getpid()}:700"
used = Path(os.environ["STUB_USED_FILE"])
def reaches(number):
    used.write_text(str(number))
    while telemetry.latest.gpus[0].memory_used != number:
        time.sleep(0.01)
telemetry = Telemetry(None, interval=0.02)
used.write_text("1000")
telemetry.start()
telemetry.watch(Watched(os.getpid(), "", (telemetry.gpus[0].uuid,)))
telemetry.begin()
reaches(5000)
reaches(2000)
first = telemetry.peaks()
telemetry.begin()
second = telemetry.peaks()
telemetry.watch(Watched(99, "", (telemetry.gpus[1].uuid,)))
telemetry.begin()
other = telemetry.peaks()
telemetry.watch(Watched(99))
telemetry.begin()
unknown = telemetry.peaks()
telemetry.stop()
show(first=first, second=second, other=other, unknown=unknown, whole=telemetry.nvml_process_peak,
     driver=telemetry.driver, problem=telemetry.gpu_problem)
"""
    shown = driver.run(script, STUB_USED_FILE=tmp_path / "used")
    assert (shown["first"]["nvml_used"], shown["first"]["nvml_process"]) == (5000, 700)
    assert (shown["second"]["nvml_used"], shown["second"]["nvml_process"]) == (2000, 700)
    assert (shown["other"]["nvml_used"], shown["other"]["nvml_process"]) == (GIB + 2000, None)
    assert (shown["unknown"]["nvml_used"], shown["unknown"]["nvml_process"]) == (None, None)
    assert (shown["whole"], shown["driver"], shown["problem"]) == (700, "999.1", None)


def test_a_driver_that_hangs_stops_nobody(driver: Driver, tmp_path: Path) -> None:
    script = """
hang = Path(os.environ["STUB_HANG"])
telemetry = Telemetry(None, interval=0.02)
telemetry.start()
telemetry.watch(Watched(os.getpid()))
telemetry.begin()
hang.touch()
sampler.PATIENCE = IMPATIENT
begun = time.monotonic()
telemetry.begin()
peaks = telemetry.peaks()
waited = time.monotonic() - begun
sampler.PATIENCE = 60
hang.unlink()
telemetry.begin()
after = telemetry.peaks()
telemetry.stop()
show(waited=waited, after=after)
"""
    shown = driver.run(script, STUB_HANG=tmp_path / "hang")
    assert 0.1 < shown["waited"] < 60
    assert shown["after"]["worker_rss"] > 0


def test_nvml_is_ended_as_often_as_it_is_started(driver: Driver, tmp_path: Path) -> None:
    script = """
asked = Telemetry(None)
gpus = asked.gpus
telemetry = Telemetry(None, interval=0.02)
for _ in range(2):
    telemetry.start()
    telemetry.start()
    telemetry.begin()
    telemetry.stop()
    telemetry.stop()
show(gpus=gpus, calls=Path(os.environ["STUB_CALLS"]).read_text().split())
"""
    shown = driver.run(script, STUB_CALLS=tmp_path / "calls")
    assert len(shown["gpus"]) == 2
    assert shown["calls"].count("nvmlInitWithFlags") == shown["calls"].count("nvmlShutdown") == 3


def test_the_file_has_a_row_for_each_gpu_and_sample(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "telemetry.csv"
    script = f"""
path = Path({str(path)!r})
telemetry = Telemetry(path, interval=0.05)
telemetry.watch(Watched(os.getpid()))
telemetry.start()
while not path.exists() or path.read_text().count("\\n") <= 8:
    time.sleep(0.01)
telemetry.stop()
before = path.read_text().count("\\n")
seldom = Telemetry(path, interval=600)
seldom.start()
for _ in range(50):
    seldom.begin()
seldom.stop()
show(rss=telemetry.worker_rss_peak, warning=telemetry.warning, before=before)
"""
    shown = driver.run(script, STUB_ERROR_nvmlDeviceGetPowerUsage=NOT_SUPPORTED)
    rows = read_rows(path)
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) + 1 == shown["before"] + 4, "what is asked for in between is not written"
    assert [row["gpu_index"] for row in rows[:4]] == ["0", "1", "0", "1"]
    row = rows[1]
    assert row["gpu_uuid"] == "GPU-00000000-0000-0000-0000-000000000001"
    assert (row["memory_used [bytes]"], row["memory_total [bytes]"]) == (str(2 * GIB), str(24 * GIB))
    assert (row["utilisation [%]"], row["temperature [°C]"], row["power [W]"]) == ("41", "61", "")
    assert row["process_memory [bytes]"] == ""
    assert 0 < int(row["worker_rss [bytes]"]) <= shown["rss"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["time"])
    assert shown["warning"] is None


def test_without_a_gpu_there_is_a_row_for_each_sample_and_a_reason(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "telemetry.csv"
    script = f"""
telemetry = Telemetry(Path({str(path)!r}), interval=600)
telemetry.watch(Watched(os.getpid()))
telemetry.start()
telemetry.begin()
telemetry.stop()
show(problem=telemetry.gpu_problem, gpus=telemetry.gpus, driver=telemetry.driver)
"""
    shown = driver.run(script, build="damaged")
    rows = read_rows(path)
    assert len(rows) == 2, "the first sample and the last"
    assert {row[name] for row in rows for name in COLUMNS[1:-1]} == {""}
    assert all(int(row["worker_rss [bytes]"]) > 0 for row in rows)
    assert shown == {
        "problem": "no NVIDIA driver library (libnvidia-ml.so.1) on this machine",
        "gpus": [],
        "driver": None,
    }


SAMPLE = Sample(time="2025-01-01T00:00:00.000Z", worker_rss=5, memory_used=1, memory_total=2)


def test_a_resumed_run_appends_without_a_second_header(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.csv"
    for _ in range(2):
        table = Table(path)
        table.append(SAMPLE)
        table.close()
    assert path.read_text(encoding="utf-8").count("time") == 1
    path.write_bytes(path.read_bytes()[:-10])  # torn by a crash
    table = Table(path)
    table.append(SAMPLE)
    table.close()
    assert read_rows(path)[-1]["worker_rss [bytes]"] == "5"


@pytest.mark.parametrize("place", ["/dev/full", "missing/telemetry.csv", "."])
def test_a_file_that_cannot_be_written_is_a_warning(tmp_path: Path, place: str) -> None:
    telemetry = Telemetry(tmp_path / place, interval=0.01)
    telemetry.start()
    wait_for(lambda: telemetry.warning)
    before = telemetry.latest
    wait_for(lambda: telemetry.latest is not before)  # sampling goes on
    telemetry.stop()
    assert "the run goes on" in (telemetry.warning or "")


@pytest.mark.parametrize("room", [20, 500], ids=["in the header", "in a row"])
def test_a_disk_that_fills_up_is_a_warning(tmp_path: Path, room: int) -> None:
    path = tmp_path / "telemetry.csv"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    table = Table(path)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        for _ in range(50):
            table.append(SAMPLE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (
        table.warning == "telemetry.csv: the disk is full; telemetry is recorded no further, the run goes on"
    )
    assert path.stat().st_size == room
    table.append(SAMPLE)
    assert path.stat().st_size == room, "what was given up stays given up"


def test_a_model_over_several_gpus_counts_on_all() -> None:
    gpus = (
        GpuReading(index=0, uuid="GPU-a", memory_used=10, process_memory=4, by_process={7: 4}),
        GpuReading(index=1, uuid="GPU-b", memory_used=20, process_memory=8, by_process={7: 8}),
        GpuReading(index=2, uuid="GPU-c", memory_used=40),
    )
    for uuids, used in ((("GPU-a",), 30), (("GPU-c",), 70), (("GPU-a", "GPU-c"), 70), ((), 30)):
        seen = memory_of_worker(gpus, Watched(7, "", uuids), None)
        assert seen == ResultMemory(nvml_process=12, nvml_used=used)
    assert memory_of(Sample(time="", gpus=gpus, memory_used=0, memory_total=1)) == ResultMemory(
        nvml_process=12, nvml_used=30
    )


def test_of_several_workers_each_has_its_own_peaks(driver: Driver, tmp_path: Path) -> None:
    """The file has their sums: of each GPU what they have on it, and the memory of all."""
    path = tmp_path / "telemetry.csv"
    script = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
os.environ["STUB_PROCESSES"] = f"{{os.getpid()}}:700,{{child.pid}}:70"
telemetry = Telemetry(Path({str(path)!r}), interval=60)
uuids = [gpu.uuid for gpu in telemetry.gpus]
telemetry.watch(Watched(os.getpid(), "cuda:0", (uuids[0],)), Watched(child.pid, "cuda:1", (uuids[1],)))
for name in ("cuda:0", "cuda:1"):
    telemetry.begin(name)
seen = {{name: telemetry.peaks(name) for name in ("cuda:0", "cuda:1")}}
telemetry.start()
telemetry.stop()
child.communicate()
show(seen=seen, whole=telemetry.nvml_process_peak, rss=telemetry.worker_rss_peak)
"""
    shown = driver.run(script)
    one, other = shown["seen"]["cuda:0"], shown["seen"]["cuda:1"]
    assert (one["nvml_process"], other["nvml_process"]) == (700, 70)
    assert one["worker_rss"] > other["worker_rss"] > 0
    assert shown["whole"] == 700 and shown["rss"] >= one["worker_rss"]
    row = read_rows(path)[0]
    assert row["process_memory [bytes]"] == "770"
    assert int(row["worker_rss [bytes]"]) > one["worker_rss"]


def test_of_an_engine_all_processes_of_its_group_count_and_no_others(driver: Driver) -> None:
    code = (
        'import os, subprocess, sys, time; part = \'import os, time; data = b"1" * 40_000_000; '
        "print(os.getpid(), flush=True); time.sleep(600)'; "
        "inner = subprocess.Popen([sys.executable, '-c', part], stdout=subprocess.PIPE); "
        "print(int(inner.stdout.readline()), flush=True); time.sleep(600)"
    )
    engine = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert engine.stdout is not None
    try:
        inner = int(engine.stdout.readline())
        shown = driver.run(f"""
os.environ["STUB_PROCESSES"] = "{engine.pid}:700,{inner}:70,{os.getpid()}:7"
telemetry = Telemetry(None)
telemetry.watch(Watched({engine.pid}, is_engine=True))
telemetry.begin()
show(peaks=telemetry.peaks(), gpus=len(telemetry.engine_gpus), engine=telemetry.latest.engine)
""")
    finally:
        os.killpg(engine.pid, signal.SIGKILL)
        engine.wait()
        engine.stdout.close()
    assert shown["peaks"]["nvml_process"] == 770 * shown["gpus"] > 0
    assert shown["peaks"]["worker_rss"] > 45_000_000
    assert shown["engine"]


def test_a_known_figure_beats_an_unknown_one() -> None:
    one, other = ResultMemory(nvml_process=3), ResultMemory(nvml_process=2, worker_rss=0)
    assert peak(one, other) == peak(other, one) == ResultMemory(nvml_process=3, worker_rss=0)


def test_telemetry_imports_no_torch() -> None:
    script = "import sys, fada_tui.runs.telemetry; print({'torch', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
