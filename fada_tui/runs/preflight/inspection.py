"""Determining a model's requirements from its folder, the hub's cache, or the hub itself."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fada_tui.core.errors import ErrorKind, reason
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.records import ModelEntry
from fada_tui.models import gguf, load_errors, lora_errors
from fada_tui.models.checkpoint import CheckpointFiles, Probed, read_folder
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.hub_cache import is_offline, snapshot
from fada_tui.models.installed import installed
from fada_tui.models.load_errors import Refusal
from fada_tui.models.lora_files import LoraFiles, lies_merged, read_lora
from fada_tui.models.lora_files import of_checkpoint as lora_of
from fada_tui.models.obstacles import Candidate
from fada_tui.models.registry import is_hub_id, located, located_lora
from fada_tui.models.requirements import UNKNOWN, Requirements, of_checkpoint, of_gguf, of_server

PROBE_SECONDS = 40.0
"""Timeout for all requests to the hub together."""

_probed = msgspec.json.Decoder(Probed)


def look(
    entry: ModelEntry,
    *,
    max_new_tokens: int,
    ask_hub: bool,
    trusted: bool = False,
    allow_pickle: bool = False,
    llama_cpp: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Requirements:
    """Return a model's requirements. Reads files, and may wait for the hub: not for an event loop.

    Args:
        entry: the model as it will be loaded.
        max_new_tokens: the longest answer, thoughts included.
        ask_hub: ask the hub about a model that is not on this machine, unless that is set to be offline.
        trusted: its repository's own code may run.
        allow_pickle: its weights may be pickles.
        llama_cpp: llama.cpp is to serve it, which reads GGUF files.
        environ: says where the cache is, and whether the hub may be asked.
    """
    source = located(entry).source
    if is_endpoint(source):
        return of_server(entry)
    files, refusal = _files(entry, source, ask_hub=ask_hub, allow_pickle=allow_pickle, environ=environ)
    if files is not None and files.origin == "folder" and (found := gguf.gguf_files(files.sizes)):
        return _of_gguf(entry, source, files, found, llama_cpp=llama_cpp)
    lora, lora_refusal = _lora(entry, ask_hub=ask_hub, allow_pickle=allow_pickle, environ=environ)
    more = [lora_refusal] if lora_refusal else []
    if lora and lora.origin == "folder" and lies_merged(Path(source), Path(lora.where)):
        more.append(Refusal(ErrorKind.LOAD, lora_errors.merged_already(entry.name, lora.where)))
    model = Candidate(
        name=entry.name,
        where=source,
        files=files or UNKNOWN,
        here=installed(),
        trusted=trusted,
        allow_pickle=allow_pickle,
    )
    return of_checkpoint(entry, model, max_new_tokens=max_new_tokens, refusal=refusal, lora=lora, more=more)


def _of_gguf(
    entry: ModelEntry, folder: str, files: CheckpointFiles, found: gguf.GgufFiles, *, llama_cpp: bool
) -> Requirements:
    """Return the requirements of a folder of GGUF files."""
    why = gguf.refusal(entry.name, folder, found, llama_cpp=llama_cpp)
    obstacles = [why] if why else []
    header, size = None, None
    if len(found.models) == 1:
        names = (*gguf.parts_of(found.models[0], files.sizes), *found.projectors)
        size = sum(files.sizes[name] for name in names)
        try:
            header = gguf.read_header(Path(folder) / found.models[0])
        except (OSError, ValueError) as error:
            damaged = Refusal(ErrorKind.WEIGHTS_MISMATCH, load_errors.damaged_weights(reason(error)))
            obstacles += [damaged] if llama_cpp else []
    return of_gguf(entry, header, size, obstacles, files.license)


def _lora(
    entry: ModelEntry, *, ask_hub: bool, allow_pickle: bool, environ: Mapping[str, str]
) -> tuple[LoraFiles | None, Refusal | None]:
    """Return what is known of the files of a model's LoRA, and why that is not all."""
    where = located_lora(entry)
    if where is None:
        return None, None
    if not is_hub_id(where) or Path(where).is_dir():
        try:
            return read_lora(Path(where), where, allow_pickle=allow_pickle), None
        except (OSError, ValueError):
            return None, Refusal(ErrorKind.NOT_FOUND, load_errors.no_folder(where))
    folder = snapshot(where, entry.lora_revision, environ)
    cached = read_lora(folder, where, allow_pickle=allow_pickle) if folder else None
    if cached and cached.disk_bytes:
        return cached, None
    if is_offline(environ):
        message = load_errors.not_cached(where, offline=True)
        return None, Refusal(ErrorKind.OFFLINE_NOT_CACHED, message)
    if not ask_hub:
        return None, None
    probed = probe(where, entry.lora_revision, environ)
    return lora_of(probed.files, where) if probed.files else None, probed.refusal


def _files(
    entry: ModelEntry, source: str, *, ask_hub: bool, allow_pickle: bool, environ: Mapping[str, str]
) -> tuple[CheckpointFiles | None, Refusal | None]:
    """Return what is known of a model's files, and why that is not all."""
    if entry.fetched_by_hand and is_hub_id(source):
        return _fetched_by_hand(entry, environ, allow_pickle)
    if is_hub_id(source) and not Path(source).is_dir():
        cached = _cached(source, entry.revision, environ, allow_pickle)
        return _of_repository(source, entry.revision, cached, ask_hub=ask_hub, environ=environ)
    return _of_folder(Path(source), allow_pickle=allow_pickle)


def _of_folder(folder: Path, *, allow_pickle: bool) -> tuple[CheckpointFiles | None, Refusal | None]:
    try:
        return read_folder(folder, "folder", allow_pickle=allow_pickle), None
    except (OSError, ValueError):
        return None, Refusal(ErrorKind.NOT_FOUND, load_errors.no_folder(str(folder)))


def _of_repository(
    repository: str,
    revision: str | None,
    cached: CheckpointFiles | None,
    *,
    ask_hub: bool,
    environ: Mapping[str, str],
) -> tuple[CheckpointFiles | None, Refusal | None]:
    """Return the files of a repository: from the cache if the weights are there, else from the hub."""
    if cached is not None and cached.weight_bytes and "config.json" in cached.documents:
        return cached, None
    if is_offline(environ):
        message = load_errors.not_cached(repository, offline=True)
        return cached, Refusal(ErrorKind.OFFLINE_NOT_CACHED, message)
    if not ask_hub:
        return cached, None
    probed = probe(repository, revision, environ)
    return probed.files or cached, probed.refusal


def _fetched_by_hand(
    entry: ModelEntry, environ: Mapping[str, str], allow_pickle: bool
) -> tuple[CheckpointFiles | None, Refusal | None]:
    """Return the cached files of a repository that only the user downloads."""
    files = _cached(entry.source, entry.revision, environ, allow_pickle)
    if files is not None and all(name in files.sizes for name in entry.fetched_by_hand):
        return files, None
    message = load_errors.not_fetched(entry.name, entry.source, entry.fetched_by_hand, entry.license)
    return None, Refusal(ErrorKind.GATED, message)


def _cached(
    repository: str, revision: str | None, environ: Mapping[str, str], allow_pickle: bool
) -> CheckpointFiles | None:
    folder = snapshot(repository, revision, environ)
    try:
        return None if folder is None else read_folder(folder, "cache", allow_pickle=allow_pickle)
    except OSError:
        return None


def probe(repository: str, revision: str | None, environ: Mapping[str, str] = os.environ) -> Probed:
    """Query the hub about a repository in a separate process, as only the worker imports its library."""
    command = [sys.executable, "-P", "-m", "fada_tui.worker.loading.probe", repository]
    try:
        done = subprocess.run(
            [*command, revision] if revision else command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(environ),
            timeout=PROBE_SECONDS,
            check=False,
        )
        return decode_json(done.stdout, _probed)
    except subprocess.TimeoutExpired:
        message = load_errors.not_cached(repository, offline=False)
        return Probed(None, Refusal(ErrorKind.OFFLINE_NOT_CACHED, message))
    except (OSError, MalformedError) as error:
        message = f"{repository} could not be looked at: {reason(error)}; see what fada-tui doctor says"
        return Probed(None, Refusal(ErrorKind.LOAD, message))
