"""One answer's score by its question's kind."""

from collections.abc import Sequence

from fada_tui.core.records import Score
from fada_tui.evaluation.auto import groups_named
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring.items import f_beta
from fada_tui.evaluation.scoring.overlap import rouge_l, token_f1, tokens
from fada_tui.evaluation.scoring.vocabulary import Vocabulary


def score_answer(
    vocabulary: Vocabulary, response: str, reference: str | None, *, category: Category | None = None
) -> Score | None:
    """Return the score of an answer; `None` where there is nothing to score it against.

    Args:
        vocabulary: That of the question.
        response: The answer, without thoughts.
        reference: An expert's answer; all kinds but `terms` need one. One that names none of a question's
            values, or several, is none.
        category: The rubric's category of the image, which the kind `terms` is scored by.
    """
    kind = vocabulary.question.kind
    if kind == "terms":
        return _terms(vocabulary, response, category) if category is not None and category.terms else None
    if reference is None:
        return None
    if kind == "set":
        return _set(vocabulary, response, reference)
    if kind in ("choice", "ordered", "yes_no"):
        return _value(vocabulary, response, reference)
    return _text(vocabulary, response, reference) if kind == "text" else None


def _terms(vocabulary: Vocabulary, response: str, category: Category) -> Score:
    named = groups_named(category, response, vocabulary.question.text)
    groups = [group[0] for group in category.terms]
    return Score(
        kind="terms",
        value=len(named) / len(groups),
        matched=named,
        missed=tuple(group for group in groups if group not in named),
    )


def _set(vocabulary: Vocabulary, response: str, reference: str) -> Score:
    said, wanted = vocabulary.named(response), vocabulary.named(reference) or ()
    matched, missed, extra = _parts(said or (), wanted)
    # An answer that says neither an item nor that there is none is not the right answer to "none".
    value = 0.0 if said is None else f_beta(len(matched), len(missed), len(extra))
    return Score(kind="set", value=value, matched=matched, missed=missed, extra=extra)


def _value(vocabulary: Vocabulary, response: str, reference: str) -> Score | None:
    right = vocabulary.value(reference)
    if right is None:
        return None
    said = vocabulary.named(response) or ()
    matched, missed, extra = _parts(said, (right,))
    return Score(
        kind=vocabulary.question.kind,
        value=float(said == (right,)),
        matched=matched,
        missed=missed,
        extra=extra,
    )


def _text(vocabulary: Vocabulary, response: str, reference: str) -> Score:
    said, wanted = vocabulary.canonical(response), vocabulary.canonical(reference)
    matched, missed, extra = _parts(tokens(said), tokens(wanted))
    return Score(
        kind="text",
        value=token_f1(said, wanted),
        matched=matched,
        missed=missed,
        extra=extra,
        rouge_l=rouge_l(said, wanted),
    )


def _parts(
    said: Sequence[str], wanted: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what of two lists is in both, in the second alone, and in the first alone, each once."""
    named, right = dict.fromkeys(said), dict.fromkeys(wanted)
    return (
        tuple(one for one in right if one in named),
        tuple(one for one in right if one not in named),
        tuple(one for one in named if one not in right),
    )
