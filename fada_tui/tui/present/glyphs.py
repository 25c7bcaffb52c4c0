"""The glyphs of answers and their verdicts: one cell each."""

GLYPHS: dict[str, str] = {
    "correct": "✓",
    "partial": "◐",
    "incorrect": "✗",
    "unjudged": "·",
    "running": "▶",
    "error": "!",
    "waiting": " ",
}
"""A verdict is never told by its colour alone."""

FLAG = "⚑"
"""Of an answer that its assessor wants to look at once more."""
