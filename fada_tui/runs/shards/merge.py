"""Merging shards on disk: read as they stand, put together, scored and written as one new run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET

from fada_tui.core import file_lock
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import RunLockedError, StoreError, UsageError
from fada_tui.core.file_lock import LockedError
from fada_tui.core.file_modes import Files
from fada_tui.core.records import Run
from fada_tui.models.registry import Registry
from fada_tui.report.comparison import Compared, compared
from fada_tui.report.identity import is_shard_of, without_shards
from fada_tui.runs.publish import compared_runs, notes_of, prepared, write_comparison, write_pages
from fada_tui.runs.rescoring import Anew, scored_anew
from fada_tui.runs.shards.check import Named, in_order
from fada_tui.runs.shards.merging import merged
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.assembly import assembled
from fada_tui.store.leftovers import MERGE_LOCK_NAME
from fada_tui.store.lock import holder_of, is_locked

LOCK_PATIENCE = 60.0
"""Seconds to wait for another program that merges into the same results folder."""


class Merged(NamedTuple):
    """A run made of shards."""

    folder: Path
    run: Run
    warnings: tuple[str, ...]


def merge(
    folders: Sequence[Path], results: Path, label: str | None, registry: Registry, files: Files | None = None
) -> Merged:
    """Make one run of the shards of a plan, which stay as they are.

    Args:
        folders: of the shards, in any order, wherever they lie.
        results: the folder that the new run is made in.
        label: added to the name of its folder.
        registry: the model list, for its page.
        files: whom its files are for, as in the settings.

    Raises:
        RunLockedError: a program writes a shard.
        StoreError: a shard cannot be read, or the run not be written.
        UsageError: they are not the shards of one plan, all of them, each once and finished; they are merged
            already; or their rubric cannot be read.
    """
    named: dict[Path, Named] = {}
    for folder in folders:
        if folder.resolve() in named:
            raise UsageError(f"{folder} is named twice: name each shard once")
        _check_free(folder)
        named[folder.resolve()] = Named(str(folder), store.read_run(folder))
    each = in_order([*named.values()])
    ordered, where = [one.run for one in each], [Path(one.name) for one in each]
    warnings: list[str] = []
    with _alone(results, files):
        others = compared_runs(results, warnings)
        _check_new(ordered, others)
        with assembled(results, ordered[0].model.name, label, files) as folder:
            copies = [*_copied(ordered, where, folder, warnings)]
            made, remarks = merged(ordered, folder.name, copies)
            made, told = _scored(made)
            made, unscored = prepared(made)
            warnings += (*remarks, *told, *unscored)
            store.write_run(folder, made)
            everyone = without_shards([*others, compared(made)], lambda row: row.run)
            write_pages(folder, made, everyone, registry, notes_of(results, warnings))
        folder = results / folder.name
        write_comparison(results, everyone, like=folder)
    return Merged(folder, made, tuple(warnings))


@contextmanager
def _alone(results: Path, files: Files | None) -> Iterator[None]:
    """Merge while no other program does: of two that merge the same shards the second is refused.

    Raises:
        StoreError: the results folder cannot be written, or another program is merging for too long.
    """
    store.make_results_folder(results, files)
    try:
        lock = file_lock.take_within(results / MERGE_LOCK_NAME, LOCK_PATIENCE)
    except LockedError:
        message = f"another program is merging shards in {results}: wait until it is done, then merge"
        raise StoreError(message) from None
    except OSError as error:
        raise StoreError(f"cannot write {results}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def _check_free(folder: Path) -> None:
    if is_locked(folder):
        holder = holder_of(folder)
        who = f"process {holder.program.pid}" if holder and holder.program else "another program"
        where = f" on {holder.machine.host}" if holder and not holder.is_here else ""
        raise RunLockedError(
            f"{folder} is being written by {who}{where}: wait until it is finished, then merge"
        )


def _check_new(runs: Sequence[Run], others: Sequence[Compared]) -> None:
    """Raise `UsageError` where a run of the results folder was made of one of the shards."""
    for other in others:
        for run in runs:
            if is_shard_of(run, other.run):
                raise UsageError(
                    f"{run.id} is merged already, in {other.run.id}: delete that run first to merge anew"
                )


def _scored(run: Run) -> tuple[Run, tuple[str, ...]]:
    """Return a run scored as a whole: an answer's score can depend on the references of all images."""
    if run.classes is not UNSET:
        return run, ()
    before = run.scoring
    scored, told = scored_anew(run, Anew())
    if before is not UNSET:
        if scored.scoring and scored.scoring.rubric_sha256 != before.rubric_sha256:
            told += (f"the rubric '{before.rubric}' has changed since: all is scored by what it is now",)
        if before.similarity is not UNSET:
            told += (
                f"similarity is of the shards alone: fada-tui rescore --similarity computes it for {run.id}",
            )
    return scored, told


def _copied(
    runs: Sequence[Run], folders: Sequence[Path], to: Path, warnings: list[str]
) -> Iterator[str | None]:
    """Copy what was measured while the shards were made; yield the name of each copy, or `None`."""
    for run, folder in zip(runs, folders, strict=True):
        shard = run.dataset.selection.shard
        assert shard is not UNSET
        path = Path(store.TELEMETRY_NAME)
        name = f"{path.stem}-{shard.number}{path.suffix}"
        try:
            data = read_small(folder / path, journal.LARGEST)
        except FileNotFoundError:
            yield None
            continue
        except OSError as error:
            warnings.append(f"cannot read {folder / path}: {error.strerror}; the new run is without it")
            yield None
            continue
        store.write_whole(to / name, data)
        yield name
