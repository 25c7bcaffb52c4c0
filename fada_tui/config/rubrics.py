"""The rubrics that come with the program, and reading one from a file."""

from pathlib import Path

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.evaluation.rubric import Rubric, parse_rubric

_SHIPPED = Path(__file__).parent / "presets" / "rubrics"


def shipped() -> tuple[str, ...]:
    """Return the names of the rubrics that come with the program."""
    return tuple(sorted(file.stem for file in _SHIPPED.glob("*.toml")))


def load_rubric(name_or_path: str) -> Rubric:
    """Return a shipped rubric by its name, or one from a TOML file.

    Raises:
        UsageError: there is no such rubric, it cannot be read, or it is not a rubric.
    """
    file = _SHIPPED / f"{name_or_path}.toml" if name_or_path in shipped() else Path(name_or_path).expanduser()
    try:
        text = read_small(file).decode()
    except FileNotFoundError:
        names = ", ".join(shipped())
        raise UsageError(
            f"no rubric {name_or_path!r}: name a TOML file, or one that comes with the program ({names})"
        ) from None
    except OSError as error:
        raise UsageError(f"rubric {name_or_path!r} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"rubric {name_or_path!r} cannot be read: {error}") from None
    return parse_rubric(text)
