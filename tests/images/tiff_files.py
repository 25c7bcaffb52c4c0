"""TIFF files of any layout, written by hand: Pillow writes few of those that it reads."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]

UNSIGNED, SIGNED, FLOAT = 1, 2, 3
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6

_SHORT, _LONG = 3, 4


def save_tiff(
    path: Path,
    values: Values,
    bits: int,
    photometric: int | None = BLACK_IS_ZERO,
    *,
    sample_format: int | None = None,
    planar: int = 1,
    extra: tuple[int, ...] = (),
    order: str = "<",
    fill_order: int = 1,
    compressed: bool = False,
    strips: int = 1,
    tile: int | None = None,
    more: dict[int, tuple[int, ...]] | None = None,
) -> Path:
    """Write samples, rows × columns or rows × columns × samples, as one picture.

    Args:
        path: of the file.
        values: numbers that fit `bits` and `sample_format`.
        bits: of each sample.
        photometric: what the samples mean; `None` leaves it out.
        sample_format: left out where it is `None`, which means unsigned.
        planar: 2 for planes.
        extra: kinds of the samples beyond the colours.
        order: of bytes, `<` or `>`.
        fill_order: 2 for bits from the right.
        compressed: by deflate.
        strips: how many, of equal height.
        tile: edge of square tiles in place of strips.
        more: further tags.
    """
    cube = values if values.ndim == 3 else values[..., None]
    rows, columns, samples = cube.shape
    planes = [cube[..., [at]] for at in range(samples)] if planar == 2 else [cube]
    if tile:
        blocks = [
            np.pad(
                block := plane[top : top + tile, left : left + tile],
                ((0, tile - block.shape[0]), (0, tile - block.shape[1]), (0, 0)),
            )
            for plane in planes
            for top in range(0, rows, tile)
            for left in range(0, columns, tile)
        ]
    else:
        height = rows // strips
        blocks = [plane[top : top + height] for plane in planes for top in range(0, rows, height)]
    data = [_packed(block, bits, sample_format, order, fill_order) for block in blocks]
    if compressed:
        data = [zlib.compress(block) for block in data]
    sizes = tuple(map(len, data))
    fields: dict[int, tuple[int, ...]] = {
        256: (columns,),
        257: (rows,),
        258: (bits,) * samples,
        259: (8 if compressed else 1,),
        **({262: (photometric,)} if photometric is not None else {}),
        266: (fill_order,),
        277: (samples,),
        284: (planar,),
        **({322: (tile,), 323: (tile,), 325: sizes} if tile else {278: (rows // strips,), 279: sizes}),
        **({338: extra} if extra else {}),
        **({339: (sample_format,) * samples} if sample_format else {}),
        **(more or {}),
    }
    places = 324 if tile else 273
    fields[places] = (0,) * len(data)
    begin = len(_directory(fields, order))
    fields[places] = tuple(begin + sum(sizes[:at]) for at in range(len(data)))
    path.write_bytes(_directory(fields, order) + b"".join(data))
    return path


def _directory(fields: dict[int, tuple[int, ...]], order: str) -> bytes:
    entries, beyond = b"", b""
    begin = 8 + 2 + 12 * len(fields) + 4
    for tag, numbers in sorted(fields.items()):
        kind = _LONG if max(numbers) > 65535 or tag in (273, 279, 324, 325) else _SHORT
        packed = struct.pack(f"{order}{len(numbers)}{'H' if kind == _SHORT else 'L'}", *numbers)
        if len(packed) > 4:
            place, beyond = begin + len(beyond), beyond + packed
            packed = struct.pack(f"{order}L", place)
        entries += struct.pack(f"{order}HHL", tag, kind, len(numbers)) + packed.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HLH", 42, 8, len(fields))
    return head + entries + bytes(4) + beyond


def _packed(block: Values, bits: int, sample_format: int | None, order: str, fill_order: int) -> bytes:
    rows = block.reshape(len(block), -1)
    if bits % 8:
        ones = (rows.astype(np.uint32)[..., None] >> np.arange(bits)[::-1]) & 1
        data = np.packbits(ones.reshape(len(rows), -1).astype(np.uint8), axis=1)
    elif sample_format == FLOAT:
        data = rows.astype(f"{order}f{bits // 8}").view(np.uint8)
    else:
        data = rows.astype(f"{order}{'i' if sample_format == SIGNED else 'u'}{bits // 8}").view(np.uint8)
    if fill_order == 2:
        data = np.packbits(np.unpackbits(data, bitorder="little"))
    return data.tobytes()
