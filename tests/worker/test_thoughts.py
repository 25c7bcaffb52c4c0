"""Models that think before they answer: thoughts apart from answers, within limits of their own."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import UNSET
from PIL import Image

from fada_tui.core.protocol import Delta, Finished, Item, Load, Loaded, Work
from fada_tui.core.records import Generation, ModelEntry, Result
from fada_tui.worker.generation.generator import Generator
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.generation.static_cache import StaticDecoding
from fada_tui.worker.loading.load import load
from tests.doing import work
from tests.thinking import SCRIPTS, SWITCH, TEMPLATE, save_thinking

SPOKEN = {
    "plain?": ("It shows the head", None, None),
    "think?": ("The brain", "A heart maybe", 4),
    "gemma?": ("The brain", "A spine", 4),
}
"""The answer to each question, what was thought before it, and how many tokens that took."""


@pytest.fixture(scope="module")
def thinking(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return loaded(save_thinking(tmp_path_factory.mktemp("thinking")))[0]


def loaded(folder: Path, thinking: str | None = None) -> tuple[LoadedModel, Loaded]:
    entry = ModelEntry(name="m", source=str(folder))
    return load(
        Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False, thinking=thinking),
        lambda _: None,
    )


def ask(
    model: LoadedModel, folder: Path, questions: Sequence[str], *, limit: int = 16, **how: object
) -> tuple[dict[str, Result], list[Delta]]:
    """Return the results by question, and what was streamed."""
    Image.new("RGB", (64, 48), "grey").save(folder / "A.png")
    items = tuple(
        Item(image="A.png", category="A", path="A.png", question_id=question, question=question)
        for question in questions
    )
    generation = Generation(max_new_tokens=limit, do_sample=False, **{"batch_size": 1, **how})  # type: ignore[arg-type]
    journal = folder / "journal"
    events = work(model, Work(root=str(folder), journal=str(journal), generation=generation, items=items))
    results = {event.result.question_id: event.result for event in events if isinstance(event, Finished)}
    return results, [event for event in events if isinstance(event, Delta)]


@pytest.mark.parametrize("together", [1, 3])
def test_thoughts_are_kept_apart_alone_and_in_a_batch(
    thinking: LoadedModel, tmp_path: Path, together: int
) -> None:
    results, deltas = ask(thinking, tmp_path, list(SPOKEN), batch_size=together)
    for question, (answer, thoughts, tokens) in SPOKEN.items():
        result = results[question]
        assert result.error is None and result.response == answer and result.finish == "stop"
        assert result.tokens.generated == len(SCRIPTS[question])
        if thoughts is None:
            assert result.thoughts is UNSET
        else:
            assert result.thoughts and (result.thoughts.text, result.thoughts.tokens) == (thoughts, tokens)
        said = {
            thought: "".join(d.text for d in deltas if d.question_id == question and d.thought == thought)
            for thought in (True, False)
        }
        assert said[False].strip() == answer and said[True].strip() == (thoughts or "")


@pytest.mark.parametrize("together", [1, 4])
def test_thoughts_and_answer_have_a_limit_each(thinking: LoadedModel, tmp_path: Path, together: int) -> None:
    asked = ["endless?", "wordy?", "think?", "plain?"]
    results, _ = ask(thinking, tmp_path, asked, limit=3, max_thinking_tokens=6, batch_size=together)
    endless, wordy, think, plain = (results[question] for question in asked)
    assert endless.error and endless.error.kind == "only_thoughts" and endless.response is None
    assert endless.thoughts and endless.thoughts.tokens == endless.tokens.generated == 6
    assert wordy.response == "yes no yes" and wordy.finish == "length"
    assert wordy.thoughts and wordy.thoughts.tokens == 3 and wordy.tokens.generated == 6
    assert think.response == "The brain" and think.finish == "stop"
    assert plain.response == "It shows the" and plain.finish == "length" and plain.tokens.generated == 3


def test_without_a_limit_of_their_own_thoughts_count_for_the_answers(
    thinking: LoadedModel, tmp_path: Path
) -> None:
    results, _ = ask(thinking, tmp_path, ["think?"], limit=4)
    assert results["think?"].error and results["think?"].error.kind == "only_thoughts"
    results, _ = ask(thinking, tmp_path, ["think?"], limit=5)
    assert results["think?"].error is None and results["think?"].response == "The"


def test_ended_thoughts_with_nothing_behind_them_are_an_error(thinking: LoadedModel, tmp_path: Path) -> None:
    results, _ = ask(thinking, tmp_path, ["silent?", "plain?"], batch_size=2)
    silent = results["silent?"]
    assert silent.error and silent.error.kind == "only_thoughts"
    assert silent.error.message.startswith("it thought (3 tokens) and gave no answer")
    assert silent.thoughts and silent.thoughts.text == "Hm" and silent.tokens.generated == 4
    assert results["plain?"].error is None


def test_a_template_is_told_to_have_the_model_think_or_not(tmp_path: Path) -> None:
    folder = save_thinking(tmp_path / "m", TEMPLATE + SWITCH)
    spoken = {}
    for told in (None, "on", "off"):
        model, facts = loaded(folder, told)
        assert facts.remarks == ()
        results, deltas = ask(model, tmp_path, ["think?", "plain?"], batch_size=2)
        spoken[told] = {question: result.response for question, result in results.items()}
        if told == "on":
            for result in results.values():
                assert result.prompt and result.prompt.endswith("<think>")
                assert result.thoughts and result.thoughts.text == "A heart maybe"
                assert result.thoughts.tokens == 3, "the prompt has the opening mark"
            assert any(delta.thought for delta in deltas)
    assert spoken[None] == {"think?": "The brain", "plain?": "It shows the head"}
    assert spoken["on"] == {"think?": "The brain", "plain?": "The brain"}
    assert spoken["off"] == {"think?": "It shows the head", "plain?": "It shows the head"}


def test_a_template_without_a_switch_is_a_remark(tmp_path: Path) -> None:
    model, facts = loaded(save_thinking(tmp_path / "m"), "off")
    assert facts.remarks == ("its prompt has no switch for thinking: --thinking off changes nothing",)
    results, _ = ask(model, tmp_path, ["plain?"])
    assert results["plain?"].response == "It shows the head"


def test_a_cache_of_fixed_size_holds_thoughts_and_answer(thinking: LoadedModel, tmp_path: Path) -> None:
    asked, how = ["wordy?", "think?"], {"limit": 3, "max_thinking_tokens": 6, "batch_size": 2}
    plain, _ = ask(thinking, tmp_path, asked, **how)  # type: ignore[arg-type]
    generator = thinking.answerer
    assert isinstance(generator, Generator)
    generator.expect = lambda *_: None  # type: ignore[method-assign]
    generator._static = StaticDecoding(thinking.model, 2)
    try:
        fixed, _ = ask(thinking, tmp_path, asked, **how)  # type: ignore[arg-type]
        assert generator._static is not None, "it was given up"
    finally:
        del generator.expect
        generator._static = None
    for question in asked:
        assert fixed[question].error is None
        assert (fixed[question].response, fixed[question].thoughts) == (
            plain[question].response,
            plain[question].thoughts,
        )
