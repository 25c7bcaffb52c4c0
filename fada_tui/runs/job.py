"""A new run and its model's loading: the job, and the contents of `run.json` that follow from it."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from fada_tui import __version__
from fada_tui.core.file_modes import Files
from fada_tui.core.file_names import encode_name
from fada_tui.core.protocol import Item, Load, Loaded
from fada_tui.core.records import (
    Dataset,
    EngineFacts,
    Environment,
    Generation,
    LoraFacts,
    ModelFacts,
    Plan,
    Question,
    QuestionSet,
    References,
    Run,
    Selection,
    Tool,
    with_unknown_of,
)
from fada_tui.evaluation.references import of_questions
from fada_tui.models.registry import located
from fada_tui.store.folder import now

ONE_QUESTION = "{} sorts images and is asked nothing: one result for each image, whatever the questions"


class Job(Struct, frozen=True, kw_only=True):
    """The specification of a new run."""

    plan: Plan
    root: Path
    dataset: str
    selection: Selection
    questions: tuple[Question, ...]
    question_set: QuestionSet | None = None
    """Where the questions are from, if they are a set's or a file's."""
    generation: Generation
    aliases: Mapping[str, str] = {}
    """What folders' names mean, by a person's word."""
    label: str | None = None
    files: Files | None = None
    """Whom the run's files are for, as in the settings."""
    references: References | UnsetType = UNSET
    """What of experts' answers went with what; the answers themselves are in the plan's images."""


def first_run(run_id: str, job: Job) -> Run:
    """Return a job as a run without results, with its id."""
    counts = Counter(image.category for image in job.plan.images)
    entry = job.plan.model
    return Run(
        id=run_id,
        status="interrupted",
        started=now(),
        finished=None,
        tool=Tool(name="fada-tui", version=__version__),
        model=ModelFacts(
            name=entry.name,
            source=entry.source,
            revision=entry.revision,
            lora=LoraFacts(source=entry.lora, revision=entry.lora_revision) if entry.lora else UNSET,
            license=entry.license,
        ),
        engine=EngineFacts(name=job.plan.engine) if job.plan.engine else UNSET,
        generation=job.generation,
        questions=job.questions,
        question_set=job.question_set or UNSET,
        dataset=Dataset(
            name=encode_name(job.dataset),
            root=encode_name(str(job.root)),
            categories=dict(counts),
            images=len(job.plan.images),
            selection=job.selection,
            aliases=dict(job.aliases) or UNSET,
        ),
        references=job.references,
        plan=job.plan,
    )


def planned_items(run: Run) -> tuple[Item, ...]:
    """Return the items of the run's plan, image by image; empty if it has no plan."""
    images = () if run.plan is UNSET else run.plan.images
    return tuple(
        Item(
            image=image.image,
            category=image.category,
            path=image.path,
            question_id=question.id,
            question=question.text,
        )
        for image in images
        for question in run.questions
    )


def load_command(run: Run) -> Load:
    """Return the command that loads the model of a run's plan, with the plan's permissions."""
    assert run.plan is not UNSET
    return Load(
        model=located(run.plan.model),
        device=run.plan.device,
        trust_remote_code=run.plan.trust_remote_code,
        allow_pickle=run.plan.allow_pickle,
        system_prompt=run.generation.system_prompt,
        thinking=run.generation.thinking or None,
        classes=run.plan.classes if run.plan.classes is not UNSET else None,
        left_out=run.model.left_out or (),
        lora_sha256=run.model.lora.sha256 if run.model.lora else {},
    )


def remarks_on(run: Run, loaded: Loaded) -> tuple[str, ...]:
    """Return what to tell of a run's loaded model: questions and settings that are not followed."""
    name = run.model.name
    alone = loaded.sorts and len(run.questions) > 1
    return (*([ONE_QUESTION.format(name)] if alone else []), *(f"{name}: {one}" for one in loaded.remarks))


def with_loaded(run: Run, loaded: Loaded, where: Environment) -> Run:
    """Return a run with the facts of its loaded model, for which it keeps its own name, and where that runs.

    A model that sorts images is asked nothing: of the questions it keeps the first, for one result an image.
    """
    known, plan = run.model, None if run.plan is UNSET else run.plan
    model = replace(
        loaded.model,
        name=known.name,
        source=known.source,
        revision=loaded.model.revision or known.revision,
        license=known.license,
        left_out=known.left_out,
        memory=replace(known.memory, weights=loaded.model.memory.weights),
    )
    classes = plan.classes if plan and loaded.sorts else UNSET
    if classes is not UNSET and run.classes is not UNSET:
        classes = with_unknown_of(classes, run.classes)
    questions = run.questions[:1] if loaded.sorts else run.questions
    references = run.references
    if references is not UNSET and len(questions) < len(run.questions):
        references = of_questions(references, {question.id for question in questions})
    return replace(
        run,
        environment=with_unknown_of(where, run.environment),
        model=with_unknown_of(model, known),
        classes=classes,
        questions=questions,
        references=references,
    )


def with_left_out(run: Run, fields: tuple[str, ...]) -> Run:
    """Return a run that records fields which its server does not take, beside those that it knew of."""
    known = run.model.left_out or ()
    return replace(run, model=replace(run.model, left_out=tuple(dict.fromkeys((*known, *fields)))))
