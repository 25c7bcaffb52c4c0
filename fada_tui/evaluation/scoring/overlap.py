"""How much of a reference's words an answer has: token F1 and ROUGE-L."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_ROUGE_MARKS = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Return a text's tokens as SQuAD's evaluation counts them: lower case, no punctuation, no articles.

    P. Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", EMNLP 2016.
    """
    return tuple(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def token_f1(answer: str, reference: str) -> float:
    """Return the F1 of the bags of `tokens` of two texts, 0 to 1; two texts without any are alike."""
    said, wanted = tokens(answer), tokens(reference)
    if not said or not wanted:
        return float(said == wanted)
    return _f1((Counter(said) & Counter(wanted)).total(), len(said), len(wanted))


@lru_cache(maxsize=4096)
def rouge_tokens(text: str) -> tuple[str, ...]:
    """Return a text's tokens as the package rouge-score counts them without stemming: runs of a-z and 0-9."""
    return tuple(_ROUGE_MARKS.sub(" ", text.lower()).split())


def rouge_l(answer: str, reference: str) -> float:
    """Return the F1 of the longest common subsequence of `rouge_tokens`, 0 to 1; 0 if a text has none.

    C.-Y. Lin, "ROUGE: a package for automatic evaluation of summaries", ACL workshop 2004, without stemming.
    """
    said, wanted = rouge_tokens(answer), rouge_tokens(reference)
    return _f1(common_subsequence(said, wanted), len(said), len(wanted))


def common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    Bit-parallel: a row of the table is the bits of one integer (H. Hyyrö, "Bit-parallel LCS-length
    computation revisited", AWOCA 2004).
    """
    places: dict[str, int] = {}
    for place, token in enumerate(one):
        places[token] = places.get(token, 0) | 1 << place
    everything = (1 << len(one)) - 1
    row = everything
    for token in other:
        matching = row & places.get(token, 0)
        row = (row + matching | row - matching) & everything
    return len(one) - row.bit_count()


def _f1(common: int, said: int, wanted: int) -> float:
    return 2 * common / (said + wanted) if common else 0.0
