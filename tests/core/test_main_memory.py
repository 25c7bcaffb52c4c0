"""Main memory as control groups leave it: trees of files as Linux writes them, and a true group."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fada_tui.core.cgroups import GroupMemory, limits
from fada_tui.core.main_memory import main_memory, within

MB = 1_000_000

UNIFIED = "31 24 0:27 {root} /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
OLDER = "36 32 0:33 {root} /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,{controllers}\n"
OTHERS = (
    "24 30 0:22 / /proc rw - proc proc rw\n"
    "34 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "a line of no use\n"
)


def write(root: Path, files: dict[str, str | int]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")


def unified(root: Path, group: str, levels: dict[str, dict[str, str | int]], mounted: str = "/") -> None:
    """Write a tree of version 2; `levels` are folders below the mount, with the files in each."""
    write(
        root,
        {"proc/self/cgroup": f"0::{group}", "proc/self/mountinfo": OTHERS + UNIFIED.format(root=mounted)},
    )
    for level, files in levels.items():
        write(root / "sys/fs/cgroup" / level, files)


def older(root: Path, group: str, levels: dict[str, dict[str, str | int]], mounted: str = "/") -> None:
    """Likewise of version 1, where each controller has a hierarchy of its own."""
    groups = f"12:pids:/elsewhere\n4:hugetlb,memory:{group}\n1:name=systemd:/user\n0::/"
    mounts = OTHERS + OLDER.format(root=mounted, controllers="hugetlb,memory")
    write(root, {"proc/self/cgroup": groups, "proc/self/mountinfo": mounts})
    for level, files in levels.items():
        write(root / "sys/fs/cgroup/memory" / level, files)


def test_the_tightest_of_nested_groups_counts(tmp_path: Path) -> None:
    unified(
        tmp_path,
        "/job/step 1",
        {
            ".": {"memory.stat": "anon 5"},  # the root has neither a limit nor a figure
            "job": {"memory.max": 800 * MB, "memory.current": 700 * MB, "memory.stat": "anon 1"},
            "job/step 1": {"memory.max": "max", "memory.high": 600 * MB, "memory.current": 100 * MB},
        },
    )
    assert limits(tmp_path) == (GroupMemory(600 * MB, 100 * MB), GroupMemory(800 * MB, 700 * MB))
    found = within(10_000 * MB, 9_000 * MB, limits(tmp_path))
    assert (found.total, found.available, found.limited) == (600 * MB, 100 * MB, True)


def test_what_the_system_gives_back_is_not_counted_as_used(tmp_path: Path) -> None:
    stat = f"anon {100 * MB}\nfile {500 * MB}\nshmem {80 * MB}\n"
    stat += f"active_file {300 * MB}\ninactive_file {120 * MB}\nslab_reclaimable {30 * MB}\n"
    stat += f"slab {40 * MB}\nnonsense\nactive_anon many"
    unified(
        tmp_path, "/job", {"job": {"memory.max": 900 * MB, "memory.current": 850 * MB, "memory.stat": stat}}
    )
    assert limits(tmp_path) == (GroupMemory(900 * MB, 400 * MB),)
    assert limits(tmp_path)[0].room == 500 * MB


def test_the_older_hierarchy(tmp_path: Path) -> None:
    own = f"active_file 1\ntotal_active_file {50 * MB}\ntotal_inactive_file {10 * MB}\ntotal_cache {90 * MB}"
    older(
        tmp_path,
        "/slurm/job_7/step_0",
        {
            "slurm/job_7/step_0": {
                "memory.limit_in_bytes": 9223372036854771712,  # what stands there where there is no limit
                "memory.usage_in_bytes": 300 * MB,
                "memory.stat": own,
            },
            "slurm/job_7": {
                "memory.limit_in_bytes": 400 * MB,
                "memory.usage_in_bytes": 310 * MB,
                "memory.stat": own,
            },
        },
    )
    found = within(1_000 * MB, 900 * MB, limits(tmp_path))
    assert (found.total, found.available, found.limited) == (400 * MB, 150 * MB, True)


@pytest.mark.parametrize("write_tree", [unified, older])
def test_a_container_sees_its_own_part_of_the_tree(tmp_path: Path, write_tree: type) -> None:
    names = (
        ("memory.max", "memory.current")
        if write_tree is unified
        else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    )
    files: dict[str, dict[str, str | int]] = {".": {names[0]: 500 * MB, names[1]: 20 * MB}}
    write_tree(tmp_path, "/docker/abc", files, mounted="/docker/abc")
    assert limits(tmp_path) == (GroupMemory(500 * MB, 20 * MB),)
    # A group that is not below what is mounted, as where the namespace is another.
    write_tree(tmp_path, "/../../elsewhere", files, mounted="/")
    assert limits(tmp_path) == (GroupMemory(500 * MB, 20 * MB),)


def test_both_hierarchies_at_once(tmp_path: Path) -> None:
    older(tmp_path, "/job", {"job": {"memory.limit_in_bytes": 300 * MB, "memory.usage_in_bytes": 100 * MB}})
    mounts = (tmp_path / "proc/self/mountinfo").read_text()
    unified_one = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    write(tmp_path, {"proc/self/mountinfo": mounts + unified_one})
    write(tmp_path / "sys/fs/cgroup/unified", {"memory.max": 200 * MB, "memory.current": 10 * MB})
    assert set(limits(tmp_path)) == {GroupMemory(300 * MB, 100 * MB), GroupMemory(200 * MB, 10 * MB)}


@pytest.mark.parametrize("limit", ["", "max", "-1", "12 MB", "\0"])
def test_a_limit_that_is_none_limits_nothing(tmp_path: Path, limit: str) -> None:
    unified(tmp_path, "/job", {"job": {"memory.max": limit, "memory.current": 5}})
    assert limits(tmp_path) == ()


def test_without_control_groups_the_machine_counts(tmp_path: Path) -> None:
    found = main_memory(tmp_path)
    assert (found.total, found.limited) == (psutil.virtual_memory().total, False)
    assert 0 < found.available <= found.total


def test_more_than_is_used_is_not_available(tmp_path: Path) -> None:
    unified(tmp_path, "/job", {"job": {"memory.max": 10, "memory.current": 50}})
    assert main_memory(tmp_path).available == 0


@pytest.fixture
def true_group() -> Iterator[Path]:
    """A group of version 1 or 2 that limits to 300 MB, made for real; skipped where that is not allowed."""
    limit, made = 300 * MB, None
    for top, name in (
        (Path("/sys/fs/cgroup"), "memory.max"),
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    ):
        group = top / "fada-tui-test"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / name).read_text()
            (group / name).write_text(str(limit))
            made = group
            break
        except OSError:
            group.rmdir()
    if made is None:
        pytest.skip("no control group can be made here")
    yield made
    made.rmdir()


def test_a_true_group_is_seen_from_within(true_group: Path) -> None:
    script = (
        "import sys, pathlib; pathlib.Path(sys.argv[1], 'cgroup.procs').write_text('0');"
        "from fada_tui.core.main_memory import main_memory; before = main_memory();"
        "held = bytearray(100_000_000); held[::4096] = b'x' * len(held[::4096]); after = main_memory();"
        "from fada_tui.runs.telemetry import Telemetry; sampler = Telemetry(None); sampler.begin();"
        "sample = sampler.latest; left = sample.memory_total - sample.memory_used;"
        "print(after.total, before.available - after.available, left, after.limited, sample.memory_total)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(true_group)], capture_output=True, text=True, check=True
    )
    total, taken, left, limited, sampled = done.stdout.split()
    assert (limited, sampled) == ("True", total)
    assert 290 * MB < int(total) <= 300 * MB
    assert 90 * MB < int(taken) < 130 * MB
    assert int(left) < 200 * MB


def test_a_limit_holds_where_use_cannot_be_read(tmp_path: Path) -> None:
    unified(tmp_path, "/a", {"a": {"memory.max": 100}})
    assert limits(tmp_path) == (GroupMemory(100, 0),)


def test_a_wide_limit_leaves_no_more_than_the_machine_has() -> None:
    found = within(1_000 * MB, 200 * MB, (GroupMemory(900 * MB, 100 * MB),))
    assert (found.total, found.available, found.limited) == (900 * MB, 200 * MB, True)
