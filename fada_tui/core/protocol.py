"""Messages between client and worker, and their codec: one JSON object a line, tagged by `type`.

The client sends commands over a socket, the worker sends events over a pipe. The worker's first
event is `Hello`; a client that reads another protocol version there ends the worker.
"""

from typing import TypeAlias

import msgspec
from msgspec import Struct

from fada_tui.core.records import ClassSet, Generation, ModelEntry, Result

PROTOCOL_VERSION = 4


class Message(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of every message."""


class Item(Struct, frozen=True, kw_only=True):
    """One question to be asked of one image."""

    image: str
    category: str
    path: str
    """As in the result: relative to the data set's root where possible (see `file_names.encode_name`)."""
    question_id: str
    question: str

    @property
    def key(self) -> tuple[str, str]:
        """The key of the result that this item becomes."""
        return (self.path, self.question_id)


# Commands


class Attach(Message, frozen=True, kw_only=True, tag="attach"):
    """Belong to a run; answered by `Attached`.

    File descriptors come along: of the file to print to, then of what to hold open.
    """


class Detach(Message, frozen=True, kw_only=True, tag="detach"):
    """Let go of all that came with `Attach`; answered by `Detached`. What is loaded stays."""


class Unload(Message, frozen=True, kw_only=True, tag="unload"):
    """Drop the model; answered by `Unloaded`."""


class Load(Message, frozen=True, kw_only=True, tag="load"):
    """Load a model; answered by `Progress`…, then `Loaded` or `LoadFailed`."""

    model: ModelEntry
    device: str
    trust_remote_code: bool
    allow_pickle: bool
    system_prompt: str | None = None
    """The one that questions will come with: a model that takes none is refused before it is loaded."""
    classes: ClassSet | None = None
    """For models that sort images into classes."""
    allowed_hosts: tuple[str, ...] = ()
    """Servers beside this machine that images may be sent to."""
    first_token_timeout: float = 300.0
    """Seconds that a server may take to begin an answer."""
    token_timeout: float = 60.0
    """Seconds that a server may be silent in the middle of one."""


class Work(Message, frozen=True, kw_only=True, tag="work"):
    """Answer the items in order; answered by `Started`, `Delta`…, `Finished` for each, then `Idle`.

    Where the generation says so several are answered at once, and their events come mixed; then items may
    also be taken in another order.
    """

    root: str
    """The data set's folder, as `file_names.encode_name` writes it."""
    journal: str
    """Path of the journal that takes each finished result, likewise."""
    generation: Generation
    items: tuple[Item, ...]
    at_most: int | None = None
    """Answers made together at most, whatever the generation says: a worker died of more."""


class StopAfterItem(Message, frozen=True, kw_only=True, tag="stop_after_item"):
    """Finish what is begun, then be idle."""


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """Stop between two tokens; what is not finished is not recorded."""


class Tokenise(Message, frozen=True, kw_only=True, tag="tokenise"):
    """Split texts by the loaded model's tokenizer; answered by `Tokenised`."""

    texts: tuple[str, ...]


# Events


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """The worker is up: what is installed here. It imports that only when a model is to be loaded."""

    protocol: int
    pid: int
    torch: str
    transformers: str
    cuda: str | None


class Progress(Message, frozen=True, kw_only=True, tag="progress"):
    """How far loading is."""

    stage: str
    """`download` (bytes), `weights` (tensors) or `server` (tries to reach one)."""
    done: int
    total: int | None


class Loaded(Message, frozen=True, kw_only=True, tag="loaded"):
    """The model is ready."""

    adapter: str
    architecture: str | None
    revision: str | None
    parameters: int | None
    dtype: str | None
    quantization: str | None
    device: str | None
    gpu_uuid: str | None
    attention: str | None = None
    """How transformers computes it: `sdpa` and so on."""
    image_processor: str | None
    """Its class."""
    sorts: bool
    """It sorts images into classes, and writes no text."""
    longest_edge: int | None = None
    """Pixels, where it was asked to see images in another longest edge than its own."""
    max_tiles: int | None = None
    """Likewise of its tiles."""
    scale: float | None = None
    """What it multiplies the cosine of image and class with, where it sorts."""
    pickled: bool = False
    """Its weights were no safetensors."""
    remote_code: bool = False
    """Code of its own checkpoint ran."""
    quantized: bool = False
    """They were packed, on loading or as they were saved."""
    load_time: float
    """Seconds, downloads not included."""
    weights: int | None
    """Bytes of parameters and buffers."""
    served: str | None = None
    """Name by which its server knows it; `None` for a model that runs in the worker."""


class LoadFailed(Message, frozen=True, kw_only=True, tag="load_failed"):
    """The model cannot be loaded; `kind` is an `errors.ErrorKind`."""

    kind: str
    message: str


class Attached(Message, frozen=True, kw_only=True, tag="attached"):
    """The worker belongs to the run, and has its log and its lock."""


class Detached(Message, frozen=True, kw_only=True, tag="detached"):
    """The worker holds nothing of the run any more."""


class Unloaded(Message, frozen=True, kw_only=True, tag="unloaded"):
    """The model is dropped."""

    allocated: int
    """Bytes that tensors still take on GPUs."""


class Started(Message, frozen=True, kw_only=True, tag="started"):
    """The worker begins an item."""

    path: str
    question_id: str


class Delta(Message, frozen=True, kw_only=True, tag="delta"):
    """Text generated since the last delta; it may be empty, and then says only that tokens come."""

    path: str
    question_id: str
    text: str
    tokens: int
    """Generated so far."""


class BegunAgain(Message, frozen=True, kw_only=True, tag="begun_again"):
    """An answer is asked for once more: the text of it so far counts no longer."""

    path: str
    question_id: str
    reason: str
    wait: float
    """Seconds until then."""


class Finished(Message, frozen=True, kw_only=True, tag="finished"):
    """A result, already in the journal."""

    result: Result
    torch_peak_reserved: int | None


class Cancelled(Message, frozen=True, kw_only=True, tag="cancelled"):
    """An item was stopped between tokens; nothing was recorded."""

    path: str
    question_id: str


class Idle(Message, frozen=True, kw_only=True, tag="idle"):
    """The work is done, or was stopped."""


class Tokenised(Message, frozen=True, kw_only=True, tag="tokenised"):
    """Texts as tokens, in the order in which they came; empty where the model has no tokenizer for them."""

    ids: tuple[tuple[int, ...], ...]
    pieces: tuple[tuple[str, ...], ...]
    """What each token stands for in its text; for a part of a character, the tokenizer's name of it."""


class JournalFailed(Message, frozen=True, kw_only=True, tag="journal_failed"):
    """A finished result could not be written; the worker stopped there."""

    message: str


Command: TypeAlias = Attach | Detach | Unload | Load | Work | StopAfterItem | Cancel | Tokenise
Event: TypeAlias = (
    Hello
    | Progress
    | Loaded
    | LoadFailed
    | Attached
    | Detached
    | Unloaded
    | Started
    | Delta
    | BegunAgain
    | Finished
    | Cancelled
    | Idle
    | Tokenised
    | JournalFailed
)

_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(message: Message) -> bytes:
    """Return a message as one line."""
    return _encoder.encode(message) + b"\n"


def decode_command(line: bytes) -> Command:
    """Read a command; raises `msgspec.MsgspecError` where it is none."""
    return _commands.decode(line)


def decode_event(line: bytes) -> Event:
    """Read an event; raises `msgspec.MsgspecError` where it is none."""
    return _events.decode(line)
