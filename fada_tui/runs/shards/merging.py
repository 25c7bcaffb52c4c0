"""One run made of the shards of a plan, as if it had been made as one. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui import __version__
from fada_tui.core import shards
from fada_tui.core.control import control_keys
from fada_tui.core.errors import UsageError
from fada_tui.core.records import (
    EngineFacts,
    Environment,
    MergedShard,
    ModelFacts,
    ModelMemory,
    Notes,
    Plan,
    PlannedImage,
    References,
    Result,
    Run,
    Shard,
    Tool,
    UnknownFields,
)
from fada_tui.store.fold import highest

CONTROLS_DIFFER = (
    "the shards do not agree about the control pictures: their machines or versions answer differently"
)
SIZES_DIFFER = (
    "the control pictures are of another size in each shard, the median of its own images: "
    "the answers about those of the first shard are kept"
)


def merged(runs: Sequence[Run], id: str, telemetry: Sequence[str | None]) -> tuple[Run, tuple[str, ...]]:
    """Return one run of the shards of a plan, and what there is to tell.

    Nothing in it is scored anew: it has still the scores of its shards, and the figures of the first one.

    Args:
        runs: all shards with images, from 1 (`check.in_order`).
        id: of the new run.
        telemetry: of each shard the name of its copy, if it has any.

    Raises:
        UsageError: a shard has other images than its plan had.
    """
    images = _images(runs)
    first = runs[0]
    everything = {result.key: result for run in runs for result in run.results}
    planned = [(image.path, question.id) for image in images for question in first.questions]
    if lacking := next((key for key in planned if key not in everything), None):
        raise UsageError(f"no shard has a result of {lacking[0]} for {lacking[1]}: see fada-tui runs check")
    place = {key: number for number, key in enumerate(planned)}
    results = sorted(everything.values(), key=lambda result: place.get(result.key, len(place)))
    pictures, remarks = _controls(runs)
    made = replace(
        first,
        id=id,
        status="complete",
        started=min((run.started for run in runs if run.started), default=None),
        finished=max((run.finished for run in runs if run.finished), default=None),
        tool=Tool(name="fada-tui", version=__version__),
        environment=_environment(runs),
        model=_model(runs),
        devices=UNSET,
        engine=_engine([run.engine for run in runs if run.engine]),
        dataset=replace(
            first.dataset,
            categories=dict(Counter(image.category for image in images)),
            images=len(images),
            selection=replace(first.dataset.selection, shard=UNSET),
        ),
        merged=tuple(_record(run, name) for run, name in zip(runs, telemetry, strict=True)),
        results=tuple(results),
        references=_references([run.references for run in runs]),
        controls=pictures or UNSET,
        looking=UNSET,
        images_found=tuple(found for run in runs for found in run.images_found or ()) or UNSET,
        notes=_notes([run.notes for run in runs]),
        error=UNSET,
        plan=_plan(runs, images),
        unknown_fields=_unknown(runs),
    )
    return made, remarks


def _shard(run: Run) -> Shard:
    assert run.dataset.selection.shard is not UNSET
    return run.dataset.selection.shard


def _images(runs: Sequence[Run]) -> tuple[PlannedImage, ...]:
    """Return the images of the whole plan; raises `UsageError` if they are not those that it had."""
    images = shards.whole([_images_of(run) for run in runs])
    whole = _shard(runs[0])
    if shards.identity((image.path, image.category) for image in images) != whole.sha256:
        raise UsageError(
            f"the shards have other images than their plan, of {whole.images:,}: see fada-tui runs check"
        )
    return images


def _images_of(run: Run) -> tuple[PlannedImage, ...]:
    """Return the images of a run, in its order: the plan's while it has one, else those of its results."""
    if run.plan is not UNSET:
        return run.plan.images
    asked = {question.id for question in run.questions}
    known = {result.path: result for result in reversed(run.results) if result.question_id in asked}
    return tuple(
        PlannedImage(image=one.image, category=one.category, path=one.path, patient=one.patient)
        for one in reversed(known.values())
    )


def _record(run: Run, telemetry: str | None) -> MergedShard:
    return MergedShard(
        run=run.id,
        number=_shard(run).number,
        images=run.dataset.images,
        started=run.started,
        finished=run.finished,
        tool=run.tool,
        environment=run.environment,
        engine=run.engine,
        device=run.model.device,
        devices=run.devices,
        load_time=run.model.load_time,
        memory=run.model.memory,
        telemetry=telemetry or UNSET,
    )


def _environment(runs: Sequence[Run]) -> Environment:
    """Return where the shards were made: of several versions or machines all, one after another."""
    each = [run.environment for run in runs]
    if all(one == each[0] for one in each):
        return each[0]
    sizes = {one.memory_total for one in each}
    return replace(
        each[0],
        python=_joined(one.python for one in each),
        platform=_joined(one.platform for one in each),
        torch=_joined(one.torch for one in each),
        transformers=_joined(one.transformers for one in each),
        cuda=_joined(one.cuda for one in each),
        driver=_joined(one.driver for one in each),
        gpus=tuple(dict.fromkeys(gpu for one in each for gpu in one.gpus)),
        cpu=_joined(one.cpu for one in each),
        memory_total=sizes.pop() if len(sizes) == 1 else None,
    )


def _engine(each: Sequence[EngineFacts]) -> EngineFacts | UnsetType:
    """Return what answered the shards: of several versions all; the command where it was the same for all."""
    if not each:
        return UNSET
    same = all(one.command == each[0].command for one in each)
    return replace(
        each[0],
        version=_joined(one.version for one in each),
        command=each[0].command if same else (),
    )


def _joined(values: Iterable[str | None]) -> str | None:
    return ", ".join(dict.fromkeys(value for value in values if value)) or None


def _model(runs: Sequence[Run]) -> ModelFacts:
    """Return the model's facts: the longest loading, and of one worker's memory the highest peaks."""
    each = [run.model for run in runs]
    devices = {one.device for one in each}
    left_out = dict.fromkeys(field for one in each for field in one.left_out or ())
    return replace(
        each[0],
        device=devices.pop() if len(devices) == 1 else None,
        left_out=tuple(left_out) or UNSET,
        load_time=max((one.load_time for one in each if one.load_time is not None), default=None),
        memory=_memory([one.memory for one in each]),
    )


def _memory(each: Sequence[ModelMemory]) -> ModelMemory:
    return replace(
        each[0],
        weights=highest(*(one.weights for one in each)),
        torch_peak_allocated=highest(*(one.torch_peak_allocated for one in each)),
        torch_peak_reserved=highest(*(one.torch_peak_reserved for one in each)),
        nvml_process_peak=highest(*(one.nvml_process_peak for one in each)),
        worker_rss_peak=highest(*(one.worker_rss_peak for one in each)),
    )


def _controls(runs: Sequence[Run]) -> tuple[tuple[Result, ...], tuple[str, ...]]:
    """Return an answer about each control picture, of the first shard that has one; say if others differ.

    Answers about pictures of different sizes may differ for no other reason.
    """
    found: dict[tuple[str, str], Result] = {}
    said: dict[tuple[tuple[str, str], int | None, int | None], set[str]] = {}
    for run in runs:
        for result in run.controls or ():
            known = found.setdefault(result.key, result)
            if known.error is not None and result.error is None:
                found[result.key] = result
            if result.response is not None:
                said.setdefault((result.key, result.width, result.height), set()).add(result.response)
    order = {key: number for number, key in enumerate(control_keys(runs[0].questions))}
    pictures = sorted(found.values(), key=lambda result: order.get(result.key, len(order)))
    remarks = [CONTROLS_DIFFER] if any(len(answers) > 1 for answers in said.values()) else []
    if len({(width, height) for _, width, height in said}) > 1:
        remarks.append(SIZES_DIFFER)
    return tuple(pictures), tuple(remarks)


def _references(each: Sequence[References | UnsetType]) -> References | UnsetType:
    """Return how experts' answers went with all shards.

    Shards that were planned have counted what is of no image of the whole plan; those that were given
    references later, what is of none of their own.
    """
    known = [one for one in each if one is not UNSET]
    if not known:
        return UNSET
    first = known[0]
    of_the_plan = all(one.unmatched == first.unmatched for one in known)
    rows = []
    for place, row in enumerate(first.questions):
        same = [one.questions[place] for one in known]
        matched = sum(one.matched for one in same)
        all_of_file = row.matched + row.unmatched
        left = row.unmatched if of_the_plan or row.question_id is None else all_of_file - matched
        rows.append(replace(row, matched=matched, of=sum(one.of for one in same), unmatched=left))
    nowhere = [image for image in first.unmatched if all(image in one.unmatched for one in known)]
    others = [
        _references([(one.others or ())[place] for one in known]) for place in range(len(first.others or ()))
    ]
    return replace(
        first,
        matched=sum(one.matched for one in known),
        of=sum(one.of for one in known),
        unmatched=tuple(nowhere),
        questions=tuple(rows),
        remarks=tuple(dict.fromkeys(remark for one in known for remark in one.remarks)),
        others=tuple(one for one in others if one is not UNSET) or UNSET,
    )


def _notes(each: Sequence[Notes]) -> Notes:
    """Return what was written about the shards, each text once."""

    def texts(values: Iterable[str | UnsetType | None]) -> str | None:
        return "\n\n".join(dict.fromkeys(value for value in values if value)) or None

    return replace(
        each[0],
        strengths=tuple(dict.fromkeys(entry for one in each for entry in one.strengths)),
        weaknesses=tuple(dict.fromkeys(entry for one in each for entry in one.weaknesses)),
        conclusion=texts(one.conclusion for one in each),
        recommendation=texts(one.recommendation for one in each),
        technical=texts(one.technical for one in each) or UNSET,
    )


def _plan(runs: Sequence[Run], images: tuple[PlannedImage, ...]) -> Plan | UnsetType:
    """Return the whole plan where a shard still has its own: some of its results are errors."""
    known = next((run.plan for run in runs if run.plan is not UNSET), UNSET)
    return UNSET if known is UNSET else replace(known, images=images)


def _unknown(runs: Sequence[Run]) -> UnknownFields | UnsetType:
    fields = UnknownFields()
    for run in reversed(runs):
        fields |= run.unknown_fields or {}
    return fields or UNSET
