"""The columns of the answers table, and what stands in them."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from fada_tui.tui.present.cells import beginning, file_name, shortened, shortened_end
from fada_tui.tui.present.glyphs import FLAG, GLYPHS
from fada_tui.tui.state.answer_table import AnswerTable, Row, first_words, question_name
from fada_tui.tui.state.ranking import answer_text
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet

FIRST_WORDS = 300
"""Characters of an answer that a row has at most."""

IN_FULL = 2000
"""Characters of an answer that are shown at most below the table."""

PATH_CELLS, QUESTION_CELLS = 70, 80
"""Of image and question: beneath them there is room for an answer, also where they are long."""

MARK = "●"

HEADINGS = {
    "image": "Image",
    "question": "Question",
    "model": "Model",
    "verdict": "Verdict",
    "score": "Score",
    "flag": FLAG,
    "tags": "Tags",
    "answer": "Answer",
}


def columns(table: AnswerTable, *, named: bool, blind: bool) -> tuple[Column, ...]:
    """Return the columns.

    Args:
        table: names in it say how wide columns are.
        named: there is one for the model.
        blind: there is none for scores, and models are letters.
    """
    questions = max(map(cell_len, table.names), default=1)
    models = 8 if blind else max(map(cell_len, table.models), default=1)
    return (
        Column(key="sign", heading="  ", cells=2),
        _column("image", cells=min(table.image_cells, 28), least=16, cut=file_name),
        _column("question", cells=min(questions, 18), least=10, rank=2, cut=beginning),
        *([_column("model", cells=min(models, 24), least=8, rank=3)] if named else []),
        _column("verdict", cells=9, rank=6),
        *([] if blind else [_column("score", cells=5, right=True, rank=4)]),
        _column("flag", cells=1),
        _column("tags", cells=10, least=6, rank=5),
        _column("answer", cells=20, least=10, fills=True, cut=beginning),
    )


def in_full(row: Row) -> str:
    """Return image, question and answer, or error, as they are shown below the table."""
    result = row.result
    answer = first_words(result, IN_FULL) if result.error is not None else answer_text(result)
    asked = shortened_end(row.question.text, QUESTION_CELLS)
    return f"{shortened(row.image.path, PATH_CELLS)}: {asked}\n{answer[:IN_FULL]}"


class Cells(Sequence[Sequence[Cell]]):
    """The rows' cells, made when they are drawn."""

    def __init__(self, table: AnswerTable, sheet: Sheet) -> None:
        self._table = table
        self._sheet = sheet

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: Any) -> Any:
        row = self._table[index]
        return [self._cell(row, column.key) for column in self._sheet.columns]

    def _cell(self, row: Row, key: str) -> Cell:
        said, answered = row.run.assessment(*row.at), row.answered
        match key:
            case "sign":
                marked = row.key in self._table.marked
                kind = (said.verdict or "unjudged") if answered else "error"
                return Cell(
                    (MARK if marked else " ") + GLYPHS[kind], "chosen" if marked else said.verdict or "muted"
                )
            case "image":
                return Cell(row.image.image, "" if answered else "muted")
            case "question":
                return Cell(question_name(row.question), "muted")
            case "model":
                return Cell(self._table.model(row), "muted")
            case "verdict":
                return Cell(said.verdict or "" if answered else "error", said.verdict or "muted")
            case "score":
                score = self._table.score(row)
                return Cell("" if score is None else f"{score:.2f}")
            case "flag":
                return Cell(FLAG if said.flagged is True else " ", "partial")
            case "tags":
                return Cell(", ".join(said.tags), "muted")
            case _:
                return Cell(first_words(row.result, FIRST_WORDS), "" if answered else "muted")


def _column(key: str, **fields: Any) -> Column:
    return Column(key=key, heading=HEADINGS[key], **fields)
