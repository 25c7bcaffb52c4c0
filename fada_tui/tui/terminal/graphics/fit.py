"""How large a picture is drawn, and which part of it: arithmetic without input or output."""

from msgspec import Struct

LIMIT = 700_000
"""Bytes that a picture may take on its way to the terminal."""

LARGEST = 297
"""Rows and columns that kitty's placeholders can count."""

Colour = tuple[int, int, int]
"""Red, green and blue, up to 255."""

BLACK: Colour = (0, 0, 0)

LEAST = 16
"""Pixels of the image that are seen at least, in the direction where more of them are."""


class Window(Struct, frozen=True):
    """A part of an image, in its pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top


class Magnification(Struct, frozen=True):
    """How closely an image is looked at, and where: the same for images of other sizes."""

    factor: float
    """How many times larger than where all of it is seen; at least 1."""
    x: float = 0.5
    """What should be in the middle, as a share of the image's width."""
    y: float = 0.5
    """And of its height."""

    def window(self, image: tuple[int, int], columns: int, rows: int, cell: tuple[int, int]) -> Window:
        """Return what of an image is seen; at least `LEAST` of its pixels, however large the factor.

        Args:
            image: its width and height.
            columns: of the room on the screen.
            rows: of the room on the screen.
            cell: width and height of a cell in pixels.
        """
        factor = min(self.factor, largest(image))
        return window(image, columns, rows, cell, factor, (self.x * image[0], self.y * image[1]))


def largest(image: tuple[int, int]) -> float:
    """Return the largest factor at which an image of this width and height is shown."""
    return max(1.0, max(image) / LEAST)


class Placement(Struct, frozen=True):
    """The room that a picture takes on the screen."""

    columns: int
    rows: int
    width: int
    """Pixels of the screen."""
    height: int


def fit(width: float, height: float, columns: int, rows: int, cell: tuple[int, int]) -> Placement:
    """Return the largest placement within some cells that keeps the ratio of width to height."""
    columns, rows = min(columns, LARGEST), min(rows, LARGEST)
    room_x, room_y = columns * cell[0], rows * cell[1]
    scale = min(room_x / width, room_y / height)
    drawn_x = min(room_x, max(1, round(width * scale)))
    drawn_y = min(room_y, max(1, round(height * scale)))
    return Placement(
        min(columns, max(1, -(-drawn_x // cell[0]))),
        min(rows, max(1, -(-drawn_y // cell[1]))),
        drawn_x,
        drawn_y,
    )


def window(
    image: tuple[int, int],
    columns: int,
    rows: int,
    cell: tuple[int, int],
    factor: float,
    centre: tuple[float, float],
) -> Window:
    """Return what of an image is seen at a magnification.

    Args:
        image: its width and height.
        columns: of the room on the screen.
        rows: of the room on the screen.
        cell: width and height of a cell in pixels.
        factor: how many times larger than where all of it is seen; at least 1.
        centre: the point of the image that should be in the middle; near an edge the window stops there.
    """
    room = (columns * cell[0], rows * cell[1])
    scale = min(room[0] / image[0], room[1] / image[1]) * factor
    seen = [min(size, space / scale) for size, space in zip(image, room, strict=True)]
    begin = [
        min(max(0.0, middle - part / 2), size - part)
        for middle, part, size in zip(centre, seen, image, strict=True)
    ]
    return Window(begin[0], begin[1], begin[0] + seen[0], begin[1] + seen[1])
