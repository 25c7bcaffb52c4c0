"""Bringing a hub repository to this machine, with progress, and its failures explained."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm.auto import tqdm

from fada_tui import refusals
from fada_tui.errors import ErrorKind, ModelLoadError

DESCRIBING_FILES = ("*.json", "*.jinja", "*.txt", "*.model")
"""Configuration, processor and tokenizer: what can be read before any weight."""
SAFE_WEIGHTS = ("*.safetensors",)
PICKLED_WEIGHTS = ("*.bin", "*.pt", "*.pth")
CODE_FILES = ("*.py",)

OnBytes = Callable[[int, int], None]
"""Takes bytes done and bytes in all."""


def fetch(repository: str, revision: str | None, *, patterns: tuple[str, ...], on_bytes: OnBytes) -> Path:
    """Return the folder of a repository's snapshot, downloading what the cache lacks.

    Args:
        repository: hub id, `owner/name`.
        revision: branch, tag or commit; `None` is the default branch.
        patterns: file name patterns to bring.
        on_bytes: told of progress while files are downloaded.

    Raises:
        ModelLoadError: gated, missing, or unreachable, with what to do.
    """
    with explained(repository, revision):
        folder = snapshot_download(
            repository,
            revision=revision,
            allow_patterns=list(patterns),
            local_files_only=bool(constants.HF_HUB_OFFLINE),
            tqdm_class=_reporter(on_bytes),
        )
    return Path(folder)


def file_names(repository: str, revision: str | None) -> tuple[str, ...]:
    """Return the files of a repository; while offline, those of its snapshot in the cache.

    Raises:
        ModelLoadError: as `fetch`.
    """
    with explained(repository, revision):
        if constants.HF_HUB_OFFLINE:
            described = snapshot_download(
                repository,
                revision=revision,
                allow_patterns=list(DESCRIBING_FILES),
                local_files_only=True,
            )
            return tuple(file.name for file in Path(described).iterdir())
        return tuple(HfApi().list_repo_files(repository, revision=revision))


@contextmanager
def explained(repository: str, revision: str | None) -> Iterator[None]:
    """Turn the hub's errors into ours, as `ModelLoadError`."""
    try:
        yield
    except GatedRepoError as error:
        raise ModelLoadError(ErrorKind.GATED, refusals.gated(repository)) from error
    except RevisionNotFoundError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, refusals.no_revision(repository, revision)) from error
    except RepositoryNotFoundError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, refusals.not_on_hub(repository)) from error
    except HFValidationError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, f"'{repository}' is no hub id: write owner/name") from error
    except (LocalEntryNotFoundError, httpx2.TransportError) as error:
        message = refusals.not_cached(repository, offline=bool(constants.HF_HUB_OFFLINE))
        raise ModelLoadError(ErrorKind.OFFLINE_NOT_CACHED, message) from error
    except (HfHubHTTPError, OSError) as error:
        raise ModelLoadError(
            ErrorKind.OFFLINE_NOT_CACHED,
            f"{repository} could not be downloaded: {type(error).__name__}: {_line(error)}; "
            "try again, or name a folder that holds it",
        ) from error


def _reporter(on_bytes: OnBytes) -> type[tqdm]:
    """A progress bar class that draws nothing and tells of bytes."""

    class Reporter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **(kwargs | {"disable": True}))
            self._counts_bytes = kwargs.get("unit") == "B"

        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            if self._counts_bytes:
                on_bytes(int(self.n), int(self.total or 0))
            return None

    return Reporter


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]
