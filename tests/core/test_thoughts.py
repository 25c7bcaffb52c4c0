"""Thoughts are told apart from the answer, however the text is cut into pieces."""

import random

import pytest

from fada_tui.core.thoughts import CLOSING, OPENING, Split, ThoughtStream, opened_by, split

TEXTS = {
    "A fetal head.": Split("", "A fetal head."),
    "<think>\nA heart?\n</think>\n\nA fetal head.": Split("A heart?", "A fetal head."),
    "<think>A heart? Or": Split("A heart? Or", ""),
    "<think>\n\n</think>\n\nA fetal head.": Split("", "A fetal head."),
    "<|channel>thought\nA heart?<channel|>A fetal head.": Split("A heart?", "A fetal head."),
    "◁think▷A heart?◁/think▷A fetal head.": Split("A heart?", "A fetal head."),
    "[THINK]A heart?[/THINK]A fetal head.": Split("A heart?", "A fetal head."),
    "<think>a</think> <think>b</think> c": Split("ab", "c"),
    "A heart?</think>A fetal head.": Split("A heart?", "A fetal head."),
    "The tag <think> opens thoughts.": Split("", "The tag <think> opens thoughts."),
    "<thin": Split("", "<thin"),
    "": Split("", ""),
}


@pytest.mark.parametrize("text", TEXTS)
def test_thoughts_are_told_apart(text: str) -> None:
    assert split(text) == TEXTS[text]


def test_a_prompt_may_have_opened_them() -> None:
    assert split("A heart?</think>A fetal head.", begun=True) == Split("A heart?", "A fetal head.")
    assert split("A heart? Or", begun=True) == Split("A heart? Or", "")
    assert opened_by("<|im_start|>assistant\n<think>\n")
    assert not opened_by("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert not opened_by("What does <think> mean?\nassistant:")
    assert not opened_by("assistant:")


@pytest.mark.parametrize("begun", [False, True])
def test_pieces_come_to_the_same_as_the_whole(begun: bool) -> None:
    chance = random.Random(17)
    words = [*OPENING, *CLOSING, "<", "th", "ink>", " ", "a", "\n", "</", "|"]
    for _ in range(2000):
        text = "".join(chance.choices(words, k=chance.randrange(8)))
        cuts = sorted(chance.choices(range(len(text) + 1), k=chance.randrange(6)))
        whole = ThoughtStream(begun=begun)
        expected = [whole.take(text), whole.end()]
        stream = ThoughtStream(begun=begun)
        ends = zip([0, *cuts], [*cuts, len(text)], strict=True)
        parts = [*(stream.take(text[start:end]) for start, end in ends), stream.end()]
        for side in (0, 1):
            assert "".join(part[side] for part in parts) == "".join(part[side] for part in expected), text
