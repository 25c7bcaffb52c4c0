"""A model's requirements, put together: pure, from what is known of its files."""

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.core.records import ModelEntry, Resolution
from fada_tui.models import model_config
from fada_tui.models.checkpoint import CheckpointFiles
from fada_tui.models.installed import Installed, installed
from fada_tui.models.load_errors import Refusal
from fada_tui.models.obstacles import Candidate, needs_own_code, obstacles, packages
from fada_tui.models.resolution import RefusedError
from fada_tui.runs.preflight.image_tokens import ImageTokens, image_tokens, own_resolution
from fada_tui.runs.preflight.kv_cache import values_per_token
from fada_tui.runs.preflight.memory_fit import Need
from fada_tui.runs.preflight.weights import FULL, Weighed, bytes_at, margin, weigh

QUESTION_TOKENS = 128
"""Tokens that a question with its template is counted as."""

PRECISIONS = ("float32", "bfloat16", "8bit", "4bit")
"""Those that are always told; `float16` takes what `bfloat16` does."""


class Requirements(Struct, frozen=True, kw_only=True):
    """What is known of a model before it is loaded. `None` is unknown."""

    origin: str
    """What it is told from: `folder`, `cache`, `hub`, `server` where it runs behind one, or `list` where its
    files are out of reach."""
    here: bool
    """Its weights are on this machine."""
    download: int | None
    """Bytes of the weights' files."""
    revision: str | None = None
    architecture: str | None = None
    model_type: str | None = None
    weighed: Weighed = Weighed(None, None, None)
    dtype: str | None = None
    """As it was saved."""
    precision: str | None = None
    """As it will be loaded."""
    needs: tuple[Need, ...] = ()
    """Memory, by precision, the largest first."""
    image: ImageTokens | None = None
    asked: Resolution = Resolution()
    """The resolution that images will be seen in, where it is not the checkpoint's own."""
    resolution: Resolution = Resolution()
    """The checkpoint's own, as far as one of the options stands for it."""
    values_per_token: int | None = None
    tokens: int = 0
    """Of image, question and answer, that the cache is counted for."""
    gated: bool | None = None
    pickle_only: bool | None = None
    own_code: bool | None = None
    packages: tuple[str, ...] = ()
    """Packages that it needs beside those that come with the program, installed or not."""
    license: str | None = None
    obstacles: tuple[Refusal, ...] = ()

    @property
    def need(self) -> Need | None:
        """Memory as it will be loaded."""
        return next((need for need in self.needs if need.precision == self.precision), None)


def requirements(
    entry: ModelEntry,
    where: str,
    files: CheckpointFiles | None,
    *,
    max_new_tokens: int,
    refusal: Refusal | None = None,
    trusted: bool = False,
    allow_pickle: bool = False,
    here: Installed | None = None,
) -> Requirements:
    """Return what a model needs.

    Args:
        entry: the model as it will be loaded.
        where: its folder or hub id, for messages.
        files: what is known of its files; `None` for nothing.
        max_new_tokens: the longest answer.
        refusal: why the hub gives no more.
        trusted: its repository's own code may run.
        allow_pickle: its weights may be pickles.
        here: what is installed; by default looked up.
    """
    weighed = weigh(files, entry.parameters)
    here = here or installed()
    told = (refusal,) if refusal else ()
    if files is None or "config.json" not in files.documents:
        known = (
            ()
            if files is None or refusal or entry.fetched_by_hand
            else _without_config(entry, where, files, here)
        )
        precision = entry.quantization or (entry.dtype if entry.dtype != "auto" else None)
        return Requirements(
            origin=files.origin if files else "list",
            here=files is not None and files.origin != "hub" and bool(files.weight_bytes),
            download=files.weight_bytes if files else None,
            revision=files.revision if files else None,
            weighed=weighed,
            precision=precision,
            needs=_needs(weighed, precision, 0),
            gated=_gated(files, refusal),
            license=(files.license if files else None) or entry.license,
            obstacles=(*told, *known),
        )
    config = files.documents["config.json"]
    architecture = here.transformers.class_of(config)
    asked = entry.asked_resolution
    ranks = architecture in here.adapters.ranking
    image, unseen = (None, None) if ranks else _image(entry.name, config, files, asked)
    values = 0 if ranks else values_per_token(config, files.tensors)
    tokens = 0 if ranks else (image.count if image else 0) + QUESTION_TOKENS + max_new_tokens
    precision = _precision(entry, files)
    # A cache that lacks the weights may lack other files that the repository has.
    partial = files.origin == "cache" and files.weight_bytes is None
    found = (
        ()
        if refusal or partial
        else obstacles(
            Candidate(
                name=entry.name,
                where=where,
                files=files,
                here=here,
                trusted=trusted,
                allow_pickle=allow_pickle,
            )
        )
    )
    return Requirements(
        origin=files.origin,
        here=files.origin != "hub" and bool(files.weight_bytes),
        download=files.weight_bytes,
        revision=files.revision,
        architecture=architecture,
        model_type=str(config["model_type"]) if "model_type" in config else None,
        weighed=weighed,
        dtype=files.dtype,
        precision=precision,
        needs=_packed(files, precision, (values or 0) * tokens)
        if model_config.quantization(config) is not None
        else _needs(weighed, precision, (values or 0) * tokens),
        image=image,
        values_per_token=values,
        tokens=tokens,
        gated=_gated(files, refusal),
        pickle_only=None if partial else bool(files.pickled) and not files.safe,
        own_code=needs_own_code(config, here.transformers),
        packages=() if partial else tuple(package.name for package in packages(files, here.transformers)),
        license=files.license or entry.license,
        resolution=own_resolution(config, files.documents),
        asked=asked,
        obstacles=(*told, *found, *([unseen] if unseen else [])),
    )


def _image(
    name: str, config: model_config.Config, files: CheckpointFiles, asked: Resolution
) -> tuple[ImageTokens | None, Refusal | None]:
    """The tokens of an image, or why the model cannot see one as it is asked to."""
    try:
        return image_tokens(config, files.documents, asked), None
    except RefusedError as error:
        return None, Refusal(ErrorKind.LOAD, f"{name}: {error}")


def _without_config(
    entry: ModelEntry, where: str, files: CheckpointFiles, here: Installed
) -> tuple[Refusal, ...]:
    return tuple(
        obstacles(
            Candidate(name=entry.name, where=where, files=files, here=here, trusted=False, allow_pickle=False)
        )
    )


def _precision(entry: ModelEntry, files: CheckpointFiles) -> str:
    if (saved := model_config.quantization(files.config)) is not None:
        return str(saved.get("quant_method", "quantised"))
    return entry.quantization or files.dtype_to_load(entry.dtype)


def _needs(weighed: Weighed, precision: str | None, values: int) -> tuple[Need, ...]:
    """What each precision takes, for so many numbers in the cache."""
    other = {"float16": "bfloat16", "bfloat16": "float16"}.get(precision or "")
    names = [precision if one == other and precision else one for one in PRECISIONS]
    return tuple(
        Need(precision=name, weights=size, cache=values * FULL.get(name, 2), margin=margin(size))
        for name in names
        if (size := bytes_at(name, weighed)) is not None
    )


def _packed(files: CheckpointFiles, precision: str, values: int) -> tuple[Need, ...]:
    """What a checkpoint that was saved quantised takes: its files' size."""
    size = files.weight_bytes
    if size is None:
        return ()
    return (Need(precision=precision, weights=size, cache=values * 2, margin=margin(size)),)


def _gated(files: CheckpointFiles | None, refusal: Refusal | None) -> bool | None:
    if refusal is not None and refusal.kind is ErrorKind.GATED:
        return True
    return files.gated if files else None
