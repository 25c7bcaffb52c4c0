"""Bringing a hub repository to this machine, with progress, and its failures explained."""

import fnmatch
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from fada_tui.errors import ErrorKind, ModelLoadError

SAFE_FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
PICKLE_FILES = ("*.bin", "*.pt", "*.pth")
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
    try:
        if constants.HF_HUB_OFFLINE:
            return _cached(repository, revision, patterns)
        return _download(repository, revision, patterns, on_bytes)
    except GatedRepoError as error:
        raise ModelLoadError(
            ErrorKind.GATED,
            f"{repository} is gated: accept its licence on its hub page, then log in with "
            "'hf auth login' or set HF_TOKEN",
        ) from error
    except RevisionNotFoundError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, f"{repository} has no revision '{revision}'") from error
    except RepositoryNotFoundError as error:
        raise ModelLoadError(
            ErrorKind.NOT_FOUND,
            f"{repository} is not on the hub, or is private: check the spelling, or set HF_TOKEN",
        ) from error
    except HFValidationError as error:
        raise ModelLoadError(ErrorKind.NOT_FOUND, f"'{repository}' is no hub id") from error
    except LocalEntryNotFoundError as error:
        raise ModelLoadError(ErrorKind.OFFLINE, _offline_message(repository)) from error
    except (HfHubHTTPError, OSError) as error:
        raise ModelLoadError(
            ErrorKind.OFFLINE, f"{repository} could not be downloaded: {type(error).__name__}: {_line(error)}"
        ) from error


def _offline_message(repository: str) -> str:
    reason = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the hub cannot be reached"
    return (
        f"{repository} is not in the cache and {reason}: download it on a machine with a network "
        f"(hf download {repository}) and name its folder, or go online"
    )


def _cached(repository: str, revision: str | None, patterns: tuple[str, ...]) -> Path:
    return Path(
        snapshot_download(repository, revision=revision, allow_patterns=patterns, local_files_only=True)
    )


def _download(repository: str, revision: str | None, patterns: tuple[str, ...], on_bytes: OnBytes) -> Path:
    try:
        info = HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=20)
    except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError):
        raise
    except (HfHubHTTPError, OSError):
        return _cached(repository, revision, patterns)
    wanted = [file for file in info.siblings or () if _matches(file.rfilename, patterns)]
    total = sum(file.size or 0 for file in wanted)
    done = 0
    folder = Path()
    for file in sorted(wanted, key=lambda file: file.size or 0):
        path = Path(
            hf_hub_download(
                repository, file.rfilename, revision=info.sha, tqdm_class=_reporter(on_bytes, done, total)
            )
        )
        done += file.size or 0
        on_bytes(done, total)
        folder = path.parents[file.rfilename.count("/")]
    return folder


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(os.path.basename(name), pattern) for pattern in patterns)  # noqa: PTH119


def _reporter(on_bytes: OnBytes, before: int, total: int) -> type[Any]:
    """A progress bar class that draws nothing and reports bytes."""
    from huggingface_hub.utils import tqdm

    class Reporter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs["disable"] = True
            super().__init__(*args, **kwargs)
            self.n = kwargs.get("initial", 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            on_bytes(before + int(self.n), total)
            return None

    return Reporter


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]
