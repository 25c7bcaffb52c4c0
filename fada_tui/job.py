"""A run before it begins: what it shall do, and its first `run.json`."""

from collections import Counter
from pathlib import Path

from msgspec import Struct

from fada_tui import __version__
from fada_tui.records import (
    Dataset,
    Generation,
    ModelFacts,
    Plan,
    Question,
    Run,
    Selection,
    Tool,
    encode_name,
)
from fada_tui.store.folder import now


class Job(Struct, frozen=True, kw_only=True):
    """What a new run shall do."""

    plan: Plan
    root: Path
    dataset: str
    selection: Selection
    questions: tuple[Question, ...]
    generation: Generation
    label: str | None = None


def first_run(run_id: str, job: Job) -> Run:
    """Return a job as a run without results, under its id."""
    counts = Counter(image.category for image in job.plan.images)
    entry = job.plan.model
    return Run(
        id=run_id,
        status="interrupted",
        started=now(),
        finished=None,
        tool=Tool(name="fada-tui", version=__version__),
        model=ModelFacts(
            name=entry.name, source=entry.source, revision=entry.revision, license=entry.license
        ),
        generation=job.generation,
        questions=job.questions,
        dataset=Dataset(
            name=encode_name(job.dataset),
            root=encode_name(str(job.root)),
            categories=dict(counts),
            images=len(job.plan.images),
            selection=job.selection,
        ),
        plan=job.plan,
    )
