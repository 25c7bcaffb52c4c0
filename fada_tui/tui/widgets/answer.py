"""The answer pane: question, text as it streams in, its figures, and the assessment beneath."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from fada_tui.core.records import Assessment
from fada_tui.core.text import printable
from fada_tui.evaluation.rubric import Rubric, Tag
from fada_tui.evaluation.scoring.marks import MarkKind
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.glyphs import FLAG
from fada_tui.tui.present.marks import counted, pieces
from fada_tui.tui.state.geometry import depth
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.verdicts import Verdicts, rows_of
from fada_tui.tui.widgets.words import Words

SEPARATOR = "  ·  "

TIGHT = 14
"""Rows of a pane in judging below which only the answer counts, and its end more than its beginning."""

FLAGGED = f"{FLAG} flagged"
SET = "bold $accent"
"""How a tag looks that is set."""


class AnswerPane(Vertical):
    """Shows one answer.

    Args:
        context: the name of the rubric's context flag.
        id: of the widget.
        classes: of the widget.
        rubric: whose words for verdicts and tags `fit_to` shows.
    """

    DEFAULT_CSS = """
    AnswerPane {
        & > .question { height: auto; max-height: 4; text-style: bold; margin: 0 0 1 0; }
        & > .thoughts { height: auto; max-height: 2; color: $muted; }
        & > .figures { height: auto; max-height: 3; color: $muted; }
        & > .score { height: auto; max-height: 4; }
        & > .details { height: auto; max-height: 4; }
        & > AnswerText { min-height: 2; }
        & > .verdict { dock: bottom; width: 100%; height: auto; }
        & .tags { height: auto; max-height: 3; }
        & .note { height: auto; max-height: 2; }
    }
    """

    def __init__(
        self,
        context: str,
        id: str | None = None,
        classes: str | None = None,
        rubric: Rubric | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._flag = context
        self._rubric = rubric
        self._judging = self._titled = False
        self._figures: Detail = "all"
        self._fitted: tuple[object, ...] = (False, False, False, False, "row", 0, 0)
        self._tags_room = (0, 1)
        self._view = AnswerView()
        self._subtitle = ""

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield Words(classes="question")
        yield Words(classes="thoughts")
        yield AnswerText(id="answer-text")
        yield Words(classes="figures")
        yield Words(classes="score")
        yield Words(classes="details")
        with Vertical(classes="verdict"):
            yield Words(classes="tags")
            yield Words(classes="note")
            yield Verdicts()

    def on_mount(self) -> None:
        """Fill it."""
        self._draw()

    def fit_to(self, *, judging: bool, compact: bool, bordered: bool, columns: int, rows: int) -> None:
        """Arrange the pane for what is done with it, in the room that it has.

        Args:
            judging: with all that a verdict takes: what verdicts mean, and the rubric's tags.
            compact: each row counts.
            bordered: it has a border, and a title in it.
            columns: of the pane, within its border.
            rows: of the pane, within its border.
        """
        meanings = self._rubric.verdicts if judging and self._rubric else {}
        deep = depth(rows, rows_of(meanings, columns, "whole")) if judging else "row"
        self.query_one(Verdicts).explain(meanings, deep)
        tight = judging and rows < TIGHT
        self.query_one(AnswerText).opens_at_end = tight
        self._tags_room = (columns, 1 if tight else 3 if deep == "whole" else 2)
        fitted = (judging, compact, tight, judging and bordered, deep, columns, rows)
        if fitted == self._fitted:
            return
        if self._judging and not judging:
            self.border_title = "Answer"
        self._fitted, self._judging, self._titled = fitted, judging, judging and bordered
        self._figures = "end" if tight else "brief" if judging and compact else "all"
        question = self.query_one(".question").styles
        question.margin = 0 if compact or tight else (0, 0, 1, 0)
        question.max_height = 2 if tight else 3 if compact else max(4, rows // 4 if judging else 0)
        self.query_one(".thoughts").styles.max_height = 1 if tight or (compact and not judging) else 2
        self.query_one(".note").styles.max_height = 1 if compact or tight else 2
        self.query_one(".details").styles.max_height = 1 if tight else 4
        self.query_one(".verdict").styles.margin = (1, 0, 0, 0) if judging and not compact else 0
        self._draw()

    def show(self, view: AnswerView) -> None:
        """Show this answer."""
        if view != self._view:
            self._view = view
            self._draw()

    def _draw(self) -> None:
        view = self._view
        self.query_one(AnswerText).show(
            view.text,
            muted=view.state in ("none", "waiting", "error"),
            before=view.thoughts or "" if view.thoughts_shown else "",
            marks=counted(view.text, view.marks),
        )
        self.query_one(".thoughts", Words).say(thoughts_line(view))
        if self._judging:
            self.border_title = line(place_line(view))
        self.query_one(".question", Words).say(question_line(view, numbered=not self._titled))
        self.query_one(".figures", Words).say(figures_line(view, self._figures))
        self.query_one(".score", Words).say(score_lines(view))
        self.query_one(".details", Words).say(
            details_lines(view, self._flag, said=not self._judging, briefly=self._figures == "end")
        )
        tags = self._rubric.tags if self._judging and self._rubric else ()
        row = tags_row(view, tags, *self._tags_room) if self._judging else Content("")
        self.query_one(".tags", Words).say(row)
        self.query_one(".note", Words).say(note_line(view.assessment) if self._judging else "")
        self.query_one(Verdicts).show(
            view.assessment.verdict, view.assessment.context, self._flag, active=view.state == "answered"
        )
        subtitle = f"{view.model}  following" if view.following and view.model else view.model
        if subtitle != self._subtitle:
            self._subtitle = subtitle
            self.border_subtitle = line(subtitle)


def question_line(view: AnswerView, *, numbered: bool = True) -> str:
    """Return the question; if it is to be `numbered`, with its number where there are several."""
    number = f"{view.number}/{view.questions}  " if numbered and view.questions > 1 else ""
    return f"{number}{view.question}" if view.question else ""


def place_line(view: AnswerView) -> str:
    """Return which question this is, and of which category the image."""
    number = f"Question {view.number} of {view.questions}" if view.question else "Answer"
    return " · ".join(part for part in (number, view.category) if part)


def tags_row(view: AnswerView, tags: Sequence[Tag], columns: int = 0, rows: int = 1) -> Content:
    """Return the rubric's tags, those that are set in brackets, and whether the answer is flagged.

    They are spelled out where so many columns and rows have room for all of them; else they are letters or,
    where even these have none, those that are set.
    """
    chosen = view.assessment.tags
    known = {tag.name for tag in tags}
    others = [(f"[{printable(name)}]", SET) for name in chosen if name not in known]
    end = [*others, *([(FLAGGED, "bold $warning")] if view.assessment.flagged else [])]
    if view.state == "error" or not (tags or end):
        return Content("")
    key = "bold $footer-key-foreground" if view.state == "answered" else "$muted"
    begin = Content.assemble(("t", key), (" tags", "$muted")) if tags else Content("")

    def row(*, spelled: bool) -> Content:
        pieces = [
            (f"[{printable(tag.name)}]", SET)
            if tag.name in chosen
            else (printable(tag.name if spelled else tag.letter), "$muted")
            for tag in tags
        ]
        gap = 2 if spelled else 1
        return flowed(begin, [Content.styled(*piece) for piece in (*pieces, *end)], columns, gap)

    if not columns:
        return row(spelled=False)
    for names in (row(spelled=True), row(spelled=False)):
        if names.plain.count("\n") < rows:
            return names
    given = [Content.styled(f"[{printable(tag.name)}]", SET) for tag in tags if tag.name in chosen]
    given = given or [Content.styled(f"none of {len(tags)}", "$muted")]
    return flowed(begin, [*given, *(Content.styled(*piece) for piece in end)], columns, 1)


def flowed(begin: Content, pieces: Sequence[Content], columns: int, gap: int) -> Content:
    """Return pieces behind what begins them, none broken, on as many lines as so many columns make."""
    lines = [begin]
    for piece in pieces:
        cells = lines[-1].cell_length
        if cells and columns and cells + gap + piece.cell_length > columns:
            lines.append(piece)
        else:
            lines[-1] = Content.assemble(lines[-1], " " * (gap if cells else 0), piece)
    return Content("\n").join(lines)


def note_line(assessment: Assessment) -> str:
    """Return the note on one line."""
    return f"n “{printable(' '.join(assessment.note.split()))}”" if assessment.note else ""


def thoughts_line(view: AnswerView) -> str:
    """Return that the model thinks, or thought, for how many tokens, and the key that shows what."""
    if view.thoughts is None:
        return ""
    count = "" if view.thoughts_tokens is None else f"{view.thoughts_tokens:,} tokens"
    if view.thinking:
        does = f"thinking: {count} so far" if count else "thinking"
    else:
        does = f"thought {count}".strip()
    key = f" · T {'hides' if view.thoughts_shown else 'shows'} it" if view.thoughts else ""
    return does + key


Detail = Literal["all", "brief", "end"]
"""How many of an answer's figures are shown: `brief` its time and how it ended, `end` that it broke off."""


def figures_line(view: AnswerView, detail: Detail = "all") -> str:
    """Return the answer's figures; what is not known is left out."""
    if detail == "end":
        return "" if view.finish == "stop" else _FINISHES.get(view.finish or "", "")
    if detail == "brief":
        view = replace(view, first_token=None, per_second=None, tokens=None, batch_size=1, device="")
    parts = [
        f"first token {view.first_token:.2f} s" if view.first_token is not None else "",
        f"{view.tokens} tokens" if view.tokens else "",
        f"{view.per_second:.1f} tokens/s" if view.per_second is not None else "",
        f"{view.time:.2f} s" if view.time is not None else "",
        _FINISHES.get(view.finish or "", ""),
        f"batch of {view.batch_size}" if view.batch_size > 1 else "",
        f"on {printable(view.device)}" if view.device else "",
    ]
    return SEPARATOR.join(part for part in parts if part)


_FINISHES = {"stop": "ended by itself", "length": "cut at the token limit", "cancelled": "stopped"}


OTHERS_CELLS = 110
"""Of what another assessor said; the summary has it whole."""


_STYLES: Mapping[MarkKind | None, str] = {
    None: "",
    "matched": "bold $correct",
    "missed": "underline $incorrect",
    "extra": "underline $partial",
}
_SIGNS: Mapping[MarkKind, str] = {"matched": "✓", "missed": "✗", "extra": "+"}


def score_lines(view: AnswerView) -> Content:
    """Return the reference and the score, with what was matched, missed and said beside it marked."""
    lines: list[Content] = []
    if view.reference is not None:
        text = " ".join(view.reference.split())
        marked = counted(view.reference, view.reference_marks)
        parts = [(part, _STYLES[kind]) for part, kind in pieces(printable(text), 0, marked)]
        lines.append(Content.assemble("reference: ", *parts))
    if view.score is not None:
        score = view.score
        groups: dict[MarkKind, tuple[str, ...]] = {
            "matched": score.matched,
            "missed": score.missed,
            "extra": score.extra,
        }
        words = [
            (f"  {_SIGNS[kind]} {printable(', '.join(group))}", _STYLES[kind])
            for kind, group in groups.items()
            if group
        ]
        lines.append(Content.assemble(f"score ({printable(score.kind)}): {score.value:.2f}", *words))
    return Content("\n").join(lines)


WITHHELD = "scores and others' verdicts show once you have judged"
WITHHELD_BRIEFLY = "scores show once you have judged"


def details_lines(view: AnswerView, context: str, *, said: bool = True, briefly: bool = False) -> str:
    """Return tags and note if they are `said` here, what others said, and the auto score, line by line.

    Args:
        view: the answer.
        context: the name of the rubric's context flag.
        said: whether tags and note are among them.
        briefly: there is one line for all of it.
    """
    others = (shortened(other, OTHERS_CELLS) for other in view.others)
    withheld = (WITHHELD_BRIEFLY if briefly else WITHHELD) if view.withheld else ""
    own = tags_and_note(view.assessment) if said else ""
    lines = [own, *others, auto_line(view, context), withheld]
    return "\n".join(part for part in lines if part)


def tags_and_note(assessment: Assessment) -> str:
    """Return an assessment's tags and note on one line."""
    note = f"“{printable(assessment.note)}”" if assessment.note else ""
    return "  ".join(part for part in (", ".join(assessment.tags), note) if part)


def auto_line(view: AnswerView, context: str) -> str:
    """Return the auto score, called by its name so that nobody takes it for a verdict."""
    auto = view.auto
    if auto is None:
        return ""
    named = f"{'' if auto.context else 'no '}{context} named"
    if not view.by_terms:
        return f"computed: {named}"
    score = "no terms for this category" if auto.score is None else f"{auto.score:.0%} of the terms"
    return f"auto score: {score}, {named}"
