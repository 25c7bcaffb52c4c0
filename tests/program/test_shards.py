"""`--shard` as a scheduler's job gives it, where nothing is to be loaded."""

import json

import pytest

from tests.conftest import Program


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "a/b", ""])
def test_what_is_no_shard_is_refused_in_one_line(program: Program, text: str) -> None:
    done = program.run("--batch", "--shard", text)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "fada-tui: --shard: expected K/N with K from 1 to N, as 3/8 for the third of eight"
    )
    assert line.endswith(f"got '{text}'")


def test_a_shard_without_images_is_told_and_is_no_error(program: Program) -> None:
    done, said = program.batch("--shard", "8/8", "--limit", "5")
    assert (done.returncode, said) == (0, {"runs": []})
    assert done.stderr.splitlines() == [
        "shard 8/8: 0 of 5 images",
        "there are more shards than images: this one has nothing to do, and is no run",
    ]
    assert not (program.cwd / "results").exists()


def test_a_dry_run_tells_the_shard(program: Program) -> None:
    done = program.run("--dry-run", "--shard", "2/5", "--limit", "9", "--json")
    (plan,) = json.loads(done.stdout.splitlines()[-1])["plan"]
    assert (plan["shard"], plan["images"]) == ("2/5", 2)


def test_the_dashboard_makes_no_shards(program: Program) -> None:
    done = program.run("--shard", "2/5")
    assert done.returncode == 2
    assert done.stderr.startswith("fada-tui: --shard 2/5 goes with --batch")
