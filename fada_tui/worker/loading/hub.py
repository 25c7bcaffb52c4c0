"""Downloading a hub repository with progress, and explaining failures."""

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

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.models import load_errors

DESCRIBING_FILES = ("*.json", "*.jinja", "*.txt", "*.model", "*.ttf")
"""Configuration, processor and tokenizer files, needed before any weight. ERNIE 4.5 VL has a font."""
CODE_FILES = ("*.py",)

OnBytes = Callable[[int, int], None]
"""Takes downloaded and total bytes."""


def fetch(
    repository: str,
    revision: str | None,
    *,
    patterns: tuple[str, ...],
    on_bytes: OnBytes,
    needed: tuple[str, ...] = (),
) -> Path:
    """Return the folder of a repository's snapshot, downloading what the cache lacks.

    Args:
        repository: hub id, `owner/name`.
        revision: branch, tag or commit; `None` is the default branch.
        patterns: file name patterns to bring.
        on_bytes: told of progress while files are downloaded.
        needed: files without which the snapshot is of no use, where not all of it is wanted.

    Raises:
        ModelLoadError: gated, missing, or unreachable, with what to do.
    """
    with explained(repository, revision, needed):
        folder = snapshot_download(
            repository,
            revision=revision,
            allow_patterns=list(patterns),
            local_files_only=bool(constants.HF_HUB_OFFLINE),
            tqdm_class=_reporter(on_bytes),
        )
    if not all((Path(folder) / name).is_file() for name in needed):
        raise ModelLoadError(ErrorKind.OFFLINE_NOT_CACHED, _offline_message(repository, needed))
    return Path(folder)


def cached(repository: str, revision: str | None, files: tuple[str, ...]) -> Path | None:
    """Return a snapshot's folder in the cache, without network; `None` if it lacks one of the files."""
    try:
        folder = Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    return folder if all((folder / name).is_file() for name in files) else None


def is_offline() -> bool:
    """Return whether the hub must not be asked."""
    return bool(constants.HF_HUB_OFFLINE)


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
def explained(repository: str, revision: str | None, needed: tuple[str, ...] = ()) -> Iterator[None]:
    """Convert the hub's errors to `ModelLoadError`.

    Args:
        repository: hub id.
        revision: branch, tag or commit.
        needed: the files that are wanted, where only some are.
    """
    try:
        yield
    except GatedRepoError as error:
        raise ModelLoadError(ErrorKind.GATED, load_errors.gated(repository)) from error
    except RevisionNotFoundError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, load_errors.no_revision(repository, revision)) from error
    except RepositoryNotFoundError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, load_errors.not_on_hub(repository)) from error
    except HFValidationError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, f"'{repository}' is no hub id: write owner/name") from error
    except (LocalEntryNotFoundError, httpx2.TransportError) as error:
        raise ModelLoadError(ErrorKind.OFFLINE_NOT_CACHED, _offline_message(repository, needed)) from error
    except (ImportError, ValueError) as error:
        lacking = isinstance(error, ImportError)
        if not lacking and "proxy" not in str(error).lower():
            raise
        message = load_errors.proxy_unusable(repository, package=lacking)
        raise ModelLoadError(ErrorKind.OFFLINE_NOT_CACHED, message) from error
    except (HfHubHTTPError, OSError) as error:
        raise ModelLoadError(
            ErrorKind.OFFLINE_NOT_CACHED,
            f"{repository} could not be downloaded: {reason(error, named=True)}; "
            "try again, or name a folder that holds it",
        ) from error


def _offline_message(repository: str, needed: tuple[str, ...]) -> str:
    if not needed:
        return load_errors.not_cached(repository, offline=bool(constants.HF_HUB_OFFLINE))
    why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the hub cannot be reached"
    return (
        f"{', '.join(needed)} of {repository} are not in the cache and {why}: go online, or copy the "
        f"cache of a machine that ran: hf download {repository} {' '.join(needed)}"
    )


def _reporter(on_bytes: OnBytes) -> type[tqdm]:
    """Return a progress bar class that draws nothing and reports bytes."""

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
