"""What the dashboard does to files, as commands of their own: `python -m tests.faults.steps STEP FOLDER…`.

Each says on stdout, as JSON, what it was told to be durable, and ends as the command line does.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fada_tui.config.last_run import remember
from fada_tui.config.own_questions import keep
from fada_tui.config.questions import load_questions
from fada_tui.config.settings import Settings
from fada_tui.core.errors import FadaError
from fada_tui.core.paths import models_file
from fada_tui.core.records import Assessment, Notes
from fada_tui.models.registry import load_registry
from fada_tui.runs import planning
from fada_tui.runs.assessment_writer import AssessmentWriter, settle_and_publish
from fada_tui.runs.queued_run import write_down
from fada_tui.store import folder as store
from fada_tui.store.journal import AssessmentLine, JournalLine, NotesLine
from fada_tui.store.queue_file import QueuedRun, change_queue
from fada_tui.store.removal import remove_run

VERDICTS = ("correct", "partial", "incorrect")


def tell(**what: Any) -> None:
    """Say what is durable now."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def assess(folder: Path) -> None:
    """Judge each result, write notes, then the page. A verdict that is refused ends none of the others."""

    async def judge() -> list[FadaError]:
        writer, refused = AssessmentWriter(), []

        async def write(line: JournalLine, **told: Any) -> None:
            try:
                await writer.write(folder, line)
            except FadaError as error:
                refused.append(error)
            else:
                tell(**told)

        for number, result in enumerate(store.read_run(folder).results):
            verdict = VERDICTS[number % len(VERDICTS)]
            given = Assessment(assessor="a", verdict=verdict, note=f"note {number}", at=store.now())  # type: ignore[arg-type]
            line = AssessmentLine(path=result.path, question_id=result.question_id, assessment=given)
            await write(line, path=result.path, question=result.question_id, verdict=verdict)
        await write(NotesLine(notes=Notes(conclusion="it will do")), conclusion="it will do")
        await writer.drain(10)
        return refused

    refused = asyncio.run(judge())
    settle_and_publish(folder, load_registry(models_file()))
    if refused:
        raise refused[0]


def remove(folder: Path) -> None:
    """Remove a run for ever."""
    remove_run(folder, folder.parent)
    tell(removed=folder.name)


def recall(file: Path) -> None:
    """Remember what was asked last."""
    try:
        remember(Settings(max_new_tokens=77), file)
    except OSError as error:
        raise FadaError(f"cannot write {file}: {error.strerror}") from error
    tell(remembered=77)


def keep_questions(file: Path) -> None:
    """Keep questions under the name of a file."""
    try:
        keep(file.stem, load_questions("demo"))
    except OSError as error:
        raise FadaError(f"cannot write {file}: {error.strerror}") from error
    tell(kept=file.stem)


def queue(results: Path) -> None:
    """Leave two runs in the queue of a results folder."""
    settings = Settings(model=("http://127.0.0.1:1/v1#m",) * 2, limit=2, results=str(results))
    jobs, _ = planning.jobs(settings, load_registry(models_file()), None)
    for job in jobs:
        name = write_down(job, results)
        change_queue(results, lambda before, name=name: (*before, QueuedRun(run=name)))  # type: ignore[misc]
        tell(queued=name)


STEPS: dict[str, Callable[[Path], None]] = {
    "assess": assess,
    "remove": remove,
    "recall": recall,
    "keep_questions": keep_questions,
    "queue": queue,
}


def main(step: str, place: str) -> int:
    """Do a step; return the exit code that the command line would have."""
    try:
        STEPS[step](Path(place))
    except FadaError as error:
        sys.stderr.write(f"fada-tui: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
