"""The last part of the page: Technical Notes, Files Generated, and the model's place in the testing list."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.schema import SAMPLING, SETTINGS
from fada_tui.core.records import (
    Environment,
    Generation,
    ImageFormat,
    MergedShard,
    ModelEntry,
    ModelFacts,
    Run,
    ServerFacts,
)
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.models.endpoint import is_endpoint, parse, place_of
from fada_tui.report import units
from fada_tui.report.command import reproducing_command, verifying_command
from fada_tui.report.devices import of_shard
from fada_tui.report.figures import Figures, imported
from fada_tui.report.markdown import bullet, fenced, inline, name
from fada_tui.report.notes import written


def technical_notes(run: Run, found: Figures) -> list[str]:
    """Return the section Technical Notes: a person's, and how the model was used."""
    model, writes = run.model, run.classes is UNSET
    noted = written(run.notes.technical or None, below=2)
    return [
        "## Technical Notes",
        "",
        *([*noted, "", "### Settings", ""] if noted else []),
        *bullet("Run", f"{name(run.id)}, by {name(run.tool.name)} {name(run.tool.version)}"),
        *bullet("Adapter", model.adapter and name(model.adapter)),
        *bullet("Architecture", model.architecture and name(model.architecture)),
        *bullet("Attention", name(how) if (how := model.attention) else None),
        *bullet("Image Processor", name(images) if (images := model.image_processor) else None),
        *_served(run),
        *bullet("Revision", model.revision and name(model.revision)),
        *_lora(model),
        *bullet("License", model.license and name(model.license)),
        *bullet("Image Tokens per Image", units.span(*found.image_tokens) if found.image_tokens else None),
        *bullet("Prompt Tokens", units.span(*found.prompt_tokens) if found.prompt_tokens else None),
        *(bullet("Generation", _generation(run.generation) or "settings unknown") if writes else []),
        *(bullet("Rubric", _rubric(run)) if writes else []),
        *bullet("Versions", _versions(run.environment) or "unknown"),
        *bullet("Machine", _machine(run.environment)),
        *bullet("Processor Threads", _threads(run)),
        *_shards(run),
        *bullet("DICOM Images", _dicom(run)),
        "",
    ]


def _lora(model: ModelFacts) -> list[str]:
    """Return the note on the LoRA that was applied to a model: whence, what it changes, and its files."""
    lora = model.lora
    if lora is UNSET:
        return []
    on = f"on {', '.join(map(name, lora.targets))}" if lora.targets else None
    parts = (
        name(lora.source),
        f"revision {name(lora.revision)}" if lora.revision else None,
        f"rank {lora.rank}" if lora.rank is not None else None,
        on,
        f"applied by peft {name(lora.peft)}" if lora.peft else None,
        *(f"SHA-256 of {name(file)} {name(digest)}" for file, digest in lora.sha256.items()),
    )
    return bullet("LoRA", ", ".join(part for part in parts if part))


def _served(run: Run) -> list[str]:
    """Return the notes on a model behind a server or engine: which, and what its times mean."""
    place, at_once = place_of(run.model.source), run.generation.concurrency
    if run.engine is UNSET and place is None:
        return []
    served = f", as {name(run.model.served)}" if run.model.served is not UNSET else ""
    several = at_once is not UNSET and at_once > 1
    waits = (
        f", up to {at_once} requests at once, so that times include waiting for each other" if several else ""
    )
    facts = ServerFacts() if run.model.server is UNSET else run.model.server
    program = " ".join(name(word) for word in (facts.name, facts.version) if word)
    context = f"a context of {facts.context:,} tokens" if facts.context else ""
    said = ", ".join(filter(None, (program, context)))
    if run.engine is not UNSET:
        command = shlex.join(run.engine.command)
        return [
            *bullet("Engine", f"{name(run.engine.label)}, started for the run{waits}"),
            *bullet("Engine's Command", name(command) if command else None),
            *bullet("Images Sent", _sent(run)),
        ]
    return [
        *bullet("Served by", f"{name(place or '')}{served}{waits}"),
        *bullet("Server", said or None),
        *bullet("Images Sent", _sent(run)),
    ]


def _sent(run: Run) -> str | None:
    """Return how images were encoded for a server; `None` if the run does not say."""
    kind, quality = run.generation.image_format, run.generation.image_quality
    if kind is UNSET:
        return None
    lossy = "losslessly" if kind == "png" else "lossily" if quality is UNSET else f"quality {quality}"
    detail = run.generation.image_detail
    edge = run.model.longest_edge
    parts = [
        f"as {_FORMATS[kind]}, {lossy}",
        f"at most {edge:,} pixels a side" if edge is not UNSET else None,
        f"detail {detail}" if detail is not UNSET else None,
    ]
    return ", ".join(part for part in parts if part)


_MOST_SHARDS = 16
"""Shards that are listed; the run's record has all."""

_FORMATS: Mapping[ImageFormat, str] = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}

_WORDED = {
    "max_new_tokens": "at most {:,} new tokens",
    "max_thinking_tokens": "at most {:,} more of thoughts",
    "top_p": "top-p {}",
}
"""Page texts of settings that are not called by their names."""


def _generation(generation: Generation) -> str | None:
    sampling = {None: None, True: "sampled", False: "greedy"}[generation.do_sample]
    parts = [
        sampling,
        *_numbers(generation),
        f"thinking {generation.thinking}" if generation.thinking else None,
        units.at_most_together(generation.batch_size) if generation.concurrency is UNSET else None,
        f'system prompt "{inline(generation.system_prompt)}"' if generation.system_prompt else None,
    ]
    return ", ".join(part for part in parts if part) or None


def _numbers(generation: Generation) -> list[str]:
    """Return the numeric settings in words, except the batch size, which stands elsewhere."""
    left_out = {"batch_size", "concurrency", "image_quality", *(() if generation.do_sample else SAMPLING)}
    names = [name for name in generation.__struct_fields__ if name in SETTINGS and name not in left_out]
    numbers = ((name, getattr(generation, name)) for name in names)
    return [
        _WORDED.get(name, f"{name.replace('_', ' ')} {{}}").format(value)
        for name, value in numbers
        if isinstance(value, int | float)
    ]


def _versions(environment: Environment) -> str | None:
    parts = (
        ("Python", environment.python),
        ("torch", environment.torch),
        ("transformers", environment.transformers),
        ("CUDA", environment.cuda),
        ("driver", environment.driver),
    )
    return ", ".join(f"{label} {name(value)}" for label, value in parts if value) or None


def _dicom(run: Run) -> str | None:
    """Return how many images were DICOM files and which devices made them; `None` if none was."""
    found = {
        result.path: result.dicom
        for result in run.results
        if result.dicom is not UNSET or names_dicom([result.path])
    }
    if not found:
        return None
    devices = Counter(
        " ".join(part for part in (facts.manufacturer, facts.model, facts.modality) if part)
        for facts in found.values()
        if facts is not UNSET
    )
    made_by = "".join(f"; {name(device)} {count:,}" for device, count in sorted(devices.items()) if device)
    return f"{len(found):,} of {run.dataset.images:,}{made_by}. {BURNED_IN}."


def _rubric(run: Run) -> str | None:
    """Return the rubric that answers were scored by, with its SHA-256; `None` where none was scored."""
    scoring = run.scoring
    return None if scoring is UNSET else f"{name(scoring.rubric)}, SHA-256 {name(scoring.rubric_sha256)}"


def _machine(environment: Environment) -> str | None:
    gpus = [
        name(gpu.name) + (f" with {units.memory(gpu.memory_total)}" if gpu.memory_total is not None else "")
        for gpu in environment.gpus
    ]
    memory = environment.memory_total
    parts = [
        environment.platform and name(environment.platform),
        environment.cpu and name(environment.cpu),
        f"{units.memory(memory)} of memory" if memory is not None else None,
        *gpus,
    ]
    return ", ".join(part for part in parts if part) or None


def _threads(run: Run) -> str | None:
    """Return the fewest and the most threads that answers were computed with; `None` if no CPU did it."""
    numbers = {result.threads for result in run.results if result.threads is not UNSET}
    return units.span(min(numbers), max(numbers)) if numbers else None


def prompt(run: Run) -> list[str]:
    """Return the first prompt as it was sent, or all prompts of the classes; empty if unknown."""
    if run.classes is not UNSET:
        lines = [f"{one.name}: {prompt}" for one in run.classes.classes for prompt in one.prompts]
        return [*fenced("\n".join(lines)), ""]
    for result in run.results:
        if result.prompt == "":
            return ["None: the model was given the image alone, and no question.", ""]
        if result.prompt is not None:
            how = "the chat template rendered it" if run.model.adapter == "chat" else "it was sent"
            return [f"As {how} for {name(result.image)}:", "", *fenced(result.prompt), ""]
    return []


def command(run: Run, entries: Sequence[ModelEntry]) -> list[str]:
    """Return the command that reproduces the run, and the one that verifies it."""
    model = run.model
    listed = any(entry.name == model.name and entry.source == model.source for entry in entries)
    reproducing = reproducing_command(run, model.name if listed else _source(model))
    if reproducing is None:
        return ["Unknown: the data do not say how these results were made.", ""]
    lines = [*fenced(reproducing, language="bash"), ""]
    if verifying := verifying_command(run):
        lines += ["A sample of these answers, made again one at a time and compared:", ""]
        lines += [*fenced(verifying, language="bash"), ""]
    return lines


def _source(model: ModelFacts) -> str:
    """Return the model's source, for a server with the model's name, as it may serve others later."""
    if model.source and is_endpoint(model.source) and model.served is not UNSET:
        return replace(parse(model.source), model=model.served).source
    return model.source or model.name


def _shards(run: Run) -> list[str]:
    """Return when and where the shards were made that a run is of."""
    if run.merged is UNSET:
        return []
    first = run.merged[0]
    alike = all(one.environment == first.environment and _engine(one) == _engine(first) for one in run.merged)
    told = [
        f"  - {shard.number}: {name(shard.run)}, {', '.join(_made(shard, alike=alike))}"
        for shard in run.merged[:_MOST_SHARDS]
    ]
    more = len(run.merged) - len(told)
    return [
        f"- **Shards**: {units.count(len(run.merged), 'run')}, each of its own images. Times of answers are "
        "those where each was made, the load time is the longest, and memory is one worker's at most",
        *told,
        *([f"  - and {more:,} more, in `run.json`"] if more else []),
    ]


def _engine(shard: MergedShard) -> tuple[object, ...] | None:
    return shard.engine.started_as if shard.engine else None


def _made(shard: MergedShard, *, alike: bool) -> Iterator[str]:
    """Yield what is told of a shard; of its machine only where not all are of the same."""
    yield units.count(shard.images, "image")
    if shard.started:
        yield " to ".join(
            units.moment(time) or inline(time) for time in (shard.started, shard.finished) if time
        )
    if device := of_shard(shard):
        yield f"on {name(device)}"
    if shard.engine and not alike:
        yield f"by {name(shard.engine.label)}"
    if not alike:
        yield from filter(None, (_machine(shard.environment), _versions(shard.environment)))


def files(run: Run, *, details: bool) -> list[str]:
    """Return the section Files Generated; an imported run had no worker."""
    lines = ["- `run.json` - Raw results data", "- `summary.md` - This page"]
    lines += ["- `details.md` - What has no room on it"] if details else []
    if run.merged is not UNSET:
        copies = [shard.telemetry for shard in run.merged if shard.telemetry is not UNSET]
        ends = copies[:1] + copies[1:][-1:]
        told = ", ".join(f"`{copy}`" for copy in ends) if len(copies) < 3 else f"`{ends[0]}` … `{ends[1]}`"
        lines += [f"- {told} - Memory, utilisation, power and temperature over each shard"] if copies else []
    elif not imported(run):
        lines += ["- `telemetry.csv` - Memory, utilisation, power and temperature over the run"]
        lines += ["- `worker.log` - What the libraries printed"]
        lines += ["- `engine.log` - What the engine printed"] if run.engine is not UNSET else []
    return ["## Files Generated", "", *lines, ""]


def testing_list(run: Run, entries: Sequence[ModelEntry], upcoming: ModelEntry | None) -> list[str]:
    """Return the model's place in the testing list, and the next model."""
    entry = _entry(run, entries)
    return [
        "---",
        "",
        f"**Status in Testing List**: {_outcome(run)}{_place(entry)}",
        "",
        f"**Next Model**: {name(upcoming.name) + _place(upcoming) if upcoming else 'none left untested'}",
        "",
    ]


def _outcome(run: Run) -> str:
    if run.fruitless:
        return "❌ Failed" + (f": {inline(run.failure.message)}" if run.failure else "")
    return "✅ Tested" if run.status == "complete" else "⚠️ Interrupted"


def _place(entry: ModelEntry | None) -> str:
    if entry is None:
        return " (not in the list)"
    return f" (Item #{entry.order})" if entry.order is not None else ""


def _entry(run: Run, entries: Sequence[ModelEntry]) -> ModelEntry | None:
    """Return the run's entry by name, else by source: several entries may share a source."""
    by_name = (entry for entry in entries if entry.name == run.model.name)
    lora = run.model.lora.source if run.model.lora else None
    by_source = (entry for entry in entries if (entry.source, entry.lora) == (run.model.source, lora))
    return next(by_name, None) or next(by_source, None)
