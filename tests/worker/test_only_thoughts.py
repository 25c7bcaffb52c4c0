"""An answer that is nothing but thoughts is an error, whoever gave it."""

from threading import Event

import pytest

from fada_tui.core.protocol import Item
from fada_tui.core.records import Finish, Generation, Result, Thoughts, Tokens
from fada_tui.worker.devices import PeakMemory
from fada_tui.worker.generation.interfaces import Answered
from fada_tui.worker.generation.item import ItemAttempt


def result(
    response: str, *, tokens: int | None = 212, finish: Finish | None = "length", **how: object
) -> Result:
    """Return the result of an answer after thoughts."""
    item = Item(image="a.png", category="A", path="A/a.png", question_id="q", question="?")
    generation = Generation(**{"max_new_tokens": 150, **how})  # type: ignore[arg-type]
    attempt = ItemAttempt(item, generation, PeakMemory(("cpu",)), print, Event())
    return attempt.answered(
        Answered(
            response=response,
            thoughts=Thoughts(text="A heart?", tokens=tokens),
            preprocess=0.1,
            first_token=0.2,
            generate=2.0,
            tokens=Tokens(generated=300),
            finish=finish,
        )
    )


@pytest.mark.parametrize(
    ("finish", "tokens", "how", "words"),
    [
        (
            "length",
            150,
            {},
            "took 150 tokens and left none for an answer; raise --max-new-tokens (150), or try",
        ),
        ("length", None, {}, "took all tokens and left none for an answer; raise --max-new-tokens (150), or"),
        ("length", 90, {"max_thinking_tokens": 90}, "an answer; raise --max-thinking-tokens (90), or try"),
        ("length", None, {"max_thinking_tokens": 90}, "an answer; raise --max-thinking-tokens (90), or try"),
        ("length", 20, {"max_thinking_tokens": 90}, "an answer; raise --max-new-tokens (150), or try"),
        ("stop", 20, {}, "it thought (20 tokens) and gave no answer; try --thinking off or put the question"),
        ("stop", None, {"thinking": "off"}, "it thought and gave no answer; put the question in other words"),
        (None, None, {}, "it thought and gave no answer; try --thinking off"),
    ],
)
def test_an_answer_that_is_nothing_but_thoughts_is_an_error(
    finish: Finish | None, tokens: int | None, how: dict[str, object], words: str
) -> None:
    failed = result("", tokens=tokens, finish=finish, **how)
    assert failed.error and failed.error.kind == "only_thoughts"
    assert words in failed.error.message and "\n" not in failed.error.message
    assert failed.response is None and failed.time is None and failed.finish == "error"
    assert failed.thoughts and failed.thoughts.text == "A heart?"
    assert failed.tokens.generated == 300 and failed.timing.generate == 2.0


def test_an_answer_after_thoughts_is_an_answer() -> None:
    answered = result("A head.")
    assert answered.error is None and answered.response == "A head." and answered.time == 2.0
    assert answered.thoughts and answered.thoughts.tokens == 212
