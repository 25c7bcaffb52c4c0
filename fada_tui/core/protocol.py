"""Messages between client and worker, and their codec: one JSON object per line, tagged by `type`.

The client sends commands over a socket, the worker sends events over a pipe. The worker's first
event is `Hello`; a client that reads another protocol version there ends the worker.
"""

from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from fada_tui.core.image_identity import ImageIdentity
from fada_tui.core.json_data import decode_json
from fada_tui.core.records import (
    ClassSet,
    Generation,
    ModelEntry,
    ModelFacts,
    Result,
    ServerFacts,
    unknown_hook,
)

PROTOCOL_VERSION = 9


class Message(Struct, frozen=True, kw_only=True, tag_field="type"):
    """The base class of every message."""


class Item(Struct, frozen=True, kw_only=True):
    """One question to be asked of one image."""

    image: str
    category: str
    path: str
    """As in the result: relative to the data set's root where possible (see `file_names.encode_name`)."""
    question_id: str
    question: str
    asked: ImageIdentity | None = None
    """What the image was when other questions about it were answered; of another it is not asked."""

    @property
    def key(self) -> tuple[str, str]:
        """Return the key of the result for this item."""
        return (self.path, self.question_id)


class ServedModel(Struct, frozen=True, kw_only=True):
    """A model of a server's list."""

    name: str
    images: bool | None = None
    """Whether it takes images; `None` if the server does not say."""
    context: int | None = None
    """Most tokens of a request and its answer together; likewise."""


# Commands


class Attach(Message, frozen=True, kw_only=True, tag="attach"):
    """A command to attach the worker to a run; answered by `Attached`.

    File descriptors come along: of the file to print to, then of what to hold open.
    """


class Detach(Message, frozen=True, kw_only=True, tag="detach"):
    """A command to release everything from `Attach`; answered by `Detached`. The model stays loaded."""


class Unload(Message, frozen=True, kw_only=True, tag="unload"):
    """A command to drop the model; answered by `Unloaded`."""


class Load(Message, frozen=True, kw_only=True, tag="load"):
    """A command to load a model; answered by `Progress`…, then `Loaded` or `LoadFailed`."""

    model: ModelEntry
    device: str
    trust_remote_code: bool
    allow_pickle: bool
    system_prompt: str | None = None
    """The system prompt of the questions: a model that supports none is refused before loading."""
    thinking: Literal["on", "off"] | None = None
    """Whether the model is told to think before it answers; `None`: as its chat template has it."""
    classes: ClassSet | None = None
    """For models that sort images into classes."""
    allowed_hosts: tuple[str, ...] = ()
    """Servers beside this machine that images may be sent to."""
    first_token_timeout: float = 300.0
    """Seconds that a server may take to begin an answer."""
    token_timeout: float = 60.0
    """Seconds that a server may be silent in the middle of one."""
    headers: dict[str, str] = {}
    """Headers of each request to the server, as the settings have them; their values are secret."""
    left_out: tuple[str, ...] = ()
    """Fields of requests that the server is known not to take."""
    lora_sha256: dict[str, str] = {}
    """What the files of the LoRA must be, by their names, where a run says so; of others it is refused."""
    server_patience: float = 300.0
    """Seconds that a server which is down is asked again before the work is given up."""
    threads: int | None = None
    """Most threads to compute with, where several workers share the CPU; `None`: all cores."""
    shares: int = 1
    """Workers of the run that share the device's memory, this one included: those on the CPU."""


class ListDevices(Message, frozen=True, kw_only=True, tag="list_devices"):
    """A command to list the GPUs that a model can be loaded on; answered by `DevicesListed`."""


class ListServed(Message, frozen=True, kw_only=True, tag="list_served"):
    """A command to ask a server what it serves; answered by `Listed` or `LoadFailed`. No image is sent."""

    source: str
    """URL of the server; a model's name in it is passed over."""
    api_key_env: str | None = None
    """Environment variable that holds its key, in place of the usual ones."""
    headers: dict[str, str] = {}
    """As those of `Load`."""


class Work(Message, frozen=True, kw_only=True, tag="work"):
    """A command to answer items in order; answered by `Started`, `Delta`…, `Finished` for each, then `Idle`.

    Where the generation says so several are answered at once, and their events come mixed; then items may
    also be taken in another order.
    """

    root: str
    """The data set's folder, as `file_names.encode_name` writes it."""
    journal: str
    """Path of the journal to which each finished result is written, encoded likewise."""
    generation: Generation
    items: tuple[Item, ...]
    at_most: int | None = None
    """Limit on answers generated together, which overrides the generation settings after a worker died."""
    control_size: tuple[int, int] | None = None
    """Width and height of control pictures. Then the items are about those: no file is read, whatever their
    paths, and their results are written apart from all others."""
    device: str | None = None
    """What the results record as their device; `None`: nothing, since the run has only this one."""
    expected: int | None = None
    """Answers that the worker is likely to make in all, with this work; `None`: the items of it."""
    begin_with: int = 1
    """Answers that are made together at first, where their number is chosen as the work goes: as many as the
    worker made before."""


class StopAfterItem(Message, frozen=True, kw_only=True, tag="stop_after_item"):
    """A command to finish the items in progress and then become idle."""


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """A command to stop between two tokens; unfinished items are not recorded."""


class Tokenise(Message, frozen=True, kw_only=True, tag="tokenise"):
    """A command to split texts by the loaded model's tokenizer; answered by `Tokenised`."""

    texts: tuple[str, ...]


# Events


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """The worker's first event: the installed versions. Libraries are imported only to load a model."""

    protocol: int
    pid: int
    torch: str
    transformers: str
    cuda: str | None


class Progress(Message, frozen=True, kw_only=True, tag="progress"):
    """An event with the progress of loading."""

    stage: str
    """`download` (bytes), `weights` (tensors) or `server` (tries to reach one)."""
    done: int
    total: int | None


class Loaded(Message, frozen=True, kw_only=True, tag="loaded"):
    """An event: the model is ready."""

    model: ModelFacts
    """As a run records them, but for its source, which is the one that was loaded."""
    gpu_uuids: tuple[str, ...] = ()
    """Of the GPUs that hold its weights, in NVML's format, the first one first; empty on the CPU."""
    sorts: bool = False
    """Whether it sorts images into classes and writes no text."""
    quantized: bool = False
    """Whether weights are quantised, on loading or in the checkpoint."""
    remarks: tuple[str, ...] = ()
    """What its files ask for and is not followed, each in a line."""


class LoadFailed(Message, frozen=True, kw_only=True, tag="load_failed"):
    """An event: the model cannot be loaded; `kind` is an `errors.ErrorKind`."""

    kind: str
    message: str


class Listed(Message, frozen=True, kw_only=True, tag="listed"):
    """An event with what a server serves, in the order of its list."""

    base: str
    """The URL at which it answered."""
    server: ServerFacts
    models: tuple[ServedModel, ...]


class DevicesListed(Message, frozen=True, kw_only=True, tag="devices_listed"):
    """An event with the GPUs that a model can be loaded on, in torch's order."""

    names: tuple[str, ...]
    """`cuda:0` …; empty where there are none."""
    uuids: tuple[str, ...]
    """In NVML's format, one for each."""
    problem: str | None = None
    """Why there are none, in words, where torch or the driver says."""


class Attached(Message, frozen=True, kw_only=True, tag="attached"):
    """An event: the worker belongs to the run, and has its log and its lock."""


class Detached(Message, frozen=True, kw_only=True, tag="detached"):
    """An event: the worker no longer holds anything of the run."""


class Unloaded(Message, frozen=True, kw_only=True, tag="unloaded"):
    """An event: the model has been dropped."""

    allocated: int
    """Bytes that tensors still take on GPUs."""


class Started(Message, frozen=True, kw_only=True, tag="started"):
    """An event: the worker begins an item."""

    path: str
    question_id: str


class Delta(Message, frozen=True, kw_only=True, tag="delta"):
    """An event with the text generated since the last one; empty text only shows that tokens arrive."""

    path: str
    question_id: str
    text: str
    tokens: int
    """Generated so far."""
    thought: bool = False
    """Whether the text is of its thoughts, and not of the answer."""


class BegunAgain(Message, frozen=True, kw_only=True, tag="begun_again"):
    """An event: an answer is requested again, and its text so far is void."""

    path: str
    question_id: str
    reason: str
    wait: float
    """Seconds until the next request."""
    server_down: bool = False
    """Whether nothing answers there at all, which `ServerDown` tells once for all."""


class ServerDown(Message, frozen=True, kw_only=True, tag="server_down"):
    """An event: a server does not answer any more; all items wait, and one asks again now and then."""

    message: str
    asked: int
    """How often it was asked again since; 0 at first."""
    left: float
    """Seconds for which it will still be asked."""


class ServerBack(Message, frozen=True, kw_only=True, tag="server_back"):
    """An event: a server answers again, and all items go on."""

    seconds: float
    """How long it did not."""


class LeftOut(Message, frozen=True, kw_only=True, tag="left_out"):
    """An event: the server does not take fields of requests, which are left out from now on."""

    fields: tuple[str, ...]
    message: str
    """What the server said, and what follows from it, in one line."""


class Finished(Message, frozen=True, kw_only=True, tag="finished"):
    """An event with a result that is already in the journal."""

    result: Result
    torch_peak_reserved: int | None


class Cancelled(Message, frozen=True, kw_only=True, tag="cancelled"):
    """An event: an item was stopped between tokens; nothing was recorded."""

    path: str
    question_id: str


class Idle(Message, frozen=True, kw_only=True, tag="idle"):
    """An event: the work is finished or was stopped."""


class GaveUp(Message, frozen=True, kw_only=True, tag="gave_up"):
    """An event in place of `Idle`: a server leaves no hope, so that items were left without a result."""

    kind: str
    """An `errors.ErrorKind`."""
    message: str
    server_down: bool
    """Whether it is not heard any more; else it answers every request with the same error."""


class Tokenised(Message, frozen=True, kw_only=True, tag="tokenised"):
    """An event with texts as tokens, in the given order; empty if the model has no tokenizer for them."""

    ids: tuple[tuple[int, ...], ...]
    pieces: tuple[tuple[str, ...], ...]
    """The text of each token; for a part of a character, the tokenizer's name of it."""


class JournalFailed(Message, frozen=True, kw_only=True, tag="journal_failed"):
    """An event: a finished result could not be written, and the worker stopped there."""

    message: str


Command: TypeAlias = (
    Attach | Detach | Unload | Load | ListDevices | ListServed | Work | StopAfterItem | Cancel | Tokenise
)
Event: TypeAlias = (
    Hello
    | Progress
    | Loaded
    | LoadFailed
    | Listed
    | DevicesListed
    | Attached
    | Detached
    | Unloaded
    | Started
    | Delta
    | BegunAgain
    | ServerDown
    | ServerBack
    | LeftOut
    | Finished
    | Cancelled
    | Idle
    | GaveUp
    | Tokenised
    | JournalFailed
)

_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command, dec_hook=unknown_hook)
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event, dec_hook=unknown_hook)


def encode(message: Message) -> bytes:
    """Return a message as one line."""
    return _encoder.encode(message) + b"\n"


def decode_command(line: bytes) -> Command:
    """Decode a command; raises `MalformedError` if it is invalid."""
    return decode_json(line, _commands)


def decode_event(line: bytes) -> Event:
    """Decode an event; raises `MalformedError` if it is invalid."""
    return decode_json(line, _events)
