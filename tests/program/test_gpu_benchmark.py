"""The proof on a GPU, as far as a machine without one can tell: parts, deadlines, what is carried there."""

import csv
import json
import re
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu.doctor import differences
from benchmarks.gpu.goals import judge
from benchmarks.gpu.runner import Report, run_parts
from benchmarks.gpu.schedule import NUMBERS, PARTS, Part, chosen, ends
from benchmarks.gpu.wheels import LEFT_OUT, NAMES, THERE, repack
from benchmarks.gpu.whole import card_of
from fada_tui.runs.telemetry.table import COLUMNS
from tests.conftest import lives, wait_for

ROOT = Path(__file__).parents[2]

HANGS = """
import subprocess, sys, time
away = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(away.pid, flush=True)
open(sys.argv[1], "w").write('{"pid": %d}' % away.pid)
time.sleep(600)
"""
FAILS = "import sys; open(sys.argv[1], 'w').write('{\"half\": 1}'); sys.exit('no such card')"
WORKS = "import sys; open(sys.argv[1], 'w').write('{\"figure\": 2.5}')"


@pytest.mark.worker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_part_has_figures_or_a_reason(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = [sys.executable, "-m", "benchmarks.gpu", "--device", "cpu", "--small", "--seconds", "1500"]
    done = subprocess.run(
        [*command, "--out", str(out)], cwd=ROOT, capture_output=True, text=True, timeout=880, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    whole = json.loads(out.read_bytes())
    assert whole["schema"] == "fada-tui/gpu/1" and whole["small"] and whole["device"] == "cpu"
    parts = {part["name"]: part for part in whole["parts"]}
    assert list(parts) == [part.name for part in PARTS]
    assert {part["status"] for part in parts.values()} == {"done"}
    figures = {name: part["figures"] for name, part in parts.items()}
    assert not failures(figures), failures(figures)

    assert figures["models"]["machine"]["torch"] and figures["models"]["images"]["count"] == 8
    assert figures["doctor"]["doctor"]["checks"]
    assert figures["doctor"]["idle"]["nvml"]["problem"] or figures["doctor"]["idle"]["nvml"]["gpus"]
    for model, ways in (
        ("500M", ("loop", "streamer", "pipeline 8", "ours 8", "ours 32")),
        ("2B", ("ours 32",)),
    ):
        paces = figures[f"pace-{model}"]
        assert all(paces[way]["tokens_per_second"]["median"] > 0 for way in ways)
        assert paces["ours 1"]["generated"] == 2 * paces["tokens"]
        assert paces["ours 1"]["as_the_loop"] == paces["ours 1"]["compared"] == 2
        assert paces["streaming"]["ratio"] > 0
        assert paces["bandwidth"] is None and paces["reading"]["limit"] is None
        fixed = figures[f"compiled-{model}"]
        assert fixed["ours 1"]["alone_as_plain"] and fixed["ours 1"]["complaints"] == []
        assert fixed["compiled"] is False
    assert figures["pace-500M"]["ours 32"]["batch_sizes"] == [8], "there are eight images"
    memory = figures["memory"]
    assert memory["500M expected"]["needs"]["bfloat16"]["total"] == memory["500M"]["difference"]["expected"]
    assert next(batch["size"] for batch in memory["auto"]["batches"]) == 1
    assert "card" in memory["out of memory"]["skipped"]
    assert "CUDA" in figures["quantised"]["skipped"]
    for run in ("first", "second"):
        assert figures["whole"][run]["answers"] == 8
        assert figures["whole"][run]["card"]["whole"]["skipped"]
    shown = figures["dashboard"]["gauges"]
    assert shown["live"]["used_gb"]["shown"] == shown["of"] > 0
    assert any("running" in line for line in shown["screen"])
    assert {goal["reached"] for goal in whole["goals"]} == {None}, "tiny models prove nothing"


def failures(value: Any, path: str = "") -> list[str]:
    """What failed anywhere in some figures."""
    if not isinstance(value, dict):
        return []
    own = [f"{path}: {value['failed']}"] if isinstance(value.get("failed"), str) else []
    return own + [line for name, one in value.items() for line in failures(one, f"{path}/{name}")]


@pytest.mark.long
def test_a_part_that_hangs_is_ended_and_one_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Begun(subprocess.Popen):  # type: ignore[type-arg]
        """The time of the first part counts from when it has written its figures."""

        def wait(self, timeout: float | None = None) -> int:
            if timeout is not None:
                wait_for(lambda: self.poll() is not None or (figures.exists() and figures.read_text()))
            return super().wait(timeout)

    figures = tmp_path / "hangs.json"
    monkeypatch.setattr(subprocess, "Popen", Begun)
    scripts = {"hangs": HANGS, "fails": FAILS, "works": WORKS}
    parts = [Part("hangs", 1, 2, ""), Part("fails", 2, 30, ""), Part("works", 3, 30, "")]
    told: list[Report] = []
    begun = time.monotonic()
    run_parts(
        parts,
        62,
        tmp_path,
        lambda part, figures, seconds: [sys.executable, "-c", scripts[part.name], str(figures)],
        told.append,
    )
    assert time.monotonic() - begun < 60
    hung, failed, done = told
    assert (hung["status"], hung["reason"]) == ("late", "not done after 2 s")
    assert hung["printed"] == [str(hung["figures"]["pid"])], "what was found and printed by then is kept"
    wait_for(lambda: not lives(hung["figures"]["pid"]))  # also what it started in a session of its own
    assert (failed["status"], failed["figures"]) == ("failed", {"half": 1})
    assert failed["reason"] == "exit code 1: no such card"
    assert (done["status"], done["figures"]) == ("done", {"figure": 2.5})
    assert done["limit"] > 30, "the next parts have what the others left over"


@pytest.mark.long
def test_where_no_time_is_left_parts_are_named_all_the_same(tmp_path: Path) -> None:
    told: list[Report] = []
    parts = [Part("long", 1, 1, ""), Part("never", 2, 0.1, "")]
    sleep = "import time; time.sleep(600)"
    run_parts(parts, 2.2, tmp_path, lambda *_: [sys.executable, "-c", sleep], told.append)
    assert [(one["name"], one["status"]) for one in told] == [("long", "late"), ("never", "skipped")]
    assert told[1]["reason"] == "no time was left"


def test_parts_come_in_their_order_and_keep_to_the_sum() -> None:
    assert NUMBERS == (1, 2, 3, 4, 5, 6)
    assert [part.number for part in PARTS] == sorted(part.number for part in PARTS)
    assert [part.name for part in chosen([5, 1])] == ["models", "doctor", "whole"]
    assert ends(PARTS, 360)[-1] == pytest.approx(360)
    first, second = chosen([1])
    assert ends([first, second], 2 * (first.share + second.share)) == pytest.approx(
        [2 * first.share, 2 * (first.share + second.share)]
    )


def test_goals_are_judged_by_figures_alone() -> None:
    pace = {
        "loop": {"tokens_per_second": {"median": 30.0}},
        "ours 32": {"tokens_per_second": {"median": 270.0}},
        "ours 1": {"share_of_limit": {"decoding": 0.1}},
        "streaming": {"ratio": 0.99},
    }
    fixed = {"ours 1": {"share_of_limit": {"decoding": 0.6}}, "ours 32": {"failed": "broken"}}
    reports: list[Report] = [
        {"name": "pace-500M", "figures": pace},
        {"name": "compiled-500M", "figures": fixed},
        {"name": "pace-2B", "figures": {}},
    ]
    goals = {goal["goal"]: goal for goal in judge(reports, proves=True)}
    assert goals["500M: batch 32 ÷ loop"]["measured"] == pytest.approx(9)
    assert goals["500M: batch 32 ÷ loop"]["reached"] is True
    assert goals["500M: share of the limit in decoding, batch 1"]["reached"] is False
    assert goals["500M: share of the limit in decoding, batch 1, compiled"]["reached"] is True
    assert goals["500M: streamed ÷ bare"]["reached"] is True
    assert goals["500M: batch 32, compiled ÷ loop"]["reached"] is None, "it has no figure"
    assert goals["2B: batch 32 ÷ loop"]["reached"] is None
    assert all(goal["reached"] is None for goal in judge(reports, proves=False))


def test_nvml_is_held_against_nvidia_smi_field_by_field() -> None:
    ours = {
        "uuid": "GPU-1",
        "memory_used": 2_000_000_000,
        "utilisation": 97,
        "temperature": None,
        "power": 300.5,
    }
    ours |= {
        "memory_total": 80_000_000_000,
        "process_memory": None,
        "problems": {"temperature": "not supported"},
    }
    smi = {"uuid": "GPU-1", "memory.used": 1_900_000_000, "utilization.gpu": "95", "temperature.gpu": "40"}
    smi |= {"power.draw": "[N/A]", "memory.total": 80_000_000_000, "processes": []}
    (found,) = differences([ours], [smi])
    assert found["missing"] == ["temperature"]
    assert found["less"] == {
        "memory_used": 100_000_000,
        "memory_total": 0,
        "utilisation": 2,
        "temperature": None,
        "power": None,
        "process_memory": None,
    }


def test_the_card_s_idle_share_is_that_of_the_asked_time(tmp_path: Path) -> None:
    table = tmp_path / "telemetry.csv"
    rows = [
        ("2026-01-01T00:00:00.000Z", 0),
        ("2026-01-01T00:00:01.000Z", 80),
        ("2026-01-01T00:00:02.000Z", 90),
    ]
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({"time": time, "utilisation [%]": used} for time, used in rows)
    begun = 1767225600.0  # 2026-01-01
    found = card_of(
        table, {"whole": (begun, None), "late": (begun + 0.5, begun + 2.5), "after": (begun + 9, None)}
    )
    assert found["whole"]["idle"] == pytest.approx(1 - 170 / 300) and found["whole"]["samples_at_0"] == 1
    assert found["late"]["idle"] == pytest.approx(0.15)
    assert "skipped" in found["after"]


def test_all_dependencies_travel_but_those_that_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {
        re.split(r"[<>=\[; ]", dependency)[0].lower().replace("_", "-")
        for dependency in project["dependencies"]
    }
    carried = {name.lower().replace("_", "-") for name in NAMES}
    assert names == THERE | LEFT_OUT | (names & carried) and not (THERE | LEFT_OUT) & carried
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    assert all(re.search(rf"^{re.escape(name)}==", pinned, re.MULTILINE) for name in carried)


def test_a_wheel_is_repacked_with_one_library(tmp_path: Path) -> None:
    files = {f"thing/lib_{name}.so": name * 100 for name in ("cpu", "cuda118", "cuda130")}
    files["thing/__init__.py"] = "code"
    record = "thing-1.dist-info/RECORD"
    whole, target = tmp_path / "thing-1-py3-none-any.whl", tmp_path / "out.whl"
    with zipfile.ZipFile(whole, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(record, "".join(f"{name},sha256=x,1\n" for name in [*files, record]))
    repack(whole, target, "thing/lib_cuda130.so")
    with zipfile.ZipFile(target) as wheel:
        assert set(wheel.namelist()) == {"thing/lib_cuda130.so", "thing/__init__.py", record}
        lines = wheel.read(record).decode().splitlines()
        assert {line.split(",")[0] for line in lines} == set(wheel.namelist())
        assert wheel.read("thing/lib_cuda130.so").decode() == files["thing/lib_cuda130.so"]
    with pytest.raises(ValueError, match="has no"):
        repack(whole, target, "thing/lib_cuda140.so")
