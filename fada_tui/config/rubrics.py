"""The shipped rubrics, and reading a rubric from a file."""

from fada_tui.config.preset import PresetKind
from fada_tui.evaluation.rubric import Rubric, rubric_from

RUBRICS = PresetKind("rubric", "rubrics", "a TOML file with verdicts and categories")


def load_rubric(name_or_file: str) -> Rubric:
    """Return a shipped rubric by its name, or one from a TOML file.

    Raises:
        UsageError: there is no such rubric, it cannot be read, or it is not a rubric.
    """
    return RUBRICS.load(name_or_file, rubric_from)
