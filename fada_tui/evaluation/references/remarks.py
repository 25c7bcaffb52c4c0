"""What is told of a table of references: a line for each kind, with the first cases and how many more."""

from collections import Counter
from collections.abc import Iterable, Sequence

from fada_tui.core.table import folded


class Remarks:
    """What of a table was not taken as it stands.

    Args:
        unit: what a row's number counts: `line`, `row` or `entry`.
    """

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._cases: dict[str, dict[str, None]] = {}
        self._empty: Counter[str] = Counter()
        self._others: list[str] = []

    def boolean(self, row: int, text: str) -> None:
        """Tell of a boolean in a CSV, which may be in another language."""
        said = "" if text in ("TRUE", "FALSE") else f" ({text})"
        self._note("TRUE and FALSE are read as yes and no", f"{self._at(row)}{said}")

    def ambiguous(self, label: str) -> None:
        """Tell of a name that several images of the run have."""
        self._note("several images are called so, none is taken (name the folder, too)", f"'{label}'")

    def doubled(self, row: int, *, same: bool) -> None:
        """Tell of a second answer to a question about an image."""
        what = "the same answer again, counted once" if same else "another answer again, the first counts"
        self._note(what, self._at(row))

    def another_patient(self, row: int) -> None:
        """Tell of a second patient for an image."""
        self._note("another patient for the same image, the first counts", self._at(row))

    def empty(self, question: str) -> None:
        """Count an empty cell."""
        self._empty[question] += 1

    def unclear(self, text: str, fits: Sequence[str]) -> None:
        """Tell of a question's name that two questions of the run have."""
        self._others.append(f"'{text}' fits the questions {' and '.join(fits)}, none is taken; name it by id")

    def rivals(self, groups: Iterable[Sequence[str]]) -> None:
        """Tell of folders that could mean one category of the run."""
        for folders in groups:
            named = " and ".join(f"'{folder}'" for folder in folders)
            self._others.append(f"the folders {named} could mean one category, none is taken; say --alias")

    def more_questions(self, questions: int, answers: int) -> None:
        """Tell of questions of the file that are not listed."""
        self._others.append(
            f"{questions:,} more questions that the run does not ask, with {answers:,} answers"
        )

    def lines(self) -> tuple[str, ...]:
        """Return what is to be told."""
        cases = (f"{what}: {folded([*where])}" for what, where in self._cases.items())
        counted = ", ".join(f"{question} {number:,}" for question, number in self._empty.items())
        empty = [f"empty cells, which count as no reference: {counted}"] if counted else []
        return (*self._others, *cases, *empty)

    def _at(self, row: int) -> str:
        return f"{self._unit} {row:,}"

    def _note(self, what: str, where: str) -> None:
        self._cases.setdefault(what, {})[where] = None
