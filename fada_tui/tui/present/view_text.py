"""How a picture is looked at, in words. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len

from fada_tui.tui.terminal.graphics.tone import Tone
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View

WHOLE = "view: as it is"


def view_texts(view: View) -> tuple[str, ...]:
    """Return how a picture is looked at: in words, in fewer, and in as few as can be; none as it is."""
    tone = view.tone
    window = f"{tone.low}–{tone.high}" if (tone.low, tone.high) != (Tone().low, Tone().high) else ""
    gamma = f"{tone.gamma:.1f}" if tone.gamma != 1 else ""
    factor = f"{view.closer.factor:.1f}×" if view.closer else ""
    words = [window and f"window {window}", gamma and f"gamma {gamma}", "inverted" * tone.invert, factor]
    few = " ".join(filter(None, [window, gamma and f"γ{gamma}", "inv" * tone.invert, factor]))
    return (f"view: {', '.join(filter(None, words))}", f"view {few}", few) if few else ()


def told(view: View) -> tuple[str, ...]:
    """Return the same, and also in words that it is as it is."""
    return (WHOLE, "as it is") if view == AS_IT_IS else view_texts(view)


def longest(texts: Sequence[str], room: int) -> str:
    """Return the first text that has no more cells than this, or none."""
    return next((text for text in texts if cell_len(text) <= room), "")
