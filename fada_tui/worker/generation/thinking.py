"""Thoughts among generated tokens: how many they are, and the limits of thoughts and answer."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import torch
from transformers import StoppingCriteria

from fada_tui.core.records import Thoughts
from fada_tui.core.thoughts import ThoughtStream, split
from fada_tui.worker.adapters.prompting import TextAdapter
from fada_tui.worker.generation.token_text import TokenText, decoded


def told_apart(
    adapter: TextAdapter, tokens: Sequence[int], marks: Mapping[int, str], *, begun: bool = False
) -> tuple[str, Thoughts | None]:
    """Return the answer that generated tokens hold, and what was thought before it, if anything.

    Args:
        adapter: reads them.
        tokens: as generated.
        marks: its tokenizer's, from `token_text.special_marks`.
        begun: the prompt has opened the thoughts.
    """
    text = decoded(adapter.tokenizer, tokens, marks)
    thoughts, answer = split(text, begun=begun)
    if not thoughts and answer == text.strip():
        return adapter.read(tokens), None
    for mark in marks.values():
        answer = answer.replace(mark, "")
    if not thoughts:
        return answer.strip(), None

    def are_over(count: int) -> bool:
        so_far, stream = decoded(adapter.tokenizer, tokens[:count], marks), ThoughtStream(begun=begun)
        stream.take(so_far)
        return not stream.thinking and split(so_far, begun=begun).thoughts == thoughts

    counts = range(len(tokens))
    return answer.strip(), Thoughts(text=thoughts, tokens=bisect_left(counts, True, key=are_over))


class Budget:
    """The tokens that one answer may still take: its thoughts and its text each have their own.

    Args:
        text: turns the answer's tokens into text.
        thoughts: the most tokens of thoughts, their marks included.
        answer: the most tokens of what follows them, or of an answer without thoughts.
        begun: the prompt has opened the thoughts.
    """

    def __init__(self, text: TokenText, thoughts: int, answer: int, *, begun: bool = False) -> None:
        self._text = text
        self._stream = ThoughtStream(begun=begun)
        self._most = {True: thoughts, False: answer}
        self._taken = {True: 0, False: 0}
        self._count = 0
        self.spent_at: int | None = None
        """Number of tokens after which it was spent."""

    def take(self, token: int) -> bool:
        """Count a token; return whether the budget is spent."""
        if self.spent_at is not None:
            return True
        self._count += 1
        thinking = self._stream.thinking
        self._stream.take(self._text.take([token]))
        if self._stream.thinking and not thinking:  # what came before was their opening mark
            self._taken = {True: self._taken[True] + self._taken[False], False: 0}
            thinking = True
        self._taken[thinking] += 1
        now = self._stream.thinking
        if self._taken[now] >= self._most[now]:
            self.spent_at = self._count
        return self.spent_at is not None


class BudgetSpent(StoppingCriteria):
    """A stopping criterion that ends each answer of a batch when its budget is spent.

    Args:
        budgets: of the answers, in the order of the batch.
    """

    def __init__(self, budgets: Sequence[Budget]) -> None:
        self._budgets = budgets

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object) -> torch.Tensor:
        """Return which answers end here, by the last tokens of `input_ids` of shape (answers, tokens)."""
        last = input_ids[:, -1].tolist()
        spent = [budget.take(token) for budget, token in zip(self._budgets, last, strict=True)]
        return torch.tensor(spent, device=input_ids.device)
