"""Questions to the user before a run does what its file alone cannot allow."""

from pathlib import Path

from msgspec import Struct

from fada_tui.models.endpoint import parse
from fada_tui.models.file_checks import own_code
from fada_tui.models.hub_cache import snapshot
from fada_tui.runs.consent import Want

SHOWN_FILES = 6


class Asking(Struct, frozen=True, kw_only=True):
    """A yes-or-no question to the user, in words."""

    question: str
    detail: str
    yes: str
    declined: str
    """Message if the answer is no."""


def asking(want: Want) -> Asking:
    """Return the question for a permission, with the code that would run; reads the model's folder."""
    match want.kind:
        case "host":
            host = parse(want.source).host
            return Asking(
                question=f"Send the images to {host}?",
                detail="They may show patients' names. To agree holds until the dashboard is closed; for "
                f'good, write allow_host = ["{host}"] into settings.toml.',
                yes="Send them",
                declined=f"nothing was sent to {host}",
            )
        case "code":
            return Asking(
                question=f"Let {want.model} run its own code?",
                detail=f"{_code(want)} It runs as you do: it reads your files, uses your network, and sees "
                "HF_TOKEN. That the run's file allows it says nothing. To agree holds until the dashboard is "
                "closed; for good, name the model in trust_remote_code of settings.toml.",
                yes="Run the code",
                declined=f"nothing of {want.model} was run",
            )
        case "pickles":
            return Asking(
                question=f"Read pickled weights of {want.model}?",
                detail=f"The weights in {_place(want)} may be pickles, which can run code while they are "
                "read. That the run's file allows it says nothing. To agree holds until the dashboard is "
                "closed; for good, write allow_pickle = true into settings.toml.",
                yes="Read them",
                declined=f"nothing of {want.model} was read",
            )


def _code(want: Want) -> str:
    """Return the code that would run, as far as it is on this machine."""
    folder = Path(want.source)
    if not folder.is_dir():
        folder = snapshot(want.source, want.revision) or folder
    names = own_code(folder)
    if not names:
        return f"Python files of {_place(want)} would run."
    more = f" and {len(names) - SHOWN_FILES} more" if len(names) > SHOWN_FILES else ""
    return f"{', '.join(names[:SHOWN_FILES])}{more} of {_place(want)} would run."


def _place(want: Want) -> str:
    return want.source + (f", revision {want.revision}" if want.revision else "")
