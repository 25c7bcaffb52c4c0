"""Window, level, gamma and inversion of a picture as it is seen: arithmetic without input or output.

They work on the 8 bits of each channel that an image is decoded to, which for 16-bit and DICOM files are
windowed already (see `images.decode`); the same table serves all channels, so that greys stay grey.
"""

from msgspec import Struct
from msgspec.structs import replace

WHITE = 255

WINDOW_STEP = 16
"""Greys that a step makes the window narrower or wider."""

LEVEL_STEP = 8
"""Greys that a step moves it."""

LEAST_WINDOW = WHITE - 15 * WINDOW_STEP
"""Greys between the darkest and the brightest that are told apart, at least."""

DARKEST, BRIGHTEST = 0.2, 5.0
"""The range of gamma."""

GAMMA_STEP = 0.1


class Tone(Struct, frozen=True):
    """Which greys are told apart, and how bright those between are; by default all, as they are.

    Raises:
        ValueError: there would be too little to see.
    """

    width: int = WHITE
    """Greys from the darkest to the brightest that are told apart."""
    level: float = WHITE / 2
    """The grey in the middle of these. They may reach beyond black or white, where the window then ends."""
    gamma: float = 1.0
    """What is above 1 makes the greys between brighter."""
    invert: bool = False
    """Whether black is white."""

    def __post_init__(self) -> None:
        """Refuse what nobody could see anything by."""
        if not LEAST_WINDOW <= self.width <= WHITE:
            raise ValueError(f"width must be {LEAST_WINDOW} to {WHITE}: {self.width}")
        if not self.high - self.low >= LEAST_WINDOW:
            raise ValueError(f"the window at {self.level} has fewer than {LEAST_WINDOW} greys")
        if not DARKEST <= self.gamma <= BRIGHTEST:
            raise ValueError(f"gamma must be {DARKEST} to {BRIGHTEST}: {self.gamma}")

    @property
    def low(self) -> int:
        """The grey, 0 to 255, that is black, as are those below it."""
        return round(max(self.level - self.width / 2, 0))

    @property
    def high(self) -> int:
        """The grey, 0 to 255, that is white, as are those above it."""
        return round(min(self.level + self.width / 2, WHITE))

    def table(self) -> tuple[int, ...]:
        """Return what each of the 256 greys becomes."""
        low, size, power = self.low, self.high - self.low, 1 / self.gamma
        shares = (min(max((grey - low) / size, 0.0), 1.0) ** power for grey in range(WHITE + 1))
        return tuple(round(WHITE * (1 - share if self.invert else share)) for share in shares)

    def wider(self, step: int) -> "Tone":
        """Return a window that is some steps wider, or narrower below 0, as far as that goes."""
        width = min(max(self.width + step * WINDOW_STEP, LEAST_WINDOW), WHITE)
        return replace(self, width=width, level=_within(self.level, width))

    def brighter(self, step: int) -> "Tone":
        """Return a window that begins and ends some steps further down, so that more is bright."""
        return replace(self, level=_within(self.level - step * LEVEL_STEP, self.width))

    def gamma_by(self, step: int) -> "Tone":
        """Return a gamma that is some steps larger, or smaller below 0, as far as that goes."""
        gamma = round(self.gamma + step * GAMMA_STEP, 1)
        return replace(self, gamma=min(max(gamma, DARKEST), BRIGHTEST))

    def inverted(self) -> "Tone":
        """Return the same with black and white exchanged."""
        return replace(self, invert=not self.invert)


def _within(level: float, width: int) -> float:
    """Return the level, or the nearest one at which enough of the window is between black and white."""
    beyond = LEAST_WINDOW - width / 2
    return min(max(level, beyond), WHITE - beyond)
