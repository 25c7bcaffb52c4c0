"""A run made in batches, by the program as a user starts it: what it tells of times and batches."""

import json
from pathlib import Path

import pytest

from tests.conftest import Program, load

pytestmark = pytest.mark.worker


def test_a_batched_run_from_the_plan_to_the_lists(program: Program, tiny: Path, images: Path) -> None:
    asked = ("--model", tiny, "--images", images, "--batch-size", "3", "--max-new-tokens", "40")
    plan = program.run("--batch", "--dry-run", *asked)
    assert "  answers    4, in batches of at most 3\n" in plan.stdout
    assert program.batch("--dry-run", *asked)[1]["plan"][0]["batch_size"] == 3

    done, said = program.batch(*asked)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(" s in a batch of 3") == 3
    folder = Path(said["runs"][0]["path"])
    results = load(folder)["results"]
    assert [result["batch_size"] for result in results] == [3, 3, 3, 1]
    together = results[:3]
    assert sum(one["timing"]["share"] for one in together) == pytest.approx(
        max(one["time"] for one in together)
    )
    taken = sum(one["timing"].get("share", one["time"]) for one in results)

    (listed,) = json.loads(program.run("runs", "list", "--json").stdout)["runs"]
    assert listed["time_per_answer"] == pytest.approx(taken / 4)
    assert listed["time_per_answer"] < listed["mean_time"]
    assert listed["batch_sizes"] == [1, 3]
    assert program.run("runs", "list").stdout.rstrip().endswith(" s in batches")
    page = (folder / "summary.md").read_text()
    assert "in batches of 1 to 3\n" in page and "- **Batch**: of 3 answers" in page
    program.run("report", folder)
    assert (folder / "summary.md").read_text() == page
