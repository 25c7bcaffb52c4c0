"""ViLT's ranking of the answers it knows, against the plain transformers call."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import ViltConfig, ViltForQuestionAnswering, ViltProcessor
from transformers.models.vilt import ViltImageProcessorPil

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker.generation.interfaces import Answered
from fada_tui.worker.loading.load import LoadedModel, load
from tests.conformance.asking import ask_alone, ask_together, asked
from tests.conformance.parts import randomise, tokenizer

QUESTIONS = ("What is shown?", "Which anatomical structures can you see in this image?")
ANSWERS = ("yes", "no", "head", "abdomen", "heart", "femur", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small ViLT that knows seven answers."""
    words = tokenizer(["[CLS]"], cls_token="[CLS]")
    config = ViltConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
        max_position_embeddings=64,
        pad_token_id=words.pad_token_id,
        num_labels=len(ANSWERS),
        id2label=dict(enumerate(ANSWERS)),
        label2id={answer: label for label, answer in enumerate(ANSWERS)},
    )
    randomise(ViltForQuestionAnswering(config)).save_pretrained(tmp_path / "vilt")
    images = ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=8)
    ViltProcessor(images, words).save_pretrained(tmp_path / "vilt")
    return tmp_path / "vilt"


def ask(loaded: LoadedModel, image: Image.Image, question: str, streamed: list[str]) -> Answered:
    """Ask one question of one image."""
    answer = ask_alone(loaded, asked(image, question, streamed.append, streamed.append))
    assert answer is not None
    return answer


def test_vilt(folder: Path) -> None:
    entry = ModelEntry(name="vilt", source=str(folder))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    loaded, facts = load(command, lambda _: None)
    assert (facts.model.adapter, facts.sorts) == ("vilt", False)

    processor = ViltProcessor.from_pretrained(folder)
    model = ViltForQuestionAnswering.from_pretrained(folder).eval()
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    likeliest = set()
    for image in map(Image.fromarray, noise):
        for question in QUESTIONS:
            with torch.no_grad():
                logits = model(**processor(image, question, return_tensors="pt")).logits[0]
            streamed: list[str] = []
            answer = ask(loaded, image, question, streamed)
            assert answer.response == model.config.id2label[int(logits.argmax())]
            assert streamed == [question, answer.response]
            assert answer.ranking is not None
            expected = logits.sigmoid().topk(5)
            assert [one.label for one in answer.ranking] == [ANSWERS[i] for i in expected.indices]
            probabilities = [one.probability for one in answer.ranking]
            assert probabilities == pytest.approx(expected.values.tolist(), abs=1e-6)
            likeliest.add(tuple(probabilities))
    assert len(likeliest) == 4, "image or question makes no difference"


def test_a_batch_of_shapes_and_lengths_is_ranked_as_each_alone(folder: Path) -> None:
    entry = ModelEntry(name="vilt", source=str(folder))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    loaded, _ = load(command, lambda _: None)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))
    pairs = [(noise.resize(size), question) for size in ((64, 48), (32, 64)) for question in QUESTIONS]
    alone = [ask_alone(loaded, asked(*pair)) for pair in pairs]
    together = ask_together(loaded, [asked(*pair) for pair in pairs])
    for one, other in zip(alone, together, strict=True):
        assert one and one.ranking and other.ranking
        assert [each.label for each in other.ranking] == [each.label for each in one.ranking]
        expected = [each.probability for each in one.ranking]
        assert [each.probability for each in other.ranking] == pytest.approx(expected, abs=1e-6)
        assert (other.batch_size, one.batch_size) == (len(pairs), 1)
        assert other.share == pytest.approx(other.generate / len(pairs))


def test_a_question_longer_than_the_model_reads_is_refused(folder: Path) -> None:
    entry = ModelEntry(name="vilt", source=str(folder))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    loaded, _ = load(command, lambda _: None)
    with pytest.raises(ValueError, match="ViLT reads 64: shorten it"):
        ask(loaded, Image.new("RGB", (64, 48)), "head " * 100, [])
