"""Tokens as text: as they come and as a whole, with the marks of thoughts and no other special token."""

import random
from typing import Any

import pytest
from transformers import AutoTokenizer

from fada_tui.worker.generation.token_text import TokenText, decoded, special_marks
from tests.thinking import END, save_thinking


class Slow:
    """A tokenizer without a fast backend, as code of other people has it."""

    def __init__(self, tokenizer: Any) -> None:
        self.decode = tokenizer.decode
        self.added_tokens_decoder = tokenizer.added_tokens_decoder
        self.all_special_ids = tokenizer.all_special_ids


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return AutoTokenizer.from_pretrained(save_thinking(tmp_path_factory.mktemp("words")))


def test_only_marks_of_thoughts_are_special_and_kept(tokenizer: Any) -> None:
    marks = special_marks(tokenizer)
    assert sorted(marks.values()) == ["<channel|>", "<|channel>"]
    text = "<|channel>thought\nA spine<channel|>The brain" + END
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert decoded(tokenizer, tokens, marks) == text.removesuffix(END)


@pytest.mark.parametrize("slow", [False, True])
def test_text_that_comes_in_parts_is_that_of_the_whole(slow: bool, tokenizer: Any) -> None:
    chance = random.Random(3)
    read = Slow(tokenizer) if slow else tokenizer
    marks = special_marks(read)
    for _ in range(200):
        words = chance.choices(["<|channel>", "<channel|>", "fötus ", "♥", END, "<think>", " a"], k=6)
        tokens = tokenizer("".join(words), add_special_tokens=False)["input_ids"]
        cuts = sorted(chance.choices(range(len(tokens) + 1), k=3))
        stream = TokenText(read, marks)
        ends = zip([0, *cuts], [*cuts, len(tokens)], strict=True)
        parts = [stream.take(tokens[start:end]) for start, end in ends]
        assert "".join([*parts, stream.end()]) == decoded(read, tokens, marks), words
