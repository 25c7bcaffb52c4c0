"""Examines a hub repository without weights: `python -m fada_tui.worker.loading.probe REPOSITORY [REVISION]`.

Prints one line of JSON, a `checkpoint.Probed`. Imports neither torch nor transformers.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import msgspec
from huggingface_hub import HfApi, constants, snapshot_download
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.secrets import in_environment, remember
from fada_tui.models import load_errors
from fada_tui.models.checkpoint import DOCUMENTS, CheckpointFiles, Probed, Tensor, read_folder
from fada_tui.models.load_errors import Refusal
from fada_tui.models.weight_files import INDEX, SAFE, held
from fada_tui.worker.loading.hub import explained

PATIENCE = 15.0
"""Seconds after which missing headers are given up."""

REQUEST_SECONDS = 8.0
"""How long the hub may take to answer one request."""

AT_ONCE = 8
"""Number of parallel requests."""


def probe(repository: str, revision: str | None) -> Probed:
    """Return the hub's answer about a repository, and the reason if it is incomplete."""
    try:
        if constants.HF_HUB_OFFLINE:
            message = load_errors.not_cached(repository, offline=True)
            raise ModelLoadError(ErrorKind.OFFLINE_NOT_CACHED, message)
        with explained(repository, revision):
            info = HfApi().model_info(
                repository, revision=revision, files_metadata=True, timeout=REQUEST_SECONDS
            )
    except ModelLoadError as error:
        return Probed(None, Refusal(error.kind, str(error)))
    siblings = info.siblings or []
    sizes = {file.rfilename: file.size or 0 for file in siblings if "/" not in file.rfilename}
    described, refusal = _described(repository, revision)
    files = CheckpointFiles(
        origin="hub",
        sizes=sizes,
        documents=described.documents,
        indexes=described.indexes,
        revision=info.sha,
        gated=None if info.gated is None else bool(info.gated),
        license=_license(info.card_data),
    )
    if refusal is None:
        names = [name for name in held(files.weights(), sizes) if name.endswith(SAFE)]
        files = replace(files, tensors=_tensors(repository, info.sha, names))
    return Probed(files, refusal)


def _described(repository: str, revision: str | None) -> tuple[CheckpointFiles, Refusal | None]:
    """Return the small files, or why they are unavailable: a gated repository only lists them."""
    try:
        with explained(repository, revision):
            folder = snapshot_download(
                repository,
                revision=revision,
                allow_patterns=[*DOCUMENTS, f"*{INDEX}"],
                etag_timeout=REQUEST_SECONDS,
            )
    except ModelLoadError as error:
        return CheckpointFiles(origin="hub", sizes={}, documents={}), Refusal(error.kind, str(error))
    return read_folder(Path(folder), "cache"), None


def _tensors(repository: str, revision: str | None, names: Sequence[str]) -> tuple[Tensor, ...] | None:
    """Return the headers of all weight files, read by requests for their first bytes; `None` if one fails."""

    def header(name: str) -> list[Tensor]:
        read = HfApi().parse_safetensors_file_metadata(
            repository, name, revision=revision, timeout=REQUEST_SECONDS
        )
        return [Tensor(key, one.dtype, tuple(one.shape)) for key, one in read.tensors.items()]

    if not names:
        return None
    pool = ThreadPoolExecutor(AT_ONCE)
    begun = [pool.submit(header, name) for name in names]
    done, late = wait(begun, timeout=PATIENCE)
    pool.shutdown(wait=False, cancel_futures=True)
    if late or any(one.exception() for one in done):
        return None
    return tuple(tensor for one in begun for tensor in one.result())


def _license(card: Any) -> str | None:
    named = getattr(card, "license", None)
    return named if isinstance(named, str) else None


def main(arguments: Sequence[str]) -> None:
    """Print what the hub says of a repository.

    Args:
        arguments: hub id, and a branch, tag or commit.
    """
    remember(in_environment(os.environ))
    found = probe(arguments[0], arguments[1] if len(arguments) > 1 else None)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    sys.stdout.flush()
    # Requests that were given up may still wait for an answer.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
