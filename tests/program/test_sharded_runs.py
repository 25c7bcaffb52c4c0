"""Shards made by the embedded model, one of them in two goes, against one run of the same plan."""

import json
import re
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.cli.entry import main
from fada_tui.config.settings import Settings
from fada_tui.core.records import Result, Run, Timing
from fada_tui.models.registry import load_registry
from fada_tui.runs.events import AnswerFinished, RunEnded
from fada_tui.runs.planning import jobs
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as store

pytestmark = [pytest.mark.worker, pytest.mark.long]

REGISTRY = load_registry(Path("no models.toml"))
ASKED: dict[str, Any] = {
    "question": ("Which structures are there?", "Is it a brain?"),
    "dtype": "float32",
    "max_new_tokens": 8,
    "limit": 12,
    "shuffle": 3,
    "control": True,
}
MEASURED = re.compile(r"\d[\d.,]*( to \d[\d.]*)? ?(seconds|s|ms|[MG]B|tokens/s|per second)\b")
OF_TIMES = re.compile(
    r"^(\*\*Date|- \*\*(How Fast|Load Time|Run|Shards|Processor Threads|Tokens per Second)"
    r"|  - \d: |- `(telemetry|worker))"
)


async def ended(session: Session, pool: WorkerPool, answers: int | None = None) -> Run:
    """Go on with a run to its end, or until the image of so many answers is finished."""
    async with aclosing(session.events(pool)) as events:
        finished = 0
        async for event in events:
            finished += isinstance(event, AnswerFinished)
            if finished == answers:
                session.stop_after_image()
            if isinstance(event, RunEnded):
                run = event.run
    return run


async def make(results: Path, shard: str | None, pool: WorkerPool, answers: int | None = None) -> Path:
    (job,), _ = jobs(Settings(shard=shard, **ASKED), REGISTRY, shard and shard[0])
    for _ in range(4):
        session = Session.new(job, results, Deadlines(), REGISTRY)
        run = await ended(session, pool, answers)
        if run.status == ("complete" if answers is None else "interrupted"):
            return session.folder
        assert run.status == "complete", "a worker that does not hear in time makes all answers"
        shutil.rmtree(session.folder)
    raise AssertionError("the run did not stop")


def lines(page: Path) -> list[str]:
    return [MEASURED.sub("#", line) for line in page.read_text().splitlines() if not OF_TIMES.match(line)]


def untimed(result: Result) -> Result:
    tokens, memory = replace(result.tokens, per_second=None), replace(result.memory, worker_rss=None)
    return replace(result, time=None, timing=Timing(), tokens=tokens, memory=memory, threads=1)


async def test_three_shards_are_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = tmp_path / "parts"
    pool = WorkerPool()
    try:
        whole = await make(tmp_path / "whole", None, pool)
        folders = [await make(parts, "1/3", pool), await make(parts, "2/3", pool, answers=3)]
        folders.append(await make(parts, "3/3", pool))
        command = ["runs", "merge", *(str(one) for one in folders), "--results", str(parts), "--name", "all"]
        assert main(command) == 2
        assert f"--resume {folders[1]}" in capsys.readouterr().err
        session, _ = Session.resume(folders[1], Deadlines(), REGISTRY)
        assert (await ended(session, pool)).status == "complete"
    finally:
        await pool.close()
    assert main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["shards"] == [folder.name for folder in folders]
    assert (said["images"], said["results"], said["errors"]) == (12, 24, 0)
    one, other = store.read_run(Path(said["path"])), store.read_run(whole)
    assert [*map(untimed, one.results)] == [*map(untimed, other.results)]
    assert [*map(untimed, one.controls or ())] == [*map(untimed, other.controls or ())]
    assert (one.scoring, one.looking, one.questions) == (other.scoring, other.looking, other.questions)
    assert one.dataset == other.dataset
    assert lines(Path(said["summary"])) == lines(whole / store.SUMMARY_NAME)
    assert lines(Path(said["path"]) / store.DETAILS_NAME) == lines(whole / store.DETAILS_NAME)
