"""Each family of models against the plain transformers call, token for token.

A checkpoint is built small from its configuration with its real processor, saved, and loaded as the worker
loads any other.
"""

import importlib
import pkgutil
import threading
from importlib.util import find_spec
from pathlib import Path
from threading import Event

import pytest
import torch
from PIL import Image

from fada_tui.protocol import Load
from fada_tui.records import Generation, ModelEntry
from fada_tui.worker.answering import Answered, Asked
from fada_tui.worker.generating import GENERATING_PARTS, Generator, sampling
from fada_tui.worker.loading import LoadedModel, load
from tests.conformance import families
from tests.conformance.family import Family

QUESTIONS = ("What is shown?", "Which anatomical structures can you see in this image?")
TOKENS = 16

FAMILIES = {
    module.name: importlib.import_module(f"{families.__name__}.{module.name}").FAMILY
    for module in pkgutil.iter_modules(families.__path__)
}
HERE = [
    name for name, family in FAMILIES.items() if family.needs is None or find_spec(family.needs) is not None
]
"""Those whose processors can be had on this machine."""


@pytest.mark.parametrize("name", HERE)
def test_family(name: str, pictures: list[Image.Image], tmp_path: Path) -> None:
    family = FAMILIES[name]
    folder = tmp_path / name
    torch.manual_seed(0)
    family.build(folder)
    loaded, facts = load(load_command(folder), lambda _: None)
    assert facts.adapter == family.adapter

    answers = {}
    for number, picture in enumerate(pictures):
        for question in QUESTIONS:
            streamed: list[str] = []
            answer = ask(loaded, picture, question, streamed)
            assert answer is not None
            expected = family.reference(folder, picture, question, TOKENS)
            assert list(answer.token_ids) == expected, "another answer than the plain call's"
            assert "".join(streamed).strip() == answer.response, "the stream is not the answer"
            _check_counts(family, loaded, answer)
            answers[number, question] = answer.token_ids
    assert answers[0, QUESTIONS[1]] != answers[1, QUESTIONS[1]], "the image makes no difference"
    if family.takes_questions:
        assert answers[0, QUESTIONS[0]] != answers[0, QUESTIONS[1]], "the question makes no difference"

    _check_cancel(loaded, pictures[0])
    _check_batches(family, loaded, pictures, answers)
    _check_end(family, loaded, pictures[0], answers[0, QUESTIONS[1]])


def load_command(folder: Path) -> Load:
    entry = ModelEntry(name=folder.name, source=str(folder))
    return Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)


def ask(
    loaded: LoadedModel,
    picture: Image.Image,
    question: str,
    streamed: list[str],
    cancel: Event | None = None,
    tokens: int = TOKENS,
) -> Answered | None:
    return loaded.answerer.answer(
        Asked(
            pixels=picture,
            question=question,
            generation=Generation(max_new_tokens=tokens, do_sample=False),
            seed=0,
            on_prompt=lambda _: None,
            on_text=lambda text, _: streamed.append(text),
            on_again=lambda *_: None,
            cancel=cancel or Event(),
        )
    )


def _check_counts(family: Family, loaded: LoadedModel, answer: Answered) -> None:
    assert answer.tokens.generated == len(answer.token_ids)
    assert answer.tokens.image == family.image_tokens
    if family.image_tokens is not None:
        assert answer.tokens.prompt is not None and answer.tokens.prompt > family.image_tokens
    if answer.finish == "stop":
        assert answer.token_ids[-1] in loaded.adapter.tokenizer.all_special_ids
    else:
        assert (answer.finish, len(answer.token_ids)) == ("length", TOKENS)


def _check_end(family: Family, loaded: LoadedModel, picture: Image.Image, whole: tuple[int, ...]) -> None:
    """Where the settings name a token of the answer as its end, the answer ends there."""
    if not family.ends_by_settings:
        return
    end = whole[len(whole) // 2]
    for part in (loaded.model, *(getattr(loaded.model, name, None) for name in GENERATING_PARTS)):
        if hasattr(part, "generation_config"):
            part.generation_config.eos_token_id = end
    answer = ask(loaded, picture, QUESTIONS[1], [])
    assert answer is not None
    assert answer.token_ids == whole[: whole.index(end) + 1]
    assert answer.finish == "stop"


def _check_cancel(loaded: LoadedModel, picture: Image.Image) -> None:
    """Cancelled at its first token, a long answer ends at once and is none."""
    cancel = Event()
    before = threading.active_count()
    streamed: list[str] = []

    class Cancelling(list[str]):
        def append(self, text: str) -> None:
            streamed.append(text)
            cancel.set()

    assert ask(loaded, picture, QUESTIONS[1], Cancelling(), cancel, tokens=400) is None
    assert len(streamed) <= 3
    assert threading.active_count() == before


def _check_batches(
    family: Family,
    loaded: LoadedModel,
    pictures: list[Image.Image],
    answers: dict[tuple[int, str], tuple[int, ...]],
) -> None:
    """Two images and two questions, answered together."""
    pairs = [(0, QUESTIONS[0]), (1, QUESTIONS[1])]
    batch = [(pictures[number], question) for number, question in pairs]
    if not family.batches:
        with pytest.raises(ValueError, match="one by one"):
            loaded.adapter.prepare(batch, None)
        return
    assert isinstance(loaded.answerer, Generator)
    prepared = loaded.adapter.prepare(batch, None)
    inputs = prepared.inputs.to(loaded.model.device, dtype=loaded.model.dtype)
    how = sampling(Generation(do_sample=False))
    with torch.inference_mode():
        rows = loaded.model.generate(**inputs, **prepared.options, **how, max_new_tokens=TOKENS)
    fill = {*loaded.adapter.tokenizer.all_special_ids}
    for pair, row in zip(pairs, rows.tolist(), strict=True):
        alone = list(answers[pair])
        assert _ends_with(row, alone, fill), f"{pair}: together {row}, alone {alone}"


def _ends_with(row: list[int], alone: list[int], fill: set[int]) -> bool:
    """Whether a row is an answer after whatever prompt it has, padding behind it aside."""
    return any(
        row[start : start + len(alone)] == alone and set(row[start + len(alone) :]) <= fill
        for start in range(len(row) - len(alone) + 1)
    )
