"""Building jobs from settings: models, questions and images."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from fada_tui.config.class_sets import load_classes
from fada_tui.config.engines import LLAMA_CPP, TRANSFORMERS
from fada_tui.config.questions import (
    DEFAULT_QUESTION,
    DEFAULT_SET,
    load_questions,
    question_set,
    questions_from_texts,
)
from fada_tui.config.rubrics import RUBRICS, load_rubric
from fada_tui.config.schema import SAMPLING, SETTINGS
from fada_tui.config.settings import Settings
from fada_tui.core.device_list import is_device, is_device_list
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import samples_dir
from fada_tui.core.records import (
    ClassSet,
    Generation,
    ModelEntry,
    Plan,
    PlannedImage,
    Question,
    References,
    Selection,
)
from fada_tui.core.secrets import quoted
from fada_tui.core.shards import shard_of
from fada_tui.images.catalogue import Catalogue, scan, select
from fada_tui.images.expand import Frames, expand
from fada_tui.models import gguf, load_errors
from fada_tui.models.endpoint import check_allowed, is_endpoint, key_of, parse
from fada_tui.models.lora import resolve
from fada_tui.models.registry import Registry, is_hub_id, located
from fada_tui.models.requirements import Requirements
from fada_tui.runs.aliases import checked_aliases
from fada_tui.runs.consent import consent_of
from fada_tui.runs.engines import limits
from fada_tui.runs.engines.installed import find
from fada_tui.runs.engines.lora import lora_of
from fada_tui.runs.engines.needs import look
from fada_tui.runs.image_list import listed_images
from fada_tui.runs.job import Job
from fada_tui.runs.references import read_references, without_references
from fada_tui.runs.server_settings import headers_of, settings_of
from fada_tui.runs.shards.part import part_of
from fada_tui.runs.worker_client.deadlines import Deadlines

REQUESTS = 4
"""Requests to a server at once, where nothing else is asked for."""


class Estimate(Struct, frozen=True):
    """The expected time and memory of a job, as far as known before loading."""

    images: int
    questions: int
    results: int
    requirements: Requirements


def jobs(
    settings: Settings,
    registry: Registry,
    label: str | None,
    images: tuple[PlannedImage, ...] | None = None,
    trusted: tuple[str, ...] = (),
) -> tuple[tuple[Job, ...], Catalogue]:
    """Return a job for each model in the settings, and the images that the jobs use.

    A shard takes its part of a plan that was made whole: no image, where there are more shards than images.

    Args:
        settings: which models, images and questions, and how to answer.
        registry: the model list.
        label: added to the names of the runs' folders.
        images: these and no others, in place of what the settings select.
        trusted: models that the command itself lets run their own code.

    Raises:
        UsageError: an unknown model, category, question set or rubric, an alias that means nothing, a folder
            without images, a list that names none of them, settings that exclude each other, references that
            belong to nothing, a server that images may not be sent to, or an engine that is not here or does
            not do what is asked for.
    """
    entries = [resolve(name, registry, settings.lora) for name in settings.model]
    _check_entries(entries, settings)
    consent = consent_of(settings, registry, trusted, entries)
    questions, classes = questions_of(settings), load_classes(settings.classes)
    chosen = _choose(settings, questions, classes, images)
    made = tuple(
        Job(
            plan=Plan(
                model=with_choices(entry, settings),
                device=settings.device,
                devices=settings.devices or UNSET,
                engine=engine_of(settings),
                trust_remote_code=consent.runs_code_of(entry),
                allow_pickle=consent.reads_pickles_of(entry),
                rubric=RUBRICS.source(settings.rubric),
                control=settings.control,
                classes=classes,
                images=chosen.images,
            ),
            root=chosen.catalogue.root,
            dataset=chosen.catalogue.name,
            selection=chosen.selection,
            questions=questions,
            question_set=None if settings.question else question_set(settings.questions or DEFAULT_SET),
            generation=generation(entry, settings),
            aliases=chosen.aliases,
            label=label,
            files=settings.files,
            references=chosen.references,
        )
        for entry in entries
    )
    return made, chosen.catalogue


class _Chosen(Struct, frozen=True):
    """The images of a run, and how they were chosen."""

    catalogue: Catalogue
    """Of the folder that they are from."""
    images: tuple[PlannedImage, ...]
    """With their references."""
    selection: Selection
    aliases: Mapping[str, str]
    references: References | UnsetType


def _choose(
    settings: Settings,
    questions: Sequence[Question],
    classes: ClassSet,
    images: tuple[PlannedImage, ...] | None,
) -> _Chosen:
    """Return the images that the settings select, or `images`, of a shard its part; raises `UsageError`."""
    rubric, frames = load_rubric(settings.rubric), frames_of(settings)
    root = Path(os.path.abspath(settings.images)) if settings.images else samples_dir()  # noqa: PTH100
    catalogue = scan(root)
    aliases = checked_aliases(settings.alias, rubric, classes, {image.category for image in catalogue.images})
    selection = Selection()
    if images is None:
        selection, files = selection_of(settings), catalogue.images
        if settings.images_from:
            listed = listed_images(settings.images_from, catalogue, aliases, rubric)
            selection, files = replace(selection, images_from=listed.image_list), listed.images
        images = expand(select(files, selection), root, frames)
    chosen = without_references(images)
    references: References | UnsetType = UNSET
    if settings.references:
        found = read_references(settings.references, chosen, questions, aliases, rubric)
        chosen, references = found.images, found.references
    if settings.shard and (shard := shard_of(settings.shard)):
        part, chosen, references = part_of(*shard, chosen, references)
        selection = replace(selection, shard=part)
    return _Chosen(catalogue, chosen, selection, aliases, references)


def deadlines(settings: Settings) -> Deadlines:
    """Return the worker's deadlines from the settings."""
    return Deadlines(
        load=settings.load_timeout,
        first_token=settings.first_token_timeout,
        token=settings.token_timeout,
        server=settings.server_patience,
    )


def estimate(job: Job, *, ask_hub: bool) -> Estimate:
    """Return the estimate of a job; `ask_hub` as for `preflight.inspection.look`, which may wait for it."""
    found = look(
        job.plan.engine or TRANSFORMERS,
        job.plan.model,
        max_new_tokens=job.generation.most_tokens or 0,
        ask_hub=ask_hub,
        trusted=job.plan.trust_remote_code,
        allow_pickle=job.plan.allow_pickle,
        device=job.plan.device,
    )
    return Estimate(
        len(job.plan.images), len(job.questions), len(job.plan.images) * len(job.questions), found
    )


def _check_entries(entries: Sequence[ModelEntry], settings: Settings) -> None:
    """Check that models can be asked for what the settings say; raises `UsageError`."""
    check_together(entries, settings)
    for entry in entries:
        _check_server(entry, settings)
        check_files(entry, settings)
    if engine_of(settings):
        find(settings.engine, settings.engines, os.environ)


def check_together(entries: Iterable[ModelEntry], settings: Settings) -> None:
    """Check, without reading anything, that settings go with each other and with the models.

    Raises:
        UsageError: two exclude each other, or a model cannot be asked for what they say.
    """
    if settings.question and settings.questions:
        raise UsageError("--question and --questions exclude each other: give one of them")
    frames_of(settings)
    if settings.devices and settings.device != SETTINGS["device"].default:
        raise UsageError("--device and --devices exclude each other: give one of them")
    if is_device_list(settings.device) and not settings.device.startswith("cuda:"):
        raise UsageError(
            f"--device {settings.device}: it names one device, as cpu or cuda:0; a list is for --devices"
        )
    if not is_device(settings.device):
        raise UsageError(
            f"--device '{quoted(settings.device, 40)}': expected auto, cpu, cuda, cuda:1, mps or xpu"
        )
    if settings.devices and engine_of(settings):
        raise UsageError(
            f"--devices is for answers by transformers, and {settings.engine} runs once: leave "
            "--devices out, or give --device auto where the settings have it"
        )
    for entry in entries:
        chosen = with_choices(entry, settings)
        if settings.devices and is_endpoint(entry.source):
            raise UsageError(load_errors.server_devices(entry.name))
        if is_endpoint(entry.source) and chosen.max_tiles is not None:
            raise UsageError(load_errors.server_cuts(entry.name))
        if engine_of(settings) and (why := limits.refusal(settings.engine, chosen, settings.device)):
            raise UsageError(why)


def check_files(entry: ModelEntry, settings: Settings) -> None:
    """Check, by the files of a model and its LoRA, that they are for the engine. Reads them.

    Raises:
        UsageError: they are for another, or the engine would not apply the LoRA whole.
    """
    source = located(entry).source
    if is_endpoint(source):
        return
    found = None if is_hub_id(source) else gguf.in_folder(Path(source))
    if why := gguf.refusal(entry.name, source, found, llama_cpp=settings.engine == LLAMA_CPP):
        raise UsageError(why.message)
    if engine_of(settings):
        lora_of(settings.engine, located(entry))


def questions_of(settings: Settings) -> tuple[Question, ...]:
    """Return the questions that the settings ask; raises `UsageError`."""
    check_together((), settings)
    if settings.questions:
        return load_questions(settings.questions)
    if settings.question:
        return questions_from_texts(settings.question)
    return (DEFAULT_QUESTION,)


def frames_of(settings: Settings) -> Frames:
    """Return the frames to take from files with several; raises `UsageError`."""
    if settings.frames and settings.frame:
        raise UsageError("--frames and --frame exclude each other: give one of them")
    return Frames(settings.frames, settings.frame)


def engine_of(settings: Settings) -> str | UnsetType:
    """Return the engine that the settings ask for; nothing where that is transformers in our worker."""
    return UNSET if settings.engine == TRANSFORMERS else settings.engine


def with_choices(entry: ModelEntry, settings: Settings) -> ModelEntry:
    """Return a model as it will be loaded: the settings override its entry.

    Its LoRA stays as it is: with another one it is another model, which `models.lora.resolve` finds.
    """
    names = (one.name for one in SETTINGS.values() if one.entry_default and one.name != "lora")
    return replace(entry, **{name: value for name in names if (value := getattr(settings, name)) is not None})


def generation(entry: ModelEntry, settings: Settings) -> Generation:
    """Return a model's generation settings: batches on this machine, parallel requests to a server."""
    sample, engine = settings.temperature > 0, engine_of(settings)
    served = is_endpoint(entry.source) or engine is not UNSET
    values = {name: getattr(settings, name) for name in Generation.__struct_fields__ if name in SETTINGS}
    unused = {} if sample else dict.fromkeys(SAMPLING)
    at_once: dict[str, Any] = {"concurrency": UNSET}
    if served:  # of an engine it is known once that is started, unless it is asked for
        default = UNSET if engine is not UNSET else REQUESTS
        at_once = {"batch_size": 1, "concurrency": settings.concurrency or default}
    thinking: dict[str, Any] = {
        "thinking": UNSET if settings.thinking == "auto" else settings.thinking,
        "max_thinking_tokens": settings.max_thinking_tokens or UNSET,
    }
    sent: dict[str, Any] = {
        "image_format": settings.image_format if served else UNSET,
        "image_quality": settings.image_quality if served and settings.image_format != "png" else UNSET,
        "image_detail": settings.image_detail or UNSET if served else UNSET,
    }
    extra = settings_of(parse(entry.source), settings.servers).extra if is_endpoint(entry.source) else {}
    sent["extra"] = extra or UNSET
    return Generation(do_sample=sample, **values | unused | at_once | thinking | sent)


def _check_server(entry: ModelEntry, settings: Settings) -> None:
    if is_endpoint(entry.source):
        server = parse(entry.source)
        check_allowed(server, settings.allow_host)
        own = settings_of(server, settings.servers)
        key_of(server, entry.api_key_env or own.api_key_env, os.environ)
        headers_of(server, settings.servers, os.environ)


def selection_of(settings: Settings) -> Selection:
    """Return which of the images the settings select; a list of images is for who reads it to add."""
    return Selection(
        categories=settings.category or None,
        per_category=settings.per_category,
        limit=settings.limit,
        shuffle=settings.shuffle,
        frames=settings.frames or UNSET,
        frame=settings.frame or UNSET,
    )
