"""Shards of a plan, and the run made as one that they are to equal, without a model: plain answers."""

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fada_tui.config.settings import Settings
from fada_tui.core.control import control_keys
from fada_tui.core.records import (
    Assessment,
    Environment,
    Failure,
    ModelMemory,
    Result,
    Run,
    Timing,
)
from fada_tui.models.registry import load_registry
from fada_tui.runs.job import first_run
from fada_tui.runs.planning import jobs
from fada_tui.runs.publish import publish
from fada_tui.store import folder as store

REGISTRY = load_registry(Path("no models.toml"))
SHARDS = ("1/3", "2/3", "3/3")
WORDS = ("The stomach and the liver.", "A fetal head.", "The femur.", "The four chambers of the heart.")


def made(folder: Path, shard: str | None = None, errors: tuple[str, ...] = (), **settings: Any) -> Run:
    """Make a complete run of the samples, or a shard of it, in its folder, with its pages."""
    settings = {"limit": 14, "shuffle": 5, "questions": "demo", "control": True} | settings
    (job,), _ = jobs(Settings(shard=shard, **settings), REGISTRY, None)
    run = first_run(folder.name, job)
    assert run.plan
    results = tuple(
        _result(image.path, image.category, question.id, question.text, image.path in errors)
        for image in run.plan.images
        for question in run.questions
    )
    pictures = tuple(
        _result(
            path, "control", question, next(one.text for one in run.questions if one.id == question), False
        )
        for path, question in control_keys(run.questions)
    )
    number = int(shard[0]) if shard else 1
    run = replace(
        run,
        status="complete",
        started=f"2026-01-01T0{number}:00:00Z",
        finished=f"2026-01-01T0{number}:30:00Z",
        environment=Environment(transformers="5", python="3"),
        model=replace(
            run.model,
            device="cpu",
            dtype="float32",
            load_time=float(number),
            memory=ModelMemory(worker_rss_peak=number),
        ),
        results=results,
        controls=pictures,
    )
    folder.mkdir(parents=True)
    (folder / store.TELEMETRY_NAME).write_text(f"measured while {folder.name} was made\n")
    store.write_run(folder, run)
    published, _ = publish(folder, run, REGISTRY)
    return published


def shards(results: Path, **settings: Any) -> list[Path]:
    """Make all shards of the plan, in folders named after their numbers."""
    folders = [results / f"2026010{number[0]}-000000_fada-demo" for number in SHARDS]
    for folder, number in zip(folders, SHARDS, strict=True):
        made(folder, number, **settings)
    return folders


def judged(folder: Path, verdict: Any) -> None:
    """Give a verdict on a run's first answer."""
    run = store.read_run(folder)
    given = replace(run.results[0], assessments=(Assessment(assessor="ada", verdict=verdict, at="t"),))
    store.write_run(folder, replace(run, results=(given, *run.results[1:])))


def _result(path: str, category: str, question: str, text: str, failed: bool) -> Result:
    said = WORDS[sum((path + question).encode()) % len(WORDS)]
    return Result(
        image=path.rpartition("/")[2],
        category=category,
        question=text,
        path=path,
        question_id=question,
        response=None if failed else said,
        time=None if failed else 1.0,
        timing=Timing(generate=None if failed else 1.0),
        finish="error" if failed else "stop",
        error=Failure(kind="image_unreadable", message="broken") if failed else None,
        sha256=f"{sum(path.encode()):064x}",
        width=8,
        height=8,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
