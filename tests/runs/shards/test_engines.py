"""Shards that an engine answered, each on a machine of its own."""

from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.records import EngineFacts, Run
from fada_tui.report.figures import figures
from fada_tui.report.technical import technical_notes
from fada_tui.runs.shards.check import Named, in_order
from fada_tui.runs.shards.merging import merged
from tests.sharded import SHARDS, made


def by(run: Run, engine: EngineFacts, slots: int) -> Run:
    return replace(run, engine=engine, generation=replace(run.generation, concurrency=slots))


def shards_of(folder: Path, *engines: EngineFacts) -> list[Run]:
    each = [made(folder / shard[0], shard) for shard in SHARDS]
    return [by(run, engine, slots) for run, engine, slots in zip(each, engines, (16, 64, 64), strict=True)]


def test_shards_of_one_engine_make_one_run_that_says_which_versions(tmp_path: Path) -> None:
    old, new = EngineFacts(name="vllm", version="1", command=("vllm",)), EngineFacts(name="vllm", version="2")
    each = shards_of(tmp_path, old, new, new)
    run, _ = merged([one.run for one in in_order([Named(one.id, one) for one in each])], "whole", [None] * 3)
    assert run.engine == EngineFacts(name="vllm", version="1, 2")
    assert run.merged and [shard.engine for shard in run.merged] == [old, new, new]
    page = "\n".join(technical_notes(run, figures(run)))
    assert "by vllm 1" in page
    assert "by vllm 2" in page


def test_shards_of_two_engines_are_not_of_one_plan(tmp_path: Path) -> None:
    vllm, other = EngineFacts(name="vllm"), EngineFacts(name="sglang")
    for engine in (other, UNSET):
        each = shards_of(tmp_path / str(engine), vllm, vllm, vllm)
        each[1] = replace(each[1], engine=engine)
        with pytest.raises(UsageError, match="its engine is"):
            in_order([Named(one.id, one) for one in each])
