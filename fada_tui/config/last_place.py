"""The answer that was looked at last, kept in `state.toml` for each folder of images and of results."""

from pathlib import Path

import msgspec
from msgspec import Struct

from fada_tui.config.state_tables import read_table, write_table

_TABLE = "looked_at"
_KEY = "places"
_MOST = 20
"""Folders whose places are kept; the one that was looked at longest ago is forgotten first."""


class LastPlace(Struct, frozen=True, kw_only=True):
    """An answer of a run."""

    images: str
    """Folder of the images, as `core.file_names` encodes it."""
    results: str
    """Folder of the run's folder, likewise."""
    run: str
    """Its id."""
    path: str
    """Of the image."""
    question: str
    """Its id."""


def last_place(file: Path, images: str, results: str) -> LastPlace | None:
    """Return what was looked at last; `None` where that is not known.

    Args:
        file: `state.toml`; one that is missing, damaged or of another version says nothing.
        images: as in `LastPlace`.
        results: as in `LastPlace`.
    """
    return next((one for one in _read(file) if (one.images, one.results) == (images, results)), None)


def keep_place(place: LastPlace, file: Path) -> None:
    """Keep what is looked at now.

    Raises:
        OSError: it cannot be written.
    """
    others = [one for one in _read(file) if (one.images, one.results) != (place.images, place.results)]
    kept = [place, *others][:_MOST]
    write_table(file, _TABLE, {_KEY: msgspec.to_builtins(kept)})


def _read(file: Path) -> list[LastPlace]:
    found = read_table(file, _TABLE).get(_KEY)
    places = []
    for one in found if isinstance(found, list) else []:
        try:
            places.append(msgspec.convert(one, LastPlace))
        except msgspec.ValidationError:
            continue
    return places
