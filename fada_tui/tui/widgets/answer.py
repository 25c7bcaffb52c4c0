"""The answer pane: question, text as it streams in, its figures, and the assessment beneath."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from fada_tui.core.records import Assessment
from fada_tui.core.text import printable
from fada_tui.evaluation.scoring.marks import MarkKind
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.marks import counted, pieces
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.verdicts import Verdicts
from fada_tui.tui.widgets.words import Words

SEPARATOR = "  ·  "


class AnswerPane(Vertical):
    """Shows one answer.

    Args:
        context: the name of the rubric's context flag.
    """

    DEFAULT_CSS = """
    AnswerPane {
        & > .question { height: auto; max-height: 4; text-style: bold; margin: 0 0 1 0; }
        & > .thoughts { height: auto; max-height: 2; color: $muted; }
        & > .figures { height: auto; max-height: 3; color: $muted; }
        & > .score { height: auto; max-height: 4; }
        & > .details { height: auto; max-height: 4; }
        & > AnswerText { min-height: 2; }
        & > Verdicts { dock: bottom; }
    }
    """

    def __init__(self, context: str, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._flag = context
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
        yield Verdicts()

    def on_mount(self) -> None:
        """Fill it."""
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
        self.query_one(".question", Words).say(question_line(view))
        self.query_one(".figures", Words).say(figures_line(view))
        self.query_one(".score", Words).say(score_lines(view))
        self.query_one(".details", Words).say(details_lines(view, self._flag))
        self.query_one(Verdicts).show(
            view.assessment.verdict, view.assessment.context, self._flag, active=view.state == "answered"
        )
        subtitle = f"{view.model}  following" if view.following and view.model else view.model
        if subtitle != self._subtitle:
            self._subtitle = subtitle
            self.border_subtitle = line(subtitle)


def question_line(view: AnswerView) -> str:
    """Return the question, numbered where there are several."""
    number = f"{view.number}/{view.questions}  " if view.questions > 1 else ""
    return f"{number}{view.question}" if view.question else ""


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


def figures_line(view: AnswerView) -> str:
    """Return the answer's figures; what is not known is left out."""
    parts = [
        f"first token {view.first_token:.2f} s" if view.first_token is not None else "",
        f"{view.tokens} tokens" if view.tokens else "",
        f"{view.per_second:.1f} tokens/s" if view.per_second is not None else "",
        f"{view.time:.2f} s" if view.time is not None else "",
        _FINISHES.get(view.finish or "", ""),
        f"batch of {view.batch_size}" if view.batch_size > 1 else "",
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


def details_lines(view: AnswerView, context: str) -> str:
    """Return tags, note, what others said, and the auto score, each on a line of its own."""
    others = (shortened(other, OTHERS_CELLS) for other in view.others)
    withheld = WITHHELD if view.withheld else ""
    lines = [tags_and_note(view.assessment), *others, auto_line(view, context), withheld]
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
