"""Each family of models against the plain transformers call, token for token.

A checkpoint is built small from its configuration with its real processor, saved, and loaded as the worker
loads any other.
"""

import importlib
import pkgutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from threading import Event

import pytest
import torch
from PIL import Image

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker.adapters.asking import ONE_SIZE
from fada_tui.worker.generation.cacheable import FEATURES, PREFIX
from fada_tui.worker.generation.generator import GENERATING_PARTS, Generator
from fada_tui.worker.generation.interfaces import Answered
from fada_tui.worker.loading.load import LoadedModel, load
from tests.conformance import families
from tests.conformance.asking import TOKENS, ask_alone, ask_together, asked
from tests.conformance.family import Family

QUESTIONS = ("What is shown?", "Which anatomical structures can you see in this image?")

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
    assert facts.model.adapter == family.adapter

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
    _check_questions_alone(loaded, pictures[0])
    _check_batches(family, loaded, pictures)
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
    return ask_alone(loaded, asked(picture, question, streamed.append, cancel=cancel, tokens=tokens))


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
    if family.batches:
        for one in ask_together(loaded, [asked(picture, question) for question in reversed(QUESTIONS)])[:1]:
            assert (one.token_ids, one.finish) == (answer.token_ids, "stop")


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
    assert threading.active_count() <= before


def _check_batches(family: Family, loaded: LoadedModel, pictures: list[Image.Image]) -> None:
    """Images of two shapes, each with two questions or with one, answered as the family allows."""
    images = (*pictures, pictures[0].crop((0, 0, 48, 48)))
    _check_together(family, loaded, [(image, question) for image in images for question in QUESTIONS])
    if loaded.adapter.config.architectures[0] in ONE_SIZE:
        images = (*pictures,)
    _check_together(family, loaded, list(zip(images, [*QUESTIONS, QUESTIONS[0]], strict=False)))


def _check_together(family: Family, loaded: LoadedModel, pairs: list[tuple[Image.Image, str]]) -> None:
    if not family.batches:
        with pytest.raises(ValueError, match="one by one"):
            ask_together(loaded, [asked(*pair) for pair in pairs])
        return
    alone = [ask_alone(loaded, asked(*pair)) for pair in pairs]
    streamed: list[list[str]] = [[] for _ in pairs]
    batch = [asked(*pair, pieces.append) for pair, pieces in zip(pairs, streamed, strict=True)]
    with counting(loaded) as (forgetful, encoded):
        together = ask_together(forgetful, batch)
    for one, other, pieces in zip(alone, together, streamed, strict=True):
        assert one is not None
        assert other.token_ids == one.token_ids, "another answer together than alone"
        assert (other.finish, other.tokens.prompt, other.tokens.image) == (
            one.finish,
            one.tokens.prompt,
            one.tokens.image,
        )
        assert "".join(pieces).strip() == other.response
        assert (other.batch_size, one.batch_size) == (len(pairs), 1)
    assert sum(answer.share or 0 for answer in together) == pytest.approx(
        max(answer.generate for answer in together), rel=0.05
    )
    if type(loaded.model).__name__ in FEATURES | PREFIX:
        assert len(encoded) <= len({id(image) for image, _ in pairs}), (
            "an image was encoded for each of its questions"
        )


def _check_questions_alone(loaded: LoadedModel, picture: Image.Image) -> None:
    """One question after another about one image."""
    if type(loaded.model).__name__ in FEATURES:
        with counting(loaded) as (forgetful, encoded):
            for question in QUESTIONS:
                ask_alone(forgetful, asked(picture, question))
        assert len(encoded) == 1


@contextmanager
def counting(loaded: LoadedModel) -> Iterator[tuple[LoadedModel, list[None]]]:
    """Give the model without the images that it remembers, and a list that grows as images are encoded."""
    base, encoded = loaded.model.base_model, list[None]()
    if encode := getattr(base, "get_image_features", None):

        @wraps(encode)
        def counted(*args: object, **kwargs: object) -> object:
            encoded.append(None)
            return encode(*args, **kwargs)

        base.get_image_features = counted
    try:
        yield replace(loaded, answerer=Generator(loaded.model, loaded.adapter)), encoded
    finally:
        if encode:
            del base.get_image_features
