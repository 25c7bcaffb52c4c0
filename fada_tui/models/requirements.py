"""What a model needs before it is loaded, computed without side effects from what is known of its files."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.core.records import ModelEntry, Resolution
from fada_tui.models import load_errors, lora_files
from fada_tui.models.checkpoint import CheckpointFiles
from fada_tui.models.gguf import GgufHeader
from fada_tui.models.image_tokens import ImageTokens, image_tokens, own_resolution
from fada_tui.models.load_errors import Refusal
from fada_tui.models.lora_files import LoraFiles
from fada_tui.models.memory import Need, Weighed, needs, precision_of, values_per_token, weigh, weights_at
from fada_tui.models.model_config import text
from fada_tui.models.obstacles import Candidate, needs_own_code, obstacles, packages
from fada_tui.models.remarks import remarks
from fada_tui.models.resolution import RefusedError

QUESTION_TOKENS = 128
"""Assumed tokens of a question with its template."""

UNKNOWN = CheckpointFiles(origin="list", sizes={}, documents={})
"""The description of files that are out of reach."""


class AddedLora(Struct, frozen=True, kw_only=True):
    """What a LoRA adds to a model's requirements. `None` is unknown."""

    source: str
    """Folder or hub id."""
    base: str | None
    """The model that it was made for, by its own word."""
    here: bool
    """Whether its weights are on this machine."""
    download: int | None
    """Bytes of its weights' file."""
    memory: int | None
    """Bytes of its weights as they are loaded."""
    parameters: int | None
    rank: int | None
    targets: tuple[str, ...]
    """The modules that it changes, as its configuration names them."""


class Requirements(Struct, frozen=True, kw_only=True):
    """The requirements of a model before it is loaded. `None` is unknown."""

    origin: str
    """What it is told from: `folder`, `cache`, `hub`, `server` where it runs behind one, or `list` where its
    files are out of reach."""
    here: bool
    """Whether its weights are on this machine."""
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
    """The requested image resolution, if it is not the checkpoint's own."""
    resolution: Resolution = Resolution()
    """The checkpoint's own resolution, if one of the options can express it."""
    values_per_token: int | None = None
    tokens: int = 0
    """Tokens of image, question and answer for which the cache is sized."""
    gated: bool | None = None
    pickle_only: bool | None = None
    own_code: bool | None = None
    packages: tuple[str, ...] = ()
    """Packages needed beyond those that the program includes, installed or not."""
    license: str | None = None
    obstacles: tuple[Refusal, ...] = ()
    remarks: tuple[str, ...] = ()
    """What its files ask for and is not followed."""
    lora: AddedLora | None = None
    """What its LoRA adds; the memory is counted in `needs`."""

    @property
    def need(self) -> Need | None:
        """Return the memory needed as it will be loaded."""
        return next((need for need in self.needs if need.precision == self.precision), None)


def of_server(entry: ModelEntry) -> Requirements:
    """Return the requirements of a model behind a server, which needs nothing here."""
    refusal = Refusal(ErrorKind.LOAD, load_errors.server_cuts(entry.name))
    return Requirements(
        origin="server",
        here=False,
        download=None,
        weighed=Weighed(entry.parameters, "the model list", None),
        obstacles=() if entry.max_tiles is None else (refusal,),
    )


def of_gguf(
    entry: ModelEntry,
    header: GgufHeader | None,
    download: int | None,
    obstacles: Sequence[Refusal],
    license: str | None = None,
) -> Requirements:
    """Return the requirements of a folder of GGUF files, which llama.cpp serves.

    Args:
        entry: the model.
        header: what its file says of itself.
        download: bytes of model and projector.
        obstacles: why it cannot be run.
        license: by what lies beside the files.
    """
    said = header or GgufHeader(tensors=0)
    precision = said.quantization or "as saved"
    return Requirements(
        origin="folder",
        here=download is not None,
        download=download,
        architecture=said.architecture,
        model_type="gguf",
        weighed=Weighed(entry.parameters, "the model list" if entry.parameters else None, None),
        dtype=said.quantization,
        precision=precision,
        needs=() if download is None else needs({precision: download}, 0),
        license=license or said.license or entry.license,
        obstacles=tuple(obstacles),
    )


def of_checkpoint(
    entry: ModelEntry,
    model: Candidate,
    *,
    max_new_tokens: int,
    refusal: Refusal | None = None,
    lora: LoraFiles | None = None,
    more: Sequence[Refusal] = (),
) -> Requirements:
    """Return the requirements of a model that is loaded here.

    Args:
        entry: the model as it will be loaded.
        model: its files, and what is installed and allowed here.
        max_new_tokens: the longest answer, thoughts included.
        refusal: why no more is known of its files.
        lora: the files of the LoRA that is applied to it.
        more: reasons beside these files why it cannot be run.
    """
    files, here, config = model.files, model.here, model.files.config
    # A cache that lacks the weights may lack other files that the repository has.
    whole = bool(config) and not (files.origin == "cache" and files.weight_bytes is None)
    architecture = here.transformers.class_of(config)
    prompt = _prompt(entry, files, max_new_tokens, ranks=architecture in here.adapters.ranking)
    weighed = weigh(files, entry.parameters)
    precision = precision_of(files, entry.dtype, entry.quantization)
    return Requirements(
        origin=files.origin,
        here=files.origin in ("folder", "cache") and bool(files.weight_bytes),
        download=files.weight_bytes,
        revision=files.revision,
        architecture=architecture,
        model_type=text(config, "model_type"),
        weighed=weighed,
        dtype=files.dtype,
        precision=precision,
        needs=needs(_with_lora(weights_at(files, weighed, precision), lora), prompt.cached),
        image=prompt.image,
        values_per_token=prompt.values_per_token,
        tokens=prompt.tokens,
        gated=True if refusal and refusal.kind is ErrorKind.GATED else files.gated,
        pickle_only=bool(files.pickled) if whole else None,
        own_code=needs_own_code(config, here.transformers) if config else None,
        packages=tuple(one.name for one in packages(files, here.transformers)) if whole else (),
        license=files.license or entry.license,
        resolution=own_resolution(config, files.documents),
        asked=entry.asked_resolution if config else Resolution(),
        remarks=(*remarks(files, flash=here.has_package("flash_attn")), *_of_lora(lora, entry)),
        obstacles=(
            *_refusals(entry, model, prompt, refusal, whole=whole),
            *more,
            *(_lora_refusals(model, lora) if lora else ()),
        ),
        lora=_added(lora),
    )


def _with_lora(weights: Mapping[str, int], lora: LoraFiles | None) -> Mapping[str, int]:
    """Return the bytes of weights at each precision with those of a LoRA, which no precision changes."""
    more = lora.memory or 0 if lora else 0
    return {precision: size + more for precision, size in weights.items()}


def _of_lora(lora: LoraFiles | None, entry: ModelEntry) -> Iterator[str]:
    if lora and (other := lora.made_for_other(entry.source)):
        yield other


def _lora_refusals(model: Candidate, lora: LoraFiles) -> Iterator[Refusal]:
    peft = model.here.has_package("peft")
    return lora_files.obstacles(model.name, lora, allow_pickle=model.allow_pickle, peft=peft)


def _added(lora: LoraFiles | None) -> AddedLora | None:
    if lora is None:
        return None
    return AddedLora(
        source=lora.where,
        base=lora.base,
        here=lora.origin in ("folder", "cache") and lora.disk_bytes is not None,
        download=lora.disk_bytes,
        memory=lora.memory,
        parameters=lora.parameters,
        rank=lora.rank,
        targets=lora.targets,
    )


class _Prompt(Struct, frozen=True):
    """The cached tokens of a question, its image and the longest answer."""

    image: ImageTokens | None = None
    values_per_token: int | None = None
    tokens: int = 0
    refusal: Refusal | None = None
    """The reason why the requested resolution cannot be used."""

    @property
    def cached(self) -> int:
        """Return the numbers in the cache; 0 if unknown."""
        return (self.values_per_token or 0) * self.tokens


def _prompt(entry: ModelEntry, files: CheckpointFiles, max_new_tokens: int, *, ranks: bool) -> _Prompt:
    config = files.config
    if not config:
        return _Prompt()
    if ranks:
        return _Prompt(values_per_token=0)
    image, refusal = None, None
    try:
        image = image_tokens(config, files.documents, entry.asked_resolution)
    except RefusedError as error:
        refusal = Refusal(ErrorKind.LOAD, f"{entry.name}: {error}")
    tokens = (image.count if image else 0) + QUESTION_TOKENS + max_new_tokens
    return _Prompt(image, values_per_token(config, files.tensors), tokens, refusal)


def _refusals(
    entry: ModelEntry, model: Candidate, prompt: _Prompt, refusal: Refusal | None, *, whole: bool
) -> Iterator[Refusal]:
    if refusal:
        yield refusal
    elif _can_tell(entry, model.files, whole):
        yield from obstacles(model)
    if prompt.refusal:
        yield prompt.refusal


def _can_tell(entry: ModelEntry, files: CheckpointFiles, whole: bool) -> bool:
    """Return whether a file missing here is missing from the checkpoint."""
    if files.config:
        return whole
    return files is not UNKNOWN and not entry.fetched_by_hand
