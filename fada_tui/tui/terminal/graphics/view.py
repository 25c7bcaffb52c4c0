"""How a person looks at pictures: which greys, how closely, and where. Of the screen alone, and pure."""

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.tui.terminal.graphics.fit import Magnification, Window, largest
from fada_tui.tui.terminal.graphics.tone import Tone

STEP = 1.5
"""How much larger a step makes a picture."""

PAN = 0.2
"""How much of what is seen a step to the side moves it."""


class View(Struct, frozen=True):
    """How pictures are looked at; by default all of each, as it is."""

    tone: Tone = Tone()
    closer: Magnification | None = None
    """How closely; all of it where that isn't said."""

    def zoomed(self, step: int, image: tuple[int, int] | None) -> "View":
        """Return the view from some steps closer, or further away below 0, as far as that goes.

        Args:
            step: how many.
            image: width and height of the image that is seen; `None` while it is on its way.
        """
        before = self.closer or Magnification(1.0)
        most = largest(image) if image else before.factor * STEP
        factor = min(max(min(before.factor, most) * STEP**step, 1.0), most)
        if factor < STEP**0.5:  # steps down from the largest one needn't end at all of it
            return replace(self, closer=None)
        return replace(self, closer=Magnification(factor, before.x, before.y))

    def panned(self, right: int, down: int, seen: Window, image: tuple[int, int]) -> "View":
        """Return the view of what is some steps to the right and further down.

        Args:
            right: steps; to the left below 0.
            down: steps; up below 0.
            seen: what of the image is seen now.
            image: its width and height.
        """
        if self.closer is None:
            return self
        # From the middle of what is seen: at an edge it isn't the centre that was asked for.
        x, y = (seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2
        centre = ((x + right * PAN * seen.width) / image[0], (y + down * PAN * seen.height) / image[1])
        return replace(self, closer=Magnification(self.closer.factor, *centre))


AS_IT_IS = View()
"""All of a picture, in its own greys."""
