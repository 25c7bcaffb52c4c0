"""Text cut and padded to cells of the terminal."""

from pathlib import PurePath

from rich.cells import cell_len, chop_cells, set_cell_size

from fada_tui.core.text import printable


def fitted(text: str, width: int) -> str:
    """Return a text as exactly `width` cells: printable, padded, its middle cut out where too long.

    The middle goes because file names differ at their ends.
    """
    safe = printable(text)
    excess = cell_len(safe) - width
    if excess > 0 and width > 3:
        tail = (width - 1) // 2
        safe = set_cell_size(safe, width - 1 - tail) + "…" + _end(safe, tail)
    return set_cell_size(safe, max(width, 0))


def shortened(text: str, most: int) -> str:
    """Return a text in at most so many cells: printable, its middle cut out where too long."""
    return fitted(text, min(cell_len(printable(text)), most))


def file_name(name: str, width: int) -> str:
    """Return a file's name as exactly `width` cells; where it is too long its ending goes first.

    Names of a data set differ in their last characters, and hardly in their endings.
    """
    if cell_len(printable(name)) > width:
        stem, hash_sign, frame = name.partition("#")
        name = (stem[: -len(suffix)] if (suffix := PurePath(stem).suffix) else stem) + hash_sign + frame
    return fitted(name, width)


def name_within(name: str, most: int) -> str:
    """Return a file's name in at most so many cells, cut as `file_name` does."""
    return file_name(name, max(min(cell_len(printable(name)), most), 0)).rstrip()


def beginning(text: str, width: int) -> str:
    """Return a text as exactly `width` cells: printable, padded, its end cut off where too long."""
    safe = printable(text)
    if cell_len(safe) > width > 1:
        safe = set_cell_size(safe, width - 1) + "…"
    return set_cell_size(safe, max(width, 0))


def shortened_end(text: str, most: int) -> str:
    """Return a text in at most so many cells: printable, its end cut off where too long."""
    safe = printable(text)
    if cell_len(safe) <= most:
        return safe
    return set_cell_size(safe, max(most - 1, 0)).rstrip() + "…"


def _end(text: str, width: int) -> str:
    return chop_cells(text[::-1], width)[0][::-1] if width > 0 and text else ""
