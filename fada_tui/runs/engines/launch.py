"""What is to be started as an engine: plain data between who knows engines and who starts processes."""

from msgspec import Struct

from fada_tui.core.records import EngineFacts, ModelFacts

KEPT_FROM_IT = ("PYTHONPATH", "PYTHONHOME", "FADA_TUI_API_KEY", "OPENAI_API_KEY")
"""Variables of ours: an engine has its own Python, and no business with keys for servers."""

KEY_FILE = "{key_file}"
"""Stands in place of an argument for the path of the file with the key."""

KEY_FILE_NAME = "key.yaml"
"""How that file is called: SGLang reads its settings from files of this kind alone."""

KEY = "{key}"
"""Stands in the text of that file for the key."""

FOLDER = "{folder}"
"""Stands in place of a variable's value for a folder that is there as long as the engine is."""

PORT = "{port}"
"""Stands in place of an argument for the port, which is found when it is started."""

HOST = "127.0.0.1"
"""Where an engine listens."""


class EngineCommand(Struct, frozen=True, kw_only=True):
    """How an engine is started for a model, and asked.

    Equal commands are the same engine: one that runs serves the next run of the same command.
    """

    facts: EngineFacts
    """Name, version, and the command as it is recorded: `argv` with its placeholders, without keys."""
    argv: tuple[str, ...]
    """Program and arguments, with `PORT` and, where there is one, `KEY_FILE` in it. Never a key."""
    environment: dict[str, str] = {}
    """Variables beside those of the program, with `FOLDER` for its own folder; never a key."""
    key_variable: str | None = None
    """The variable that its key is given by."""
    key_file: str | None = None
    """The text of a file that its key is given by, with `KEY` in it; `KEY_FILE` is where it is."""
    health_path: str = "/health"
    """Answers with status 200 once the engine is ready."""
    models_path: str = "/v1/models"
    """Lists the names it serves."""
    base_path: str = "/v1"
    """What its requests begin with."""
    served_name: str
    """Name under which it serves the model, with its LoRA if it has one."""
    base_name: str | None = None
    """Name under which it serves the model without its LoRA, where that has one of its own. Of the two an
    engine's list may have this one alone."""
    slots: int
    """Requests that it answers at once."""
    model: ModelFacts | None = None
    """What the files say of model and LoRA, to be recorded with what the engine says of them."""
    files: tuple[tuple[str, int, int], ...] = ()
    """Name, bytes and time (ns) of the model's files: with others, it is another engine."""
