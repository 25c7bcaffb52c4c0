"""What lies on disk, read off the event loop: the images, and the runs of the results folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.errors import StoreError
from fada_tui.core.records import ImageList, Run
from fada_tui.images.catalogue import Catalogue, scan
from fada_tui.images.expand import Frames, expand
from fada_tui.models.hub_cache import damage_of, is_here
from fada_tui.models.registry import ModelRow, Registry, statuses, with_models_of
from fada_tui.report.figures import Figures, figures
from fada_tui.runs.image_list import ListedImages
from fada_tui.store import folder as store
from fada_tui.tui.state.image_rows import ImageRows, Slot
from fada_tui.tui.state.image_tree import Tree


class Gallery(Struct, frozen=True):
    """The images of a folder, arranged."""

    catalogue: Catalogue
    image_rows: ImageRows
    tree: Tree
    """Counts the images of a run that would be begun now."""
    image_list: ImageList | None = None
    """The list that names these images of the folder, if a person gave one."""


class DiskIndex(Struct, frozen=True):
    """The runs on disk, without their results, which are read when a run is opened."""

    runs: tuple[Run, ...] = ()
    """Oldest first."""
    folders: Mapping[str, Path] = {}
    """By the run's id."""
    figures: Mapping[str, Figures] = {}
    rows: tuple[ModelRow, ...] = ()
    """The model list with its statuses, and the models with runs that it lacks."""
    here: frozenset[str] = frozenset()
    """Names of the models whose weights are on this machine."""
    damaged: Mapping[str, str] = {}
    """Why a model's files cannot be read, by its name."""
    answered: Mapping[str, frozenset[str]] = {}
    """Run ids by the path of an image that they have an answer for."""
    warnings: tuple[str, ...] = ()

    def latest(self, model: str) -> Run | None:
        """Return a model's latest run that has results."""
        for run in reversed(self.runs):
            if run.model.name.casefold() == model.casefold() and self.figures[run.id].answers:
                return run
        return None

    def names(self) -> Mapping[str, str]:
        """Model names by run id."""
        return {run.id: run.model.name for run in self.runs}


def read_gallery(
    root: Path, frames: Frames, listing: Callable[[Catalogue], ListedImages] | None = None
) -> Gallery:
    """List a folder of images, files of several frames as those that are asked for.

    Args:
        root: the folder.
        frames: which are asked for.
        listing: returns the images that a person's list names; without one all of the folder's are listed.

    Raises:
        UsageError: as `scan` does, and `runs.image_list.listed_images`.
    """
    catalogue = scan(root)
    listed = listing(catalogue) if listing else None
    images = expand(listed.images if listed else catalogue.images, root, frames)
    image_rows = ImageRows.grouped([Slot(image) for image in images])
    image_list = listed.image_list if listed else None
    return Gallery(replace(catalogue, images=images), image_rows, Tree(images), image_list)


def read_disk_index(results: Path, registry: Registry) -> DiskIndex:
    """Read all runs of the results folder, of copies the one that lies where its id says.

    The cost is linear in their results.
    """
    warnings: list[str] = []
    folders: dict[str, Path] = {}
    by_id: dict[str, Run] = {}
    figures_by_id: dict[str, Figures] = {}
    paths: dict[str, set[str]] = {}
    for folder in store.folders(results):
        try:
            run = store.read_run(folder)
        except StoreError as error:
            warnings.append(str(error))
            continue
        if known := folders.get(run.id):
            original, copy = (folder, known) if folder.name == run.id else (known, folder)
            warnings.append(f"{copy.name} is a copy of {original.name}: it has the same id, and is left out")
            if copy is folder:
                continue
        folders[run.id], by_id[run.id], figures_by_id[run.id] = folder, run.light(), figures(run)
        paths[run.id] = {result.path for result in run.results if result.error is None}
    runs = tuple(by_id.values())
    answered: dict[str, set[str]] = {}
    for run_id, answered_paths in paths.items():
        for path in answered_paths:
            answered.setdefault(path, set()).add(run_id)
    registry = with_models_of(registry, runs)
    return DiskIndex(
        runs=runs,
        folders=folders,
        figures=figures_by_id,
        rows=statuses(registry, runs),
        here=frozenset(entry.name for entry in registry.entries if is_here(entry)),
        damaged={entry.name: why for entry in registry.entries if (why := damage_of(entry))},
        answered={path: frozenset(ids) for path, ids in answered.items()},
        warnings=tuple(warnings),
    )
