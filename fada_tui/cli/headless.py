"""The front end without a screen: runs jobs one after another, shows them on stderr, returns an exit code."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.cli import progress
from fada_tui.cli.output import print_json, print_line
from fada_tui.cli.progress import Display
from fada_tui.config.settings import Settings
from fada_tui.core.control import PICTURES, control_keys
from fada_tui.core.errors import ErrorKind, ExitCode, FadaError, StoreError
from fada_tui.core.records import Run
from fada_tui.core.text import printable
from fada_tui.evaluation.control_answers import control_answers, same_as_commonest
from fada_tui.models.endpoint import place_of
from fada_tui.models.registry import Registry
from fada_tui.report import units
from fada_tui.report.image_list import image_list_told
from fada_tui.report.looking import constant_answers, constant_told
from fada_tui.report.references import references_told
from fada_tui.runs import planning
from fada_tui.runs.aliases import mistyped
from fada_tui.runs.consent import consent_of
from fada_tui.runs.controls import wanted_items
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import RunEnded, RunStarted
from fada_tui.runs.job import Job
from fada_tui.runs.opening import check_plan
from fada_tui.runs.preflight.describe import as_json, facts, measured, shared
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as runs
from fada_tui.store.fold import planned_keys


class Request(Struct, frozen=True, kw_only=True):
    """The options of this front end that are not settings."""

    resume: str | None = None
    label: str | None = None
    json: bool = False
    dry_run: bool = False
    trusted: tuple[str, ...] = ()
    """Models whose own code this command allows to run."""


class Outcome(Struct, frozen=True):
    """The outcome of one run."""

    code: ExitCode
    run: Run | None
    folder: Path

    @property
    def stopped(self) -> bool:
        """Return whether the user or the disk stopped it, and with it what would follow."""
        return self.code is ExitCode.INTERRUPTED and (self.run is None or self.run.error is UNSET)

    @property
    def unfinished(self) -> bool:
        """Return whether resuming goes on with it."""
        return self.run is None or self.run.status == "interrupted"


SEVERITY = (
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.MODEL_NOT_LOADED,
    ExitCode.SOME_RESULTS_ARE_ERRORS,
    ExitCode.OK,
)


def run_batch(settings: Settings, registry: Registry, request: Request) -> ExitCode:
    """Run the jobs that the settings describe and return the program's exit code.

    Raises:
        FadaError: before the first run began; nothing was written.
    """
    results = Path(settings.results)
    sessions: Iterable[Callable[[], Session]]
    if request.resume and request.dry_run:
        _print_what_is_left(results, request)
        return ExitCode.OK
    if request.resume:
        sessions = [lambda: _resumed(settings, registry, results, request)]
    else:
        jobs, catalogue = planning.jobs(settings, registry, request.label, trusted=request.trusted)
        if catalogue.skipped.total:
            found = f"{len(catalogue.images)} images in {printable(str(catalogue.root))}"
            _complain(f"{found}; skipped: {catalogue.skipped.describe()}")
        for line in mistyped(settings.alias, {image.category for image in catalogue.images}):
            _complain(printable(line))
        if jobs and jobs[0].selection.images_from is not UNSET:
            for line in image_list_told(jobs[0].selection.images_from):
                _complain(printable(line))
        if jobs and jobs[0].references is not UNSET:
            for line in references_told(jobs[0].references, jobs[0].questions):
                _complain(printable(line))
        if jobs and jobs[0].selection.shard is not UNSET:
            shard, images = jobs[0].selection.shard, len(jobs[0].plan.images)
            _complain(f"shard {shard}: {images:,} of {units.count(shard.images, 'image')}")
            if not images:
                _complain("there are more shards than images: this one has nothing to do, and is no run")
                jobs = ()
        if request.dry_run:
            _print_plan(jobs, request)
            return ExitCode.OK
        sessions = [_starter(job, results, settings, registry) for job in jobs]
    outcomes: list[Outcome] = []
    refusal: FadaError | None = None
    try:
        asyncio.run(_run_all(sessions, outcomes))
    except FadaError as error:
        if not outcomes:
            raise
        refusal = error
    with suppress(OSError):  # a terminal that has hung up; the files are written
        _report(outcomes, request, refusal)
    codes = {outcome.code for outcome in outcomes} | ({refusal.exit_code} if refusal else set())
    return next((code for code in SEVERITY if code in codes), ExitCode.OK)


def run_controls(make: Callable[[], tuple[Session, tuple[str, ...]]], *, as_json: bool) -> ExitCode:
    """Ask about the control pictures of one run and return the program's exit code.

    Args:
        make: opens the session; returns warnings with it.
        as_json: print an object in place of the page's path.

    Raises:
        FadaError: the run cannot be opened, or its model not be loaded; what is answered is kept.
    """

    def opened() -> Session:
        session, warnings = make()
        for warning in warnings:
            _complain(f"warning: {printable(warning)}")
        return session

    outcomes: list[Outcome] = []
    asyncio.run(_run_all([opened], outcomes))
    (outcome,) = outcomes
    code = _controls_code(outcome.run) if outcome.run else outcome.code
    with suppress(OSError):  # a terminal that has hung up; the files are written
        folder = printable(str(outcome.folder))
        if as_json:
            print_json({"runs": [_summary(replace(outcome, code=code))]})
        elif outcome.run:
            print_line(printable(str(outcome.folder / runs.SUMMARY_NAME)))
        if code is ExitCode.INTERRUPTED:
            _complain(f"go on with: fada-tui control {folder}")
    return code


def _controls_code(run: Run) -> ExitCode:
    asked = len(control_keys(run.questions))
    made = run.controls or ()
    if len(made) < asked:
        return ExitCode.INTERRUPTED
    failed = any(result.error is not None for result in made)
    return ExitCode.SOME_RESULTS_ARE_ERRORS if failed else ExitCode.OK


def _starter(job: Job, results: Path, settings: Settings, registry: Registry) -> Callable[[], Session]:
    deadlines = planning.deadlines(settings)
    return lambda: Session.new(
        job, results, deadlines, registry, settings.allow_host, settings.servers, settings.engines
    )


def _resumed(settings: Settings, registry: Registry, results: Path, request: Request) -> Session:
    folder = runs.find(results, request.resume or "")
    plan = runs.read_run(folder).plan if request.trusted else UNSET
    consent = consent_of(settings, registry, request.trusted, () if plan is UNSET else (plan.model,))
    deadlines = planning.deadlines(settings)
    session, warnings = Session.resume(
        folder, deadlines, registry, consent, settings.servers, settings.engines
    )
    for warning in warnings:
        _complain(f"warning: {warning}")
    return session


async def _run_all(sessions: Iterable[Callable[[], Session]], outcomes: list[Outcome]) -> None:
    """Run sessions one after another, adding what came of each; raises `FadaError` if one cannot begin."""
    dumb = os.environ.get("TERM") == "dumb"
    pool, engines = WorkerPool(), EnginePool()
    try:
        with progress.choose(sys.stderr, dumb=dumb) as shown:
            for make in sessions:
                outcome = await _run_one(make(), shown, pool, engines)
                outcomes.append(outcome)
                if outcome.stopped:
                    break
    finally:
        await pool.close()
        await engines.close()


async def _run_one(session: Session, shown: Display, pool: WorkerPool, engines: EnginePool) -> Outcome:
    run: Run | None = None
    try:
        with _signals(session, shown):
            async with aclosing(session.events(pool, engines)) as events:
                async for event in events:
                    shown.show(event)
                    if isinstance(event, RunEnded):
                        run = event.run
    except StoreError as error:
        shown.say(f"error: {printable(str(error))}")
        return Outcome(ExitCode.INTERRUPTED, None, session.folder)
    assert run is not None
    if run.error is not UNSET and not session.only_controls:
        shown.say(f"error: {printable(run.error.message)}")
    return Outcome(_code(run), run, session.folder)


def _code(run: Run) -> ExitCode:
    match run.status:
        case "failed":
            return ExitCode.MODEL_NOT_LOADED
        case "interrupted" if run.error is UNSET or run.error.kind == ErrorKind.ENDPOINT_UNREACHABLE:
            return ExitCode.INTERRUPTED
        case "interrupted":
            return ExitCode.SOME_RESULTS_ARE_ERRORS
    failed = any(result.error is not None for result in run.results)
    return ExitCode.SOME_RESULTS_ARE_ERRORS if failed else ExitCode.OK


@contextmanager
def _signals(session: Session, shown: Display) -> Iterator[None]:
    """Handle ctrl+c (once: finish the items in progress; twice: stop now) and signals to end (stop now)."""
    presses = 0

    def interrupted() -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            shown.say(f"stopping after {session.at_hand}; ctrl+c again stops now")
            session.stop_after_image()
        else:
            session.stop_now()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupted)
    for told in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(told, session.stop_now)
    try:
        yield
    finally:
        for told in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(told)
        if presses:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # all that is left to do is to write and leave


def _report(outcomes: Sequence[Outcome], request: Request, refusal: FadaError | None) -> None:
    if refusal:
        _complain(f"fada-tui: {printable(str(refusal))}")
    for run in (outcome.run for outcome in outcomes if outcome.run):
        if told := constant_told(run):
            _complain(printable(f"{run.model.name}: {told}"))
    if request.json:
        error = {"error": str(refusal)} if refusal else {}
        print_json({"runs": [_summary(outcome) for outcome in outcomes], **error})
        return
    for outcome in outcomes:
        page = outcome.folder / runs.SUMMARY_NAME
        if outcome.run:
            print_line(f"{outcome.run.status}: {printable(str(page))}")
        if outcome.unfinished:
            _complain(f"go on with: fada-tui --batch --resume {printable(str(outcome.folder))}")


def _summary(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": outcome.folder.name,
        "path": str(outcome.folder.absolute()),
        "status": "interrupted",
        "exit_code": int(outcome.code),
    }
    if run := outcome.run:
        found |= {
            "status": run.status,
            "model": run.model.name,
            "results": len(run.results),
            "errors": sum(result.error is not None for result in run.results),
            "constant_answers": [one.question_id for one in constant_answers(run)],
            "run_json": str((outcome.folder / runs.RUN_NAME).absolute()),
            "summary": str((outcome.folder / runs.SUMMARY_NAME).absolute()),
        }
        if run.error is not UNSET:
            found["error"] = msgspec.to_builtins(run.error)
        if run.controls:
            found["controls"] = {
                "asked": len(run.controls),
                "answered": sum(result.response is not None for result in run.controls),
                "same_as_commonest": same_as_commonest(control_answers(run)),
            }
    return found


def _print_plan(jobs: Sequence[Job], request: Request) -> None:
    plans = []
    free = measured()
    for job in jobs:
        found = planning.estimate(job, ask_hub=True)
        told = found.requirements
        room = shared(free, job.plan.devices or None, job.plan.device)
        server = place_of(job.plan.model.source)
        categories = Counter(image.category for image in job.plan.images)
        plans.append(
            {
                "model": job.plan.model.name,
                "source": job.plan.model.source,
                "server": server,
                "images": found.images,
                "shard": str(shard) if (shard := job.selection.shard) else None,
                "categories": dict(categories),
                "questions": [question.text for question in job.questions],
                "results": found.results,
                "controls": len(control_keys(job.questions)) if job.plan.control else 0,
                "images_from": msgspec.to_builtins(listed) if (listed := job.selection.images_from) else None,
                "references": msgspec.to_builtins(job.references) if job.references else None,
                "batch_size": job.generation.batch_size,
                "devices": job.plan.devices or None,
                "engine": job.plan.engine or None,
                "parameters": told.weighed.parameters,
                "dtype": told.precision,
                "weights_bytes": told.need.weights if told.need else None,
                **as_json(told, room),
            }
        )
        if not request.json:
            print_line(f"{printable(job.plan.model.name)}  ({printable(job.plan.model.source)})")
            if job.plan.engine:
                print_line(f"  engine     {job.plan.engine}, started for the run")
            if server:
                print_line(f"  server     {server}, {job.generation.concurrency} requests at once")
            shown = ", ".join(f"{printable(name)} {count}" for name, count in categories.items())
            print_line(f"  images     {found.images} ({shown})")
            if job.selection.images_from:
                for line in image_list_told(job.selection.images_from)[:1]:
                    print_line(f"  list       {printable(line)}")
            for question in job.questions:
                print_line(f"  question   {printable(question.text)}")
            size = job.generation.batch_size
            together = "" if size in (1, None) else f", in {units.at_most_together(size)}"
            print_line(f"  answers    {found.results}{together}")
            if job.plan.devices:
                print_line(f"  devices    {job.plan.devices}")
            if job.plan.control:
                print_line(f"  controls   {len(control_keys(job.questions))} ({', '.join(PICTURES)})")
            for one in (job.references, *(job.references.others or ())) if job.references else ():
                print_line(f"  references {one.matched:,} of {one.of:,}, from {printable(one.name)}")
            for label, text in facts(told, room):
                print_line(f"  {label.lower():<11}{printable(text)}".rstrip())
    if request.json:
        print_json({"runs": [], "plan": plans})


def _print_what_is_left(results: Path, request: Request) -> None:
    """Print what resuming a run would ask; changes nothing. Raises `UsageError` where that is lost."""
    run = runs.read_run(folder := runs.find(results, request.resume or ""))
    check_plan(run)
    planned = () if run.plan is UNSET else planned_keys(run, run.plan)
    there = {one.key for one in (*run.results, *(run.controls or ())) if one.error is None}
    left = sum(key not in there for key in planned)
    controls = sum(item.key not in there for item in wanted_items(run))
    total = len(planned) or len(run.results)
    if request.json:
        plan = {"run": run.id, "model": run.model.name, "source": run.model.source, "results": total}
        print_json({"runs": [], "plan": [plan | {"left": left, "controls": controls}]})
    else:
        print_line(progress.describe(RunStarted(run, folder, left, total, controls)) or "")


def _complain(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(line + "\n")
