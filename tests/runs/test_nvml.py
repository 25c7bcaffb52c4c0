"""NVML's readings and its errors, through the real pynvml on a stand-in for the driver's library."""

from pathlib import Path

import pytest

from tests.nvml.driver import Driver, build_driver

GIB = 2**30
FIELDS = (
    "memory_used",
    "memory_total",
    "process_memory",
    "utilisation",
    "temperature",
    "power",
    "uuid",
    "name",
)

NOT_SUPPORTED, NO_PERMISSION, DRIVER_NOT_LOADED, LIBRARY_NOT_FOUND = 3, 4, 9, 12
FUNCTION_NOT_FOUND, GPU_IS_LOST, LIB_RM_VERSION_MISMATCH, UNKNOWN = 13, 15, 18, 999


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return build_driver(tmp_path_factory.mktemp("driver"))


def test_every_reading_of_every_gpu(driver: Driver) -> None:
    script = "show(readings=nvml.read(41), gpus=nvml.gpus, driver=nvml.driver, problem=nvml.problem)"
    shown = driver.run(script, STUB_PROCESSES="40:1,41:777")
    first, second = shown["readings"]
    assert first == {
        "index": 0,
        "uuid": "GPU-00000000-0000-0000-0000-000000000000",
        "name": "Stand-in 0",
        "memory_used": GIB,
        "memory_total": 24 * GIB,
        "process_memory": 777,
        "by_process": {"41": 777},
        "utilisation": 40,
        "temperature": 60,
        "power": 123.456,
        "problems": {},
    }
    assert (second["memory_used"], second["process_memory"]) == (2 * GIB, None)
    assert "does not list the process" in second["problems"]["process_memory"]
    assert [gpu["name"] for gpu in shown["gpus"]] == ["Stand-in 0", "Stand-in 1"]
    assert (shown["driver"], shown["problem"]) == ("999.1", None)


@pytest.mark.parametrize(
    ("function", "code", "said"),
    [
        ("nvmlInitWithFlags", LIBRARY_NOT_FOUND, "no NVIDIA driver library (libnvidia-ml.so.1)"),
        ("nvmlInitWithFlags", DRIVER_NOT_LOADED, "driver is not loaded"),
        ("nvmlInitWithFlags", LIB_RM_VERSION_MISMATCH, "differ in version"),
        ("nvmlInitWithFlags", GPU_IS_LOST, "fallen off the bus"),
        ("nvmlInitWithFlags", NOT_SUPPORTED, "not supported"),
        ("nvmlInitWithFlags", NO_PERMISSION, "no permission"),
        ("nvmlInitWithFlags", FUNCTION_NOT_FOUND, "does not offer"),
        ("nvmlInitWithFlags", UNKNOWN, "NVML: "),
        ("nvmlDeviceGetCount_v2", GPU_IS_LOST, "fallen off the bus"),
    ],
)
def test_nvml_that_does_not_start_is_a_reason(driver: Driver, function: str, code: int, said: str) -> None:
    shown = driver.run(
        "readings = nvml.read(1)\nshow(readings=readings, gpus=nvml.gpus, problem=nvml.problem)",
        **{f"STUB_ERROR_{function}": code},
    )
    assert (shown["readings"], shown["gpus"]) == ([], [])
    assert said in shown["problem"]


def test_no_library_and_no_gpu(driver: Driver) -> None:
    script = "show(readings=nvml.read(), problem=nvml.problem)"
    shown = driver.run("nvml.read()\n" + script, build="damaged")
    assert shown["problem"] == "no NVIDIA driver library (libnvidia-ml.so.1) on this machine"
    assert "lists no GPU" in driver.run("nvml.read()\n" + script, STUB_GPUS=0)["problem"]


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        ("nvmlDeviceGetMemoryInfo_v2", {"memory_used", "memory_total"}),
        ("nvmlDeviceGetUtilizationRates", {"utilisation"}),
        ("nvmlDeviceGetTemperature", {"temperature"}),
        ("nvmlDeviceGetPowerUsage", {"power"}),
        ("nvmlDeviceGetUUID", {"uuid"}),
        ("nvmlDeviceGetName", {"name"}),
        ("nvmlDeviceGetComputeRunningProcesses_v3", {"process_memory"}),
    ],
)
def test_a_reading_that_fails_takes_no_other_with_it(driver: Driver, function: str, fields: set[str]) -> None:
    for code, said in (
        (NOT_SUPPORTED, "not supported"),
        (NO_PERMISSION, "no permission"),
        (FUNCTION_NOT_FOUND, "does not offer"),
        (UNKNOWN, "NVML: "),
    ):
        script = "show(readings=nvml.read(41), gpus=nvml.gpus)"
        shown = driver.run(script, STUB_GPUS=1, STUB_PROCESSES="41:777", **{f"STUB_ERROR_{function}": code})
        (reading,) = shown["readings"]
        assert {field for field in FIELDS if reading[field] is None} == fields == set(reading["problems"])
        assert all(said in problem for problem in reading["problems"].values())
        assert len(shown["gpus"]) == 1


def test_functions_that_the_library_lacks(driver: Driver) -> None:
    (reading,) = driver.run("show(readings=nvml.read(41))", build="partial", STUB_GPUS=1)["readings"]
    assert {field for field in FIELDS if reading[field] is None} == {"power", "process_memory"}
    assert set(reading["problems"]) == {"power", "process_memory"}


def test_a_process_whose_memory_the_driver_does_not_tell(driver: Driver) -> None:
    (reading,) = driver.run("show(r=nvml.read(41))", STUB_GPUS=1, STUB_PROCESSES="41:none")["r"]
    assert reading["process_memory"] is None
    assert "does not tell memory by process" in reading["problems"]["process_memory"]


def test_a_gpu_that_may_not_be_used_leaves_the_others(driver: Driver) -> None:
    script = "show(readings=nvml.read(), gpus=nvml.gpus)"
    shown = driver.run(script, STUB_GPUS=3, STUB_HIDDEN=1)
    assert [reading["memory_used"] for reading in shown["readings"]] == [GIB, None, 3 * GIB]
    problems = shown["readings"][1]["problems"]
    assert {"memory_used", "power", "uuid"} <= set(problems)
    assert "handle" not in problems
    assert [gpu["index"] for gpu in shown["gpus"]] == [0, 1, 2]


def test_a_lost_gpu_is_missed_alone_and_found_again(driver: Driver, tmp_path: Path) -> None:
    script = """
lost = nvml.read()
Path(os.environ["STUB_HEAL"]).touch()
clock.now = 0.9
early = nvml.read()
clock.now = 1.1
found = nvml.read()
show(lost=lost, early=early, found=found)
"""
    calls = tmp_path / "calls"
    shown = driver.run(script, STUB_LOST=0, STUB_HEAL=tmp_path / "heal", STUB_CALLS=calls)
    assert [reading["memory_used"] for reading in shown["lost"]] == [None, 2 * GIB]
    assert "fallen off the bus" in shown["lost"][0]["problems"]["temperature"]
    assert [reading["memory_used"] for reading in shown["found"]] == [GIB, 2 * GIB]
    assert shown["found"][0]["uuid"].startswith("GPU-")
    assert calls.read_text().split().count("nvmlInitWithFlags") == 2


def test_retries_are_ever_rarer_and_succeed_in_the_end(driver: Driver, tmp_path: Path) -> None:
    script = """
tried = []
calls = Path(os.environ["STUB_CALLS"])
for tick in range(600):
    clock.now = tick / 2
    before = calls.stat().st_size if calls.exists() else 0
    nvml.read()
    if calls.stat().st_size > before:
        tried.append(clock.now)
Path(os.environ["STUB_HEAL"]).touch()
clock.now += 60
readings = nvml.read()
show(tried=tried, readings=readings, problem=nvml.problem)
"""
    shown = driver.run(
        script,
        STUB_ERROR_nvmlInitWithFlags=DRIVER_NOT_LOADED,
        STUB_HEAL=tmp_path / "heal",
        STUB_CALLS=tmp_path / "calls",
    )
    assert shown["tried"] == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    assert len(shown["readings"]) == 2
    assert shown["problem"] is None


def test_processes_are_read_seldom_and_memory_each_time(driver: Driver, tmp_path: Path) -> None:
    script = """
for tick in range(41):
    clock.now = tick / 2
    nvml.read(41)
calls = Path(os.environ["STUB_CALLS"]).read_text().split()
for tick in range(11):
    clock.now = 20 + tick / 10
    nvml.read(41, fresh=True)
later = Path(os.environ["STUB_CALLS"]).read_text().split()[len(calls):]
clock.now += 0.1
nvml.forget_processes()
nvml.read(41)
last = Path(os.environ["STUB_CALLS"]).read_text().split()[len(calls) + len(later):]
show(calls=calls, later=later, last=last)
"""
    shown = driver.run(script, STUB_GPUS=1, STUB_CALLS=tmp_path / "calls")
    processes, memory = "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetMemoryInfo_v2"
    assert shown["calls"].count(processes) == 5  # at 0, 5, 10, 15 and 20 seconds
    assert shown["calls"].count(memory) == 41 + 1  # and once for the total
    assert shown["later"].count(processes) == 2
    assert shown["last"].count(processes) == 1
