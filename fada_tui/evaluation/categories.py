"""What a folder's name means by a person's word: asked before the rubric and the class set."""

from collections.abc import Mapping

from fada_tui.evaluation.rubric import normal


def meaning(folder: str, aliases: Mapping[str, str]) -> str:
    """Return the category that a folder's name stands for: its alias's, else its own.

    Upper case, spaces, `_` and `-` make no difference. An alias's category is not looked up again, so that
    two folders can be given each other's names.
    """
    wanted = normal(folder)
    return next((category for name, category in aliases.items() if normal(name) == wanted), folder)
