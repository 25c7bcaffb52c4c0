"""What a text denies: the stretches of it in which a mention does not count.

By the method of NegEx (W. W. Chapman et al., "A simple algorithm for identifying negated findings and
diseases in discharge summaries", Journal of Biomedical Informatics 34 (2001) 301-310): phrases that negate
what follows them ("no", "without evidence of") or what precedes them ("is not visible"), phrases that only
look like it ("not only", "cannot be excluded"), and words that end what is negated ("but", a full stop).
Beyond NegEx a list is negated as a whole ("no stomach, liver or spine"). What has a subject and verb of its
own is not ("no stomach, and the liver is seen"), nor the place of what is missing ("no stomach in the
abdomen").

It knows English words, not grammar. It does not see denials that need the sense of a sentence ("I doubt that
this is a stomach", "the stomach would be expected here"), double negations but for a few, or what a sentence
says of the one before it ("A stomach? There is none.").
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_ADVERBS = r"(?:(?:well|even|yet|very|quite|\w{3,}ly)\s+)*"
_SEEN = (
    r"(?:visible|seen|visuali[sz]ed|identified|identifiable|present|shown|depicted|demonstrated|apparent|"
    r"appreciated|appreciable|observed|detected|detectable|discernible|discerned|distinguishable|"
    r"recogni[sz]able|recogni[sz]ed|evident|noted|found|imaged|displayed|included|captured|there|in view|"
    r"made out|assessed|assessable|evaluated|evaluable|delineated|in (?:the |this )?(?:image|plane|picture|"
    r"frame|view|scan|section|field of view))"
)
_BE = r"(?:is|are|was|were|be|been|being|remains?|appears?|seems?|looks?)"
_FINITE = (
    r"(?:is|are|was|were|can|could|may|might|has|have|had|shows?|appears?|seems?|looks?|lies|suggests?|sees?|"
    r"demonstrates?|remains?|measures?|contains?|do|does|did|think|believe)"
)
_SUBJECT = r"(?:the|this|that|these|those|a|an|it|they|there|we|i|you|one|both|its|he|she|here|what)"
_IMAGE = r"(?:image|scan|ultrasound|sonogram|picture|frame|view|section|plane|photo(?:graph)?|slice)"

_ONLY_LOOKS_SO = re.compile(
    r"\b(?:not (?:only|just|merely|simply|solely)|no doubt|without (?:any )?doubt|not without|"
    r"not (?:absent|missing|lacking|invisible)|no (?:significant |interval )?(?:change|increase|decrease)|"
    r"(?:cannot|can't|can not|could not|couldn't|not) (?:be )?(?:\w+ly )?(?:excluded?|ruled? out)|"
    r"not (?:certain|sure|clear) (?:if|whether|that)|whether or not|no matter|no less than|no\. ?\d+|"
    r"(?:no|without(?: any)?) (?:question|problems?|difficult(?:y|ies)|trouble))\b"
)
_SENTENCE_END = re.compile(r"[.!?](?=[\s\"'*)\]]|$)|[;\n]|:(?=\s|$)| - | -- |\s\(")
_NEW_CLAUSE = re.compile(
    r"\b(?:but|however|although|though|except(?:ing)?|apart from|aside from|other than|besides|yet|whereas|"
    r"while|whilst|because|since|therefore|thus|hence|only|instead(?! of)|nevertheless|nonetheless|still)\b"
)

_BEHIND = re.compile(
    # "is not seen", "isn't visible", "does not appear to be present", "cannot be made out", "not seen"
    rf"\b(?:{_BE}|do|does|did)(?:n't|\s+not|\s+never)\s+(?:(?:appear|seem|look)\s+)?(?:to be\s+)?"
    rf"{_ADVERBS}{_SEEN}\b"
    rf"|\b(?:cannot|can't|(?:can|could|may|might|would|should|has|have|had)(?:n't|\s+not))\s+{_ADVERBS}"
    rf"(?:be|been)\s+{_ADVERBS}{_SEEN}\b"
    # "the stomach is not", with no more to it
    rf"|\b(?:can't|(?:{_BE}|do|does|did|can|could|has|have)(?:n't|\s*not))(?=\s*(?:[.,;:!?\n]|$))"
    rf"|(?<!have )(?<!has )(?<!had )(?<!do )\bnot\s+{_ADVERBS}{_SEEN}\b"
    rf"|\b(?:{_BE}\s+)?(?:absent|missing|lacking|invisible|non-?visuali[sz]ed)\b"
    rf"|\b{_BE}\s+(?:ruled out|excluded|{_ADVERBS}unlikely(?!\s+(?:to|that)\b)|"
    r"out of (?:view|plane|frame)|outside)\b"
)
_AHEAD = re.compile(
    r"(?P<verbal>\b(?:not|never|cannot|unable to|unlikely (?:to|that)|fail(?:s|ed)? to|\w+n't)\b)"
    r"|\bno\b(?=\s+[\w*\"'(])|\b(?:without|neither|nor|none|nothing|(?:hardly|barely|scarcely) any|zero)\b"
    r"|\b(?:absence|lack|loss|free|devoid|instead|exclusion|non-?visuali[sz]ation)\s+of\b"
    r"|\b(?:lacks|lacking|excludes?|rules? out|ruled out|negative for|rather than|as opposed to)\b"
)
_NOT_MISSING = re.compile(r"\bnot (absent|missing|lacking|invisible)\b")
_PREFIX = re.compile(r"\bnon[- ](\w+)")
_NOT = re.compile(r"(?:n't|\bnot|\bnever|\bcannot)\b")
_ATTRIBUTE = re.compile(r"^(?:absent|missing|lacking|invisible|non-?visuali[sz]ed)$")
_HINT = re.compile(
    r"\b(?:no|not|nor|non|nil|none|nothing|never|neither|without|cannot|absen|missing|lack|loss|free|devoid|instead|"
    r"exclu|invisible|hardly|barely|scarcely|zero|negative|rather|opposed|unable|fail|unlikely|rule|out|nonvis)|n't\b"
)
"""What a text with any negation has in it: most have none, and this is quickly seen."""
_NOUN_AHEAD = re.compile(r"\s+(?!(?:and|or|in|on|here|from|at)\b)\w")
_NO_SUBJECT = re.compile(r"^[\s\W]*(?:(?:there|i|we|also|and|or|an?|the)\b[\s,]*)*(?:\d+[.)]\s*)?$")
_OF_ALL = re.compile(
    r"^[\s\W]*(?:(?:the|other|following|anatomical|fetal|maternal|structures?|organs?|features?|items?|parts?|"
    r"landmarks?|measurements?|findings?)\b\s*)+$"
)
"""The subject of a sentence that lists what is not there: "the following structures are not seen: ..."."""
_OWN_CLAUSE = re.compile(
    rf"(?:,\s*(?:and\s+|so\s+)?|(?<=\S)\s+(?:and|so)\s+)(?={_SUBJECT}\s(?:[\w'-]+\s+){{0,6}}?{_FINITE}\b)"
    rf"|,\s*(?:and\s+)?(?=(?:it|they|we|i)\b)"
)
_AND_CLAUSE = re.compile(rf"(?<=\S)\s+and\s+(?=(?:[\w'-]+\s+){{1,5}}?{_FINITE}\b)")
_PLACE = re.compile(r"(?<=\w)\s+(?:in|within|inside|on|at|from|during|throughout|across|around)\s+(?=\w)")
_IMAGE_PLACE = re.compile(
    rf"(?<=\w)\s+(?:in|within|on|from|of)\s+(?:this|the|your|our|these|an?)\s+(?:[\w'-]+\s+){{0,4}}?{_IMAGE}s?\b"
)
_OPENING_PLACE = re.compile(
    rf"^\s*(?:in|within|on|from)\s+(?:this|the|these|an?)\s+(?:[\w'-]+\s+){{0,4}}?{_IMAGE}s?\b"
    r"(?:\s+of\s+(?:the\s+|an?\s+)?[\w' -]*?(?=,|\s(?:the|an?|no)\s))?"
)
_SAYS_NO = re.compile(
    # "stomach: no", "| stomach | not seen |", "A stomach? No."
    rf"(?:[:|?]|\s-)\s*(?:no|none|nil|not|negative|absent|missing|not\s+{_ADVERBS}{_SEEN})"
    r"\s*(?=[.\n;,|)]|$)"
)
_HEADING_MARK = re.compile(r"[\n.;:|!?]")
_IN_BRACKETS = re.compile(rf"\s\(\s*(?:absent|missing|not|not\s+{_ADVERBS}{_SEEN})\s*\)")
_ITEM_MARK = re.compile(r"[\n.;:|!?,]|\band\b|\bor\b")
_JUDGE = (
    r"(?:determin|assess|tell|say|evaluat|judg|confirm|diagnos|comment|ascertain|establish|decid|conclud)\w*"
)
_UNABLE = (
    r"(?:cannot|can't|(?:can|could|do|does|did)(?:n't|\s+not)|unable\s+to|impossible\s+to|not\s+(?:possible|able)\s+to|"
    r"(?:difficult|hard)\s+to|(?:insufficient|not\s+enough)\s+(?:\w+\s+){1,3}to)"
)
_LEFT_OPEN = re.compile(
    rf"\bwhether\b|\b(?:tell|say|sure|clear|certain|know|unclear|uncertain|{_JUDGE})\s+if\b"
    rf"|\b{_UNABLE}\s+(?:\w+ly\s+)?(?P<passive>be\s+(?:\w+ly\s+)?)?{_JUDGE}"
)
"""What leaves open that which follows, or which precedes "cannot be determined"."""
_PREDICATE = re.compile(rf"\b(?:{_FINITE}|{_SEEN})\b")
_ASIDE = re.compile(r"[\s,]*(?:(?:\w{3,}ly|however|therefore|of course)[\s,]+)*")
"""What may lie between a verb and its negation: "is, unfortunately, not seen"."""
_JOINT = re.compile(r",|\band\b|\bor\b|\bthat\b")
_ARTICLE = re.compile(r",\s*(?:and\s+)?(?:the|an?|this)\b")
_OR = re.compile(r"\bn?or\b")
_LISTED = re.compile(r":[ \t]*\n?(?:\s*(?:[-*•]|\d+[.)])[^\n]*\n?)+|:[^.;\n]*")


REACH = 400
"""Characters that a negation reaches at most; a bound on the time that endless sentences take."""


class Negation(NamedTuple):
    """A denied stretch of a text, `text[start:end]`."""

    start: int
    end: int


@lru_cache(maxsize=8192)
def negations(text: str) -> tuple[Negation, ...]:
    """Return what a folded text (`phrases.folded`) denies, in its order; none overlaps another."""
    hints = [found.start() for found in _HINT.finditer(text)]
    if not hints:
        return ()
    twice = [Negation(*found.span(1)) for found in _NOT_MISSING.finditer(text)]
    text = _ONLY_LOOKS_SO.sub(lambda found: "_" * len(found[0]), text)
    within = [one for start, end in _clauses(text, hints) for one in _in_clause(text, start, end)]
    prefixed = [Negation(*found.span(1)) for found in _PREFIX.finditer(text)]
    return _merged([*within, *_headings(text), *prefixed, *twice])


def is_negated(text: str, start: int, end: int) -> bool:
    """Return whether a folded text denies what it says at `text[start:end]`.

    A phrase that has the negation in it, as "not assessable", is not denied by it.
    """
    found = negations(text)
    place = bisect_right(found, (start, len(text))) - 1
    return place >= 0 and end <= found[place].end


def is_left_open(text: str, start: int, end: int) -> bool:
    """Return whether a folded text neither says nor denies what it mentions at `text[start:end]`.

    So it is after "whether" and "I cannot tell", and before "cannot be determined".
    """
    found = _open_stretches(text)
    place = bisect_right(found, (start, len(text))) - 1
    return place >= 0 and end <= found[place].end


@lru_cache(maxsize=8192)
def _open_stretches(text: str) -> tuple[Negation, ...]:
    hints = [found.start() for found in _LEFT_OPEN.finditer(text)]
    found: list[Negation] = []
    for start, end in _clauses(text, hints):
        for one in _LEFT_OPEN.finditer(text, start, end):
            if one["passive"]:
                found += _before(text, max(start, one.start() - REACH), one.start())
            else:
                found.append(Negation(one.end(), min(end, one.end() + REACH)))
    return _merged(found)


def _merged(found: list[Negation]) -> tuple[Negation, ...]:
    """Return stretches in their order, those that overlap as one."""
    merged: list[Negation] = []
    for one in sorted(one for one in found if one.start < one.end):
        if merged and one.start < merged[-1].end:
            merged[-1] = Negation(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return tuple(merged)


def _clauses(text: str, hints: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the clauses of the sentences in which a negation can be."""
    for start, end in _split(_SENTENCE_END, text, 0, len(text)):
        if bisect_left(hints, start) < bisect_left(hints, end):
            yield from _split(_NEW_CLAUSE, text, start, end)


def _split(mark: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in mark.finditer(text, start, end):
        yield start, found.start()
        start = found.end()
    yield start, end


def _in_clause(text: str, start: int, end: int) -> Iterator[Negation]:
    found = [(one.start(), False, one) for one in _BEHIND.finditer(text, start, end)]
    found += [(one.start(), True, one) for one in _AHEAD.finditer(text, start, end)]
    found.sort(key=lambda one: one[:2])
    place = start
    for number, (at, ahead, phrase) in enumerate(found):
        if at < place:
            continue
        place = phrase.end()
        if word := _NOT.search(text, at, place):
            yield Negation(word.end(), place)
        if not ahead and not _leads(text, max(start, at - REACH), phrase, end):
            yield from _before(text, max(start, at - REACH), at)
            if _OF_ALL.match(text[max(start, at - REACH) : at]) and (listed := _LISTED.match(text, place)):
                yield Negation(place, listed.end())
        elif heading := _LISTED.match(text, place):
            yield Negation(place, heading.end())
        else:
            # The next negation has words of its own: "no clear view, not assessable".
            later = (one for one, *_ in found[number + 1 : number + 4] if one >= place)
            stop = min(end, place + REACH, next(later, end))
            yield Negation(place, _reach(text, place, stop, verbal=ahead and phrase["verbal"] is not None))


def _headings(text: str) -> Iterator[Negation]:
    """Yield headings and items after which a text says no more than that there is no such thing."""
    for found in _SAYS_NO.finditer(text):
        start = max(0, found.start() - REACH)
        marks = [mark.end() for mark in _HEADING_MARK.finditer(text, start, found.start())]
        yield Negation(marks[-1] if marks else start, found.start())
    for found in _IN_BRACKETS.finditer(text):
        start = max(0, found.start() - REACH)
        marks = [mark.end() for mark in _ITEM_MARK.finditer(text, start, found.start())]
        yield Negation(marks[-1] if marks else start, found.start())


def _leads(text: str, start: int, found: re.Match[str], end: int) -> bool:
    """Return whether what negates the words before it has none there, so that it negates those after it."""
    if _ATTRIBUTE.match(found[0]) and _NOUN_AHEAD.match(text, found.end(), end):
        return True
    return _NO_SUBJECT.match(text[start : found.start()]) is not None


def _reach(text: str, start: int, end: int, *, verbal: bool) -> int:
    """Return where that ends which is negated from a place on."""
    ends = [end]
    if own := _OWN_CLAUSE.search(text, start, end):
        ends.append(own.start())
    if verbal:
        # "not breech, cephalic": only a list with "or" is negated as a whole.
        comma = text.find(",", start, end)
        if comma >= 0 and not _OR.search(text, comma, end):
            ends.append(comma)
        if other := _AND_CLAUSE.search(text, start, end):
            ends.append(other.start())
    elif (article := _ARTICLE.search(text, start, end)) and not _OR.search(text, article.end(), end):
        ends.append(article.start())
    close = text.find(")", start, end)
    if close >= 0 and text.find("(", start, close) < 0:
        ends.append(close)
    where = (_IMAGE_PLACE if verbal else _PLACE).search(text, start, end)
    if where and text[start : where.start()].strip():
        ends.append(where.start())
    return min(ends)


def _before(text: str, start: int, end: int) -> Iterator[Negation]:
    """Yield what is negated before a place: its subject, which another clause may precede."""
    if opening := _OPENING_PLACE.match(text[start:end]):
        start += opening.end()
    predicates = [found.end() for found in _PREDICATE.finditer(text, start, end)]
    if predicates and not _ASIDE.fullmatch(text, predicates[-1], end):
        start = predicates[-1]
        if joint := _JOINT.search(text, start, end):
            start = joint.end()
    where = _PLACE.search(text, start, end)
    yield Negation(start, where.start() if where and text[start : where.start()].strip() else end)
