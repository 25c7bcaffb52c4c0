"""A plan cut into shards: made whole first, then every Nth image of it."""

from pathlib import Path
from typing import Any

import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.records import Run, decode_run, encode_run
from fada_tui.models.registry import load_registry
from fada_tui.report.command import reproducing_command
from fada_tui.runs.job import first_run
from fada_tui.runs.planning import jobs

SELECTED: tuple[dict[str, Any], ...] = (
    {},
    {"shuffle": 7, "limit": 11},
    {"category": ("Brain",), "per_category": 2},
)


def planned(folder: Path, **settings: Any) -> Run:
    (job,), _ = jobs(Settings(**settings), load_registry(folder / "models.toml"), None)
    return first_run("1", job)


def paths(run: Run) -> list[str]:
    return [image.path for image in run.plan.images] if run.plan else []


@pytest.mark.parametrize("selected", SELECTED)
def test_the_shards_of_a_plan_have_each_of_its_images_once(tmp_path: Path, selected: dict[str, Any]) -> None:
    whole = paths(planned(tmp_path, **selected))
    shards = [planned(tmp_path, shard=f"{number}/3", **selected) for number in (1, 2, 3)]
    assert [paths(run) for run in shards] == [whole[place::3] for place in range(3)]
    assert [run.dataset.images for run in shards] == [len(paths(run)) for run in shards]
    assert len({run.dataset.selection.shard.sha256 for run in shards if run.dataset.selection.shard}) == 1
    assert paths(planned(tmp_path, shard="2/3", **selected)) == paths(shards[1])


def test_a_shard_stands_in_its_run_and_in_the_command_that_makes_it_again(tmp_path: Path) -> None:
    run = decode_run(encode_run(planned(tmp_path, shard="2/3")))
    shard = run.dataset.selection.shard
    assert shard and (str(shard), shard.images) == ("2/3", 24)
    assert "--shard 2/3" in (reproducing_command(run, "fada-demo") or "")
    assert '"shard"' not in encode_run(planned(tmp_path)).decode()


def test_references_are_matched_with_the_whole_plan_and_counted_for_the_shard(tmp_path: Path) -> None:
    images = paths(planned(tmp_path, limit=4))
    table = tmp_path / "expert.csv"
    rows = [f"{image},normal" for image in (images[0], images[2], images[3])]
    table.write_text("\n".join(["path,What is it?", *rows, "Other/x.png,normal"]) + "\n")
    asked = {"limit": 4, "question": ("What is it?",), "references": (str(table),)}
    whole, *shards = (planned(tmp_path, shard=shard, **asked) for shard in (None, "1/4", "2/4", "3/4"))
    assert whole.references and whole.references.matched == 3
    counts = [(one.references.matched, one.references.of) for one in shards if one.references]
    assert counts == [(1, 1), (0, 1), (1, 1)], "a shard without any reference is no mistake"
    assert all(one.references and one.references.unmatched == whole.references.unmatched for one in shards)
