"""Records of a model: its entry in the model list, its facts as loaded, and the options that both have."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import asdict

from fada_tui.core.records.base import FileRecord, ModelStatus, Record


class ModelMemory(FileRecord, frozen=True, kw_only=True):
    """Memory of the loaded model over the run, each figure under its own name. Bytes."""

    weights: int | None = None
    """Parameters and buffers as loaded."""
    torch_peak_allocated: int | None = None
    torch_peak_reserved: int | None = None
    nvml_process_peak: int | None = None
    """The worker's share of the GPU, as NVML reports it."""
    worker_rss_peak: int | None = None
    """The worker's resident memory."""
    gpu_told: int | UnsetType = UNSET
    """On the GPU, as told by a person whose results were imported: by what measure is not known."""


class Resolution(FileRecord, frozen=True, kw_only=True):
    """The resolution in which a model sees its images; `None` leaves it to the checkpoint."""

    longest_edge: int | None = None
    """Pixels."""
    max_tiles: int | None = None
    """The whole image beside them is not counted."""


class LoadOptions(Record, frozen=True, kw_only=True):
    """The options of loading that a run records as they were requested; `None` is not requested.

    Each is a field of the same name in `ModelEntry` and `ModelFacts`. None has a default here, so that a type
    checker finds the one that is left out there.
    """

    pad_square: bool | None
    longest_edge: int | None
    max_tiles: int | None

    @property
    def resolution(self) -> Resolution:
        """Return the resolution that is requested."""
        return Resolution(longest_edge=self.longest_edge, max_tiles=self.max_tiles)

    def as_entry(self) -> dict[str, Any]:
        """Return the fields of a `ModelEntry`."""
        return asdict(self)

    def as_facts(self) -> dict[str, Any]:
        """Return the fields of `ModelFacts`, where what was not requested is left out."""
        return {name: UNSET if value is None else value for name, value in asdict(self).items()}


class ServerFacts(FileRecord, frozen=True, kw_only=True):
    """What a server says of itself and of a model that it serves; what it does not say is `None`."""

    name: str | None = None
    """The program that serves, as `vLLM`."""
    version: str | None = None
    context: int | None = None
    """Most tokens of a request and its answer together."""


EngineName: TypeAlias = Literal["transformers", "vllm", "sglang", "llama.cpp"]
"""What generates answers: transformers in our worker, or a server that is started for the run."""


class EngineFacts(FileRecord, frozen=True, kw_only=True):
    """The engine that answered a run, started by the program for it."""

    name: str
    """An `EngineName`, or an engine that only a newer version knows."""
    version: str | None = None
    command: tuple[str, ...] = ()
    """Program and arguments, without the key; empty before it was started."""
    gpu_uuids: tuple[str, ...] | UnsetType = UNSET
    """The GPUs on which the driver listed a process of it; absent where it listed none."""

    @property
    def label(self) -> str:
        """Return its name and version, as far as they are known."""
        return f"{self.name} {self.version}" if self.version else self.name

    @property
    def started_as(self) -> tuple[str, tuple[str, ...]]:
        """Return what was started: wherever that ran, two with the same are alike."""
        return self.label, self.command


class LoraFacts(FileRecord, frozen=True, kw_only=True):
    """The LoRA that was applied to a run's model."""

    source: str
    """Hub id, or folder."""
    revision: str | None = None
    """Commit on the hub."""
    sha256: dict[str, str] = field(default_factory=dict)
    """Of its files, by their names; empty before it was loaded."""
    rank: int | None = None
    targets: tuple[str, ...] = ()
    """The modules that it changes, as its configuration names them."""
    peft: str | None = None
    """Version of the package that applied it."""


class ModelFacts(FileRecord, frozen=True, kw_only=True):
    """The facts of a run's model as it was loaded."""

    name: str
    source: str | None = None
    """Hub id, folder, or a server's URL."""
    served: str | UnsetType = UNSET
    """Name by which the server knows it; present where the model ran behind one."""
    server: ServerFacts | UnsetType = UNSET
    """What the server says of itself and the model; present where it says anything."""
    left_out: tuple[str, ...] | UnsetType = UNSET
    """Fields of requests that the server did not take, and that were left out from then on."""
    revision: str | None = None
    lora: LoraFacts | UnsetType = UNSET
    """Present where a LoRA was applied to the weights of `source`."""
    adapter: str | None = None
    architecture: str | None = None
    parameters: int | None = None
    dtype: str | None = None
    quantization: str | None = None
    device: str | None = None
    """As torch names it; the first one where its weights lie on several."""
    spread: dict[str, int] | UnsetType = UNSET
    """Bytes of weights by device; present where they lie on several."""
    attention: str | UnsetType = UNSET
    """How transformers computes it: `sdpa`, `eager` …"""
    image_processor: str | UnsetType = UNSET
    """Class that turns images into pixel values: its backends differ by up to 0.015 a pixel."""
    pad_square: bool | UnsetType = UNSET
    """Whether images were padded to a square; present where the model sorts them into classes."""
    scale: float | UnsetType = UNSET
    """Factor on the cosine of image and class; likewise."""
    longest_edge: int | UnsetType = UNSET
    """Pixels of the longest edge that images were seen in; present where it was asked for."""
    max_tiles: int | UnsetType = UNSET
    """Tiles that images were cut into at most, the whole beside them not counted; likewise."""
    pickled: bool | UnsetType = UNSET
    """Present, and true, if weights in another format than safetensors were read."""
    remote_code: bool | UnsetType = UNSET
    """Present, and true, if code of the checkpoint itself was run."""
    license: str | None = None
    load_time: float | None = None
    memory: ModelMemory = ModelMemory()

    @property
    def options(self) -> LoadOptions:
        """Return the options with which it was loaded."""
        return LoadOptions(
            pad_square=None if self.pad_square is UNSET else self.pad_square,
            longest_edge=self.longest_edge or None,
            max_tiles=self.max_tiles or None,
        )

    @property
    def asked_resolution(self) -> Resolution:
        """Return the resolution that was requested."""
        return self.options.resolution


class ModelEntry(FileRecord, frozen=True, kw_only=True):
    """An entry of the model list."""

    name: str
    source: str
    revision: str | None = None
    lora: str | None = None
    """Folder or hub id of a LoRA that is applied to it."""
    lora_revision: str | None = None
    adapter: str = "auto"
    dtype: str = "auto"
    quantization: Literal["4bit", "8bit"] | None = None
    pad_square: bool = False
    """Images are padded to a square, for models that compare them with texts."""
    longest_edge: Annotated[int, Meta(ge=1)] | None = None
    """Pixels of the longest edge in which it sees images; `None` is the checkpoint's own."""
    max_tiles: Annotated[int, Meta(ge=1)] | None = None
    """Tiles that it cuts an image into at most; likewise."""
    fetched_by_hand: tuple[str, ...] = ()
    """Files that a person downloads who accepts the licence; the program then does not download by itself."""
    api_key_env: Annotated[str, Meta(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = None
    """Environment variable that holds a server's key. A key itself, with its small letters, does not fit."""
    parameters: int | None = None
    license: str | None = None
    order: int | None = None
    """Place in the testing list."""
    status: ModelStatus = "untested"
    reason: str | None = None
    """Why it failed, was skipped, or is gated."""
    notes: str | None = None

    @property
    def options(self) -> LoadOptions:
        """Return the options with which it is to be loaded."""
        return LoadOptions(
            pad_square=self.pad_square, longest_edge=self.longest_edge, max_tiles=self.max_tiles
        )

    @property
    def asked_resolution(self) -> Resolution:
        """Return the resolution that is requested."""
        return self.options.resolution


class ModelNote(Record, frozen=True, kw_only=True):
    """What is told of a model that has no run here: texts as they were given, or numbers."""

    name: Annotated[str, Meta(min_length=1)]
    size: str | int | float | None = None
    """As `0.51B`, or the number of parameters."""
    memory: str | int | float | None = None
    """As `1.02 GB`, or bytes."""
    speed: str | int | float | None = None
    """Of an answer: seconds, or a word."""
    context: str | int | float | None = None
    """Whether answers name the context: a share, or a word."""
    quality: str | int | float | None = None
    """A share, or a word."""
    source: str | None = None
    """Who tells it."""
