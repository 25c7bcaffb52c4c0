"""The page's first screen: title, then what was asked, whether to believe it, how good, how fast, so what."""

import re
from collections.abc import Sequence
from math import floor, log10
from typing import Final

from markdown_it.tree import SyntaxTreeNode
from msgspec import UNSET

from fada_tui.core.notes_text import parser
from fada_tui.core.records import Run
from fada_tui.evaluation.classification import constant_classes
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.constant_answers import ALIKE, IMAGES, Alike
from fada_tui.evaluation.pace import Pace
from fada_tui.evaluation.verdicts import Tally
from fada_tui.report import devices, score_texts, units, verdict_texts
from fada_tui.report.control_pictures import control_line
from fada_tui.report.figures import Figures, imported
from fada_tui.report.looking import constant_line, evidence_line, names
from fada_tui.report.markdown import inline, name, table
from fada_tui.report.metric_texts import macro_f1, on_one, requests, right
from fada_tui.report.question_figures import QuestionFigures, kinds
from fada_tui.report.references import references_line

LINES: Final = 40
"""Lines of the first screen, title included."""
ROWS: Final = 12
"""Rows of its table at most."""
_ROWS_KEPT = 6
"""Rows for which there is room, however many questions give reason to doubt."""
_QUESTION_CHARACTERS = 160
_ANSWER_CHARACTERS = 60
_CONCLUSION_CHARACTERS = 400

COLUMNS: Final = (
    "Question",
    "Figure",
    "n",
    "Value (95% interval)",
    "Majority answer's",
    "Own commonest answer's",
)
SCORES: Final = "Scores"
"""The section where what has no room goes on."""
_SENTENCE = re.compile(r"[.!?…][\"'”’)]*(?=\s|$)")

_ALL: Final = "all questions"
_BY_PEOPLE: Final = "quality by people"

Row = tuple[str, ...]


def overview(run: Run, found: Figures, questions: Sequence[QuestionFigures], *, above: int) -> list[str]:
    """Return the section Summary.

    Args:
        run: The run.
        found: Its figures.
        questions: Those of its questions.
        above: Lines of the page above it: all together are `LINES` at most.
    """
    doubts = [doubt_line(one) for one in questions if one.alike.finding == "doubt"]
    rows = figure_rows(run, found, questions)
    start = [
        "## Summary",
        "",
        f"- **Asked**: {_asked(run, found)}",
        *([f"- {line}"] if (line := references_line(run)) else []),
        f"- **Does It Look at the Image**: {_looks(run, questions)}",
        *control_line(run),
    ]
    end = [f"- **How Fast**: {_speed(run, found)}", "", f"> {_conclusion(run)}", ""]
    evidence = [f"- {line}"] if (line := evidence_line(questions)) else []
    room = LINES - above - len(start) - len(end)
    kept = len(evidence) + (min(len(rows), _ROWS_KEPT) + 6 if rows else 1)
    doubts = [*_with_rest(doubts, room - kept), *evidence]
    if not rows:
        return [*start, *doubts, f"- **How Good**: {_unknown(run)}", *end]
    shown = _first(rows, min(ROWS, room - len(doubts) - 4))
    if rest := len(rows) - len(shown):
        shown = _first(rows, min(ROWS, room - len(doubts) - 6))
        rest = len(rows) - len(shown)
    more = [f"{rest:,} more {'row' if rest == 1 else 'rows'}: see {SCORES}.", ""] if rest else []
    return [*start, *doubts, "", *table(COLUMNS, shown), "", *more, *end]


def _first(rows: Sequence[Row], most: int) -> list[Row]:
    """Return the first rows, and in place of the last of them that over all questions.

    Verdicts on one question give way, from the last one on, to the scores of others.
    """
    spare = [place for place, row in enumerate(rows) if row[0] != _ALL and _beside_score(rows, place)]
    left_out = set(spare[max(len(spare) + most - len(rows), 0) :])
    rows = [row for place, row in enumerate(rows) if place not in left_out]
    if len(rows) <= most:
        return rows
    return [*rows[: most - 1], rows[-1]] if rows[-1][0] == _ALL else [*rows[:most]]


def _beside_score(rows: Sequence[Row], place: int) -> bool:
    """Return whether a row has the verdicts on a question that has a score as well, in the row before."""
    return rows[place][1] == _BY_PEOPLE and place > 0 and rows[place - 1][0] == rows[place][0]


def _with_rest(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return [*lines]
    shown = max(most - 1, 0)
    return [*lines[:shown], f"  - and {len(lines) - shown:,} more: see {SCORES}"]


def _asked(run: Run, found: Figures) -> str:
    images = found.images or run.dataset.images
    categories = found.categories or len(run.dataset.categories)
    independent = len(set(clusters(run.results)))
    fewer = f" ({independent:,} independent)" if 0 < independent < images else ""
    of = f"{units.count(images, 'image')}{fewer} of {units.count(categories, 'category', 'categories')}"
    results = "" if found.results == found.planned else f" of {found.planned:,} planned"
    failed = f" ({units.percent(found.errors / found.results)})" if found.errors else ""
    made = f"{units.count(found.results, 'result')}{results}, {units.count(found.errors, 'error')}{failed}"
    if run.classes is not UNSET:
        return f"{units.count(len(run.classes.classes), 'class', 'classes')} for {of}: {made}"
    if len(run.questions) == 1:
        text = inline(score_texts.cut(run.questions[0].text, _QUESTION_CHARACTERS))
        kind = run.questions[0].kind
        return f'"{text}" (kind: {kind}) of {of}: {made}' if kind != "none" else f'"{text}" of {of}: {made}'
    by_kind = ", ".join(f"{number:,} {kind}" for kind, number in kinds(run.questions).items())
    number = units.count(len(run.questions), "question")
    return f"{number} ({by_kind}) of {of}: {made}" if by_kind else f"no question of {of}: {made}"


def _looks(run: Run, questions: Sequence[QuestionFigures]) -> str:
    by_finding: dict[str, list[QuestionFigures]] = {}
    for one in questions:
        by_finding.setdefault(one.alike.finding, []).append(one)
    doubted, varied = by_finding.get("doubt", []), by_finding.get("varies", [])
    of_all = units.count(len(questions), "question")
    parts = []
    if doubted:
        parts.append(f"⚠️ {constant_line([one.alike for one in doubted], len(questions))}")
    elif varied:
        all_ = len(varied) == len(questions)
        where = "" if len(questions) == 1 else f" in {'any' if all_ else f'{len(varied):,}'} of {of_all}"
        most = max(varied, key=lambda one: one.alike.share).alike
        parts.append(
            f"no reason to doubt{where}: no answer stands for {units.percent(ALIKE)} of the images "
            f"(at most {units.percent(most.share)}, {_said(most)}, n = {most.images:,})"
        )
    if uniform := by_finding.get("references_alike"):
        parts.append(f"not testable for {names(uniform)}: the right answers are as uniform as the model's")
    if few := by_finding.get("too_few"):
        which = "" if len(few) == len(questions) else f" for {names(few)}"
        n = units.span(min(one.alike.images for one in few), max(one.alike.images for one in few))
        parts.append(f"not testable{which}: fewer than {IMAGES} images have an answer (n = {n})")
    return "; ".join(parts) or "not testable: no question was asked"


def doubt_line(one: QuestionFigures) -> str:
    """Return the item of a list on a question that gets one answer for nearly all images."""
    same = one.alike
    said = f"{_said(same)}, in different words," if same.reworded else _said(same)
    return f"  - **{name(one.label)}**: {said} for {same.count:,} of {same.images:,} images"


def _said(same: Alike) -> str:
    return (
        f'"{inline(score_texts.cut(same.answer, _ANSWER_CHARACTERS))}"' if same.answer else "an empty answer"
    )


def figure_rows(run: Run, found: Figures, questions: Sequence[QuestionFigures]) -> list[Row]:
    """Return the table's rows: classification, or the main score of each question, and people's verdicts."""
    if run.classes is not UNSET:
        return [*_sorting(run, found), *_verdicts("all images", found.tally)]
    rows: list[Row] = []
    for one in questions:
        if one.scores is not None:
            main = one.scores.main
            n = f"{main.answered.n:,}"
            value = score_texts.value(main)
            if one.scores.errors:
                n += f" of {main.asked.n:,}"
                value += f"; of all asked {score_texts.value(main, main.asked)}"
            constants = (score_texts.constant(main.key, which) for which in (main.majority, main.commonest))
            rows.append((name(one.label), inline(main.name), n, value, *constants))
        rows += _verdicts(name(one.label), one.tally)
    return [*rows, *_verdicts(_ALL, found.tally)] if len(questions) > 1 else rows


def _verdicts(label: str, counts: Tally) -> list[Row]:
    share, all_asked = counts.share("quality"), counts.share("quality", with_errors=True)
    if share is None or all_asked is None:
        return []
    value = verdict_texts.share(share)
    # Beside some of the answers all errors would weigh more than in the run: the section says so.
    if counts.errors and counts.judged == counts.answers:
        value += f"; errors as incorrect {verdict_texts.share(all_asked)}, n = {all_asked.n:,}"
    return [(label, _BY_PEOPLE, verdict_texts.of(share), value, "–", "–")]


def _sorting(run: Run, found: Figures) -> list[Row]:
    constants = None if found.sorting is None else constant_classes(found.sorting.confusions)
    if found.sorting is None or constants is None:
        return []
    n = f"{found.sorting.top1.total:,}"
    shares = [f"{units.percent(one.accuracy)} ({name(one.name)})" for one in constants]
    scores = [f"{one.macro_f1:.3f} ({name(one.name)})" for one in constants]
    return [
        ("class", "accuracy", n, right(found.sorting.top1, found.sorting.interval) or "–", *shares),
        ("class", "macro F1", n, macro_f1(run, found) or "–", *scores),
    ]


def _unknown(run: Run) -> str:
    scored = any(question.kind != "none" for question in run.questions)
    why = "no answer could be scored" if scored else "no question says how its answers are scored"
    return f"not known: {why}, and nobody has judged one"


def _speed(run: Run, found: Figures) -> str:
    mean = units.seconds(found.time_per_answer)
    if mean is None:
        return "unknown"
    how = " in batches" if found.batch_sizes else ""
    how += f" {where}" if (where := on_one(found)) else ""
    how += f" {at_once}" if (at_once := requests(run)) else ""
    parts = [f"{mean} s an answer on average{how}"]
    spread = found.time_spread
    if spread is not None:
        lower, upper = units.seconds(spread.quartiles.lower), units.seconds(spread.quartiles.upper)
        parts.append(f"median {units.seconds(spread.median)} s, quartiles {lower} to {upper} s")
    if found.together:
        parts.append(f"all at once {found.together:.2f} answers a second (n = {found.at_once:,})")
    if found.together or at_once:
        parts += filter(None, [devices.by_the_clock(run, found.answers)])
    if load := units.seconds(devices.load_time_of(run)):
        parts.append(f"loading {load} s")
    if not imported(run) and (first := units.seconds(found.first_time)):
        parts.append(f"the first answer {first} s")
    how_many = f"{'; '.join(parts)} (n = {found.timed:,})"
    return f"{how_many}; {slower}" if (slower := _slower(found.pace)) else how_many


def _slower(pace: Pace | None) -> str | None:
    """Return that the run became slower; `None` where it did not."""
    if pace is None or not pace.falls:
        return None
    chance = "p < 0.001" if pace.p < 0.001 else f"p = {pace.p:.3f}"
    digits = max(2, 1 - floor(log10(pace.first))) if pace.first > 0 else 2
    return (
        f"⚠️ the pace fell: median {pace.first:.{digits}f} s in the first fifth of the answers, "
        f"{pace.last:.{digits}f} s in the last (Mann-Whitney, {chance})"
    )


def _conclusion(run: Run) -> str:
    written = (run.notes.conclusion or "").strip()
    if not written:
        return "Nobody has drawn a conclusion yet."
    begun, more = beginning(written)
    if len(begun) > _CONCLUSION_CHARACTERS:
        more = True
        ends = [found.end() for found in _SENTENCE.finditer(begun, 0, _CONCLUSION_CHARACTERS)]
        begun = begun[: ends[-1]] if ends else f"{begun[:_CONCLUSION_CHARACTERS].rpartition(' ')[0]}…"
    if not begun:
        return "**Conclusion**: see Conclusions"
    return f"**Conclusion**: {inline(begun)}{' (see Conclusions)' if more else ''}"


def beginning(markdown: str) -> tuple[str, bool]:
    """Return the sentences with which a person's Markdown begins, on one line, and whether more follows.

    They are its paragraphs up to its first list, that list included, or up to the heading after them;
    headings, code, tables and marks are left out.
    """
    said: list[str] = []
    complete = passed = False
    for block in SyntaxTreeNode(parser().parse(markdown)).children:
        if block.type == "heading" or (said and _stands_as_heading(block)):
            complete = bool(said)
        elif block.type not in ("paragraph", "blockquote", "bullet_list", "ordered_list"):
            passed = passed or block.type != "hr"
        elif complete:
            return _on_one_line(said), True
        else:
            said += filter(None, (_words(one).strip() for one in block.walk() if one.type == "inline"))
            complete = block.type.endswith("list") and bool(said)
    return _on_one_line(said), passed


def _stands_as_heading(block: SyntaxTreeNode) -> bool:
    """Return whether a block is a paragraph in bold type alone, and no sentence."""
    if block.type != "paragraph":
        return False
    shown = [one for one in block.children[0].children if one.type != "text" or one.content.strip(" :")]
    return [one.type for one in shown] == ["strong"] and not _SENTENCE.search(_words(shown[0]))


def _words(node: SyntaxTreeNode) -> str:
    if node.type.endswith("break"):
        return " "
    return "".join(map(_words, node.children)) or node.content


def _on_one_line(parts: Sequence[str]) -> str:
    return " ".join(" ".join(part if part[-1:] in ".!?…:;" else f"{part}." for part in parts).split())
