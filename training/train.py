"""Train the embedded model from scratch: `python -m training.train [--out DIR] [--steps N] [--seed S]`.

An Idefics3 (the architecture of SmolVLM) of about three million parameters, with a byte-level BPE tokenizer
of its own and SmolVLM's special tokens and chat template, learns to answer about phantoms. Saved are bfloat16
weights, the processor and the card, so that the folder serves wherever a SmolVLM checkpoint does.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
    PreTrainedTokenizerFast,
)
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from fada_tui.core.paths import demo_weights
from training.card import Figures, card
from training.dialogue import CANONICAL, CHAT_TEMPLATE, OTHER, SPECIAL_TOKENS, answer, plane_named, wordings
from training.lessons import TILE, TRAINING_SEEDS, Lesson, fresh, lesson, lessons
from training.phantoms import Phantom, phantom

PATCH, SCALE = 16, 2
IMAGE_TOKENS = (TILE // PATCH) ** 2 // SCALE**2
SEEING_STEPS = 700
STEPS = 1200
BATCH = 32
LESSONS = 12_000
EVALUATED = 600
THREADS = 2

_VOCABULARY = 640
_SHARE = {"structures": 0.4, "plane": 0.12, "fetal": 0.08, "stomach": 0.2, "quality": 0.15, OTHER: 0.05}
"""How often each question is trained: the harder its answer, the more often."""
_IGNORED = -100
_SORTED = 16
_GLANCES = 64
_RATE = 1e-3


def build_tokenizer(corpus: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer with SmolVLM's special tokens on questions and answers."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(corpus, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|im_start|>",
        eos_token="<end_of_utterance>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        model_max_length=512,
        padding_side="left",
        extra_special_tokens={
            "image_token": "<image>",
            "fake_image_token": "<fake_token_around_image>",
            "global_image_token": "<global-img>",
            "end_of_utterance_token": "<end_of_utterance>",
        },
    )


def build_processor(tokenizer: PreTrainedTokenizerFast) -> Idefics3Processor:
    """Return a processor that makes exactly one tile of every image."""
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": TILE}, max_image_size={"longest_edge": TILE}, do_image_splitting=False
    )
    return Idefics3Processor(images, tokenizer, image_seq_len=IMAGE_TOKENS, chat_template=CHAT_TEMPLATE)


def build_model(tokenizer: PreTrainedTokenizerFast) -> Idefics3ForConditionalGeneration:
    """Return the untrained model, with a generation configuration that stops at the end of the answer."""
    special = {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    config = Idefics3Config(
        text_config={
            "model_type": "llama",
            "hidden_size": 192,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 6,
            "num_key_value_heads": 6,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 512,
            **special,
        },
        vision_config={
            "hidden_size": 128,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "image_size": TILE,
            "patch_size": PATCH,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=SCALE,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Idefics3ForConditionalGeneration(config)
    for name, value in special.items():
        setattr(model.generation_config, name, value)
    return model


@dataclass(frozen=True)
class _Dialogue:
    item: Lesson
    tokens: list[int]
    asked: int
    """How many of the tokens are the prompt's."""


class Curriculum:
    """Draws batches of (image, wording, right answer) from a pool of lessons.

    Args:
        pool: what to learn from.
        processor: gives the prompts' tokens and the pixels' normalisation.
        seed: of the order in which lessons and wordings come.
    """

    def __init__(self, pool: Sequence[Lesson], processor: Any, seed: int) -> None:
        self._pool = pool
        self._left: list[int] = []
        self._rng = np.random.default_rng(seed)
        self._tokenizer = processor.tokenizer
        images = processor.image_processor
        self._mean = torch.tensor(images.image_mean).view(3, 1, 1)
        self._std = torch.tensor(images.image_std).view(3, 1, 1)
        self._scale = images.rescale_factor
        self._prompts: dict[str, list[list[int]]] = {name: [] for name in _SHARE}
        picture = phantom("Abdomen", TRAINING_SEEDS).image.convert("RGB")
        for wording in wordings():
            # The canonical wording counts thrice; all are also learnt in small letters, without a mark.
            times = 3 if wording.text in CANONICAL.values() else 1
            for text in (wording.text,) * times + (wording.text.lower().rstrip("?."),):
                inputs = _prompted(processor, [(picture, text)])
                self._prompts[wording.question].append(inputs["input_ids"][0].tolist())
        held = [set(" ".join(item.answers.values()).split()) for item in pool]
        self.words = sorted(held[0].union(*held) - held[0].intersection(*held))
        self._held = torch.tensor([[float(word in words) for word in self.words] for words in held])
        self._check(processor, phantom("Brain", TRAINING_SEEDS))

    def batches(self, count: int) -> Iterator[dict[str, torch.Tensor]]:
        """Yield inputs of the model with labels: loss is taken on answers alone.

        Some batches' worth of dialogues is sorted by length before it is cut, so that little is padded.
        """
        for start in range(0, count, _SORTED):
            wanted = min(_SORTED, count - start)
            drawn = sorted(self._dialogues(wanted * BATCH), key=lambda dialogue: len(dialogue.tokens))
            for index in self._rng.permutation(wanted):
                yield self._collated(drawn[index * BATCH : (index + 1) * BATCH])

    def glances(self, count: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield pixels with 1 for each of `words` in their answers and 0 for the others."""
        for _ in range(count):
            chosen = self._rng.integers(len(self._pool), size=_GLANCES)
            pixels = torch.stack([self._normalised(self._pool[index]) for index in chosen])
            yield pixels[:, None], self._held[chosen]

    def _dialogues(self, count: int) -> Iterator[_Dialogue]:
        questions = self._rng.choice(list(_SHARE), size=count, p=list(_SHARE.values()))
        for question in map(str, questions):
            if not self._left:
                self._left = self._rng.permutation(len(self._pool)).tolist()
            item = self._pool[self._left.pop()]
            prompts = self._prompts[question]
            prompt = prompts[self._rng.integers(len(prompts))]
            reply = self._tokenizer(f" {item.answers[question]}<end_of_utterance>")["input_ids"]
            yield _Dialogue(item, prompt + reply, len(prompt))

    def _collated(self, dialogues: Sequence[_Dialogue]) -> dict[str, torch.Tensor]:
        longest = max(len(dialogue.tokens) for dialogue in dialogues)
        tokens = torch.full((len(dialogues), longest), self._tokenizer.pad_token_id)
        mask, labels = torch.zeros_like(tokens), torch.full_like(tokens, _IGNORED)
        for row, dialogue in enumerate(dialogues):
            length = len(dialogue.tokens)
            tokens[row, :length] = torch.tensor(dialogue.tokens)
            mask[row, :length] = 1
            labels[row, dialogue.asked : length] = tokens[row, dialogue.asked : length]
        pixels = torch.stack([self._normalised(dialogue.item) for dialogue in dialogues])
        return {
            "input_ids": tokens,
            "attention_mask": mask,
            "labels": labels,
            "pixel_values": pixels[:, None],
        }

    def _normalised(self, item: Lesson) -> torch.Tensor:
        grey = torch.from_numpy(item.pixels.astype(np.float32)) * self._scale
        return (grey.expand(3, TILE, TILE) - self._mean) / self._std

    def _check(self, processor: Any, shown: Phantom) -> None:
        """Refuse to train on other pixels than the processor will give the model."""
        inputs = _prompted(processor, [(shown.image.convert("RGB"), "?")])
        difference = (inputs["pixel_values"][0, 0] - self._normalised(lesson(shown))).abs().max().item()
        if difference > 1e-4:
            raise RuntimeError(f"lessons differ from the processor's pixels by {difference:.4f}")


def teach_to_see(model: Any, curriculum: Curriculum, steps: int) -> None:
    """Fit the vision tower and the connector alone: which words do the answers about an image hold?

    Sentences alone teach a new tower slowly, because most of their words are foreseen from the words before.
    """
    width = IMAGE_TOKENS * model.config.text_config.hidden_size
    head = torch.nn.Linear(width, len(curriculum.words))

    def losses() -> Iterator[torch.Tensor]:
        for pixels, words in curriculum.glances(steps):
            features = model.model.get_image_features(pixels).pooler_output
            logits = head(torch.stack(list(features)).flatten(1))
            yield torch.nn.functional.binary_cross_entropy_with_logits(logits, words)

    _fit({"seeing": (_seeing(model) + list(head.parameters()), _RATE)}, losses(), steps)


def teach_to_answer(model: Any, curriculum: Curriculum, steps: int) -> None:
    """Fit the text model to the answers; what the tower has learnt moves slowly, or it would be undone."""
    losses = (model(**batch).loss for batch in curriculum.batches(steps))
    reading = [*model.model.text_model.parameters(), *model.lm_head.parameters()]
    _fit({"answering": (reading, _RATE), "seeing": (_seeing(model), _RATE / 10)}, losses, steps)


def _seeing(model: Any) -> list[torch.nn.Parameter]:
    return [*model.model.vision_model.parameters(), *model.model.connector.parameters()]


def _fit(
    parts: Mapping[str, tuple[list[torch.nn.Parameter], float]], losses: Iterator[torch.Tensor], steps: int
) -> None:
    """Descend with AdamW, each part at its own rate, which warms up and then falls along a cosine."""
    parameters = [parameter for part, _ in parts.values() for parameter in part]
    optimizer = torch.optim.AdamW(
        [{"params": part} for part, _ in parts.values()], lr=_RATE, betas=(0.9, 0.95), weight_decay=0.05
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [rate for _, rate in parts.values()], total_steps=steps + 1, pct_start=0.08
    )
    name = next(iter(parts))
    started = time.monotonic()
    recent = 0.0
    for step, loss in enumerate(losses, start=1):
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        recent = loss.item() if step == 1 else 0.95 * recent + 0.05 * loss.item()
        if step % 100 == 0 or step == steps:
            _say(f"{name} {step}/{steps}: loss {recent:.4f}, {time.monotonic() - started:.0f} s")


def save(model: Any, processor: Any, folder: Path) -> None:
    """Save bfloat16 weights and the processor, all readable: safetensors writes for the owner alone."""
    model.to(torch.bfloat16).save_pretrained(folder)
    processor.save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)


def answers(model: Any, processor: Any, asked: Sequence[tuple[Any, str]], batch: int = 60) -> list[str]:
    """Answer (image, question) pairs greedily, in batches padded on the left."""
    replies: list[str] = []
    for start in range(0, len(asked), batch):
        inputs = _prompted(processor, asked[start : start + batch])
        inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
        with torch.inference_mode():
            tokens = model.generate(**inputs, max_new_tokens=100, do_sample=False)
        replies += processor.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return [reply.strip() for reply in replies]


def evaluate(folder: Path, count: int) -> tuple[dict[str, float], float]:
    """Measure a saved model, as shipped, on new phantoms.

    Returns:
        The share of exactly right answers by question, and the share of descriptions naming the right plane.
    """
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype="auto").eval()
    shown = fresh(count)
    exact: dict[str, float] = {}
    named = 0.0
    for question, text in CANONICAL.items():
        replies = answers(model, processor, [(item.image.convert("RGB"), text) for item in shown])
        right = [reply == answer(question, item) for reply, item in zip(replies, shown, strict=True)]
        exact[question] = sum(right) / count
        if question == "structures":
            named = sum(
                plane_named(reply) == item.category for reply, item in zip(replies, shown, strict=True)
            )
    return exact, named / count


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, save, measure, and write the card."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    pool = lessons(options.lessons, TRAINING_SEEDS + options.seed * 100_000)
    _say(f"{len(pool)} lessons drawn in {time.monotonic() - started:.0f} s")
    torch.set_num_threads(THREADS)
    torch.manual_seed(options.seed)
    corpus = [wording.text for wording in wordings()] * 10
    corpus += [f" {reply}" for item in pool[:3000] for reply in item.answers.values()]
    tokenizer = build_tokenizer(corpus)
    processor, model = build_processor(tokenizer), build_model(tokenizer)
    curriculum = Curriculum(pool, processor, options.seed)
    model.train()
    teach_to_see(model, curriculum, min(SEEING_STEPS, options.steps))
    teach_to_answer(model, curriculum, options.steps)
    save(model, processor, options.out)
    elapsed = time.monotonic() - started
    exact, plane = evaluate(options.out, options.measure)
    figures = Figures(
        parameters=model.num_parameters(),
        seeing_steps=min(SEEING_STEPS, options.steps),
        steps=options.steps,
        batch=BATCH,
        lessons=options.lessons,
        seed=options.seed,
        minutes=elapsed / 60,
        threads=THREADS,
        evaluated=options.measure,
        exact=exact,
        plane=plane,
        versions={"torch": torch.__version__, "numpy": np.__version__},
    )
    (options.out / "README.md").write_text(card(figures), encoding="utf-8")
    _say(f"saved in {options.out}: plane {plane:.3f}, " + ", ".join(f"{k} {v:.3f}" for k, v in exact.items()))
    return 0


def _prompted(processor: Any, asked: Sequence[tuple[Any, str]]) -> Any:
    conversations = [
        [{"role": "user", "content": [{"type": "image", "image": image}, {"type": "text", "text": text}]}]
        for image, text in asked
    ]
    return processor.apply_chat_template(
        conversations,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=demo_weights(), help="folder to save in")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps of {BATCH} answers each")
    parser.add_argument("--lessons", type=int, default=LESSONS, help="phantoms to draw for training")
    parser.add_argument("--measure", type=int, default=EVALUATED, help="fresh phantoms to measure on")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
