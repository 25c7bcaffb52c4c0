"""How users of transformers ask a model: the loops and the pipeline that this program is held against."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image
from transformers import TextIteratorStreamer, pipeline

from benchmarks.asking import Asking
from benchmarks.loaded import Subject
from fada_tui.core.file_names import decode_name
from fada_tui.core.protocol import Item


class Peers:
    """One model, asked in several ways, all of them greedily.

    Args:
        processor: the model's.
        model: in evaluation mode, on its device.
        subject: says which device and precision that is.
        tokens: of each answer at most.
    """

    def __init__(self, processor: Any, model: Any, subject: Subject, tokens: int) -> None:
        self._processor = processor
        self._model = model
        self._to = {"device": subject.device, "dtype": model.dtype}
        self._how = {"max_new_tokens": tokens, "do_sample": False}
        self._device = subject.device

    def loop(self, asked: Asking) -> list[str]:
        """Image by image, question by question: prepare, generate, decode."""
        answers: list[str] = []
        for inputs in self._each(asked):
            generated = self._model.generate(**inputs, **self._how)
            new = generated[0, inputs["input_ids"].shape[1] :]
            answers.append(self._processor.decode(new, skip_special_tokens=True).strip())
        return answers

    def streamed(self, asked: Asking) -> list[str]:
        """The same, with `generate` in a thread and a `TextIteratorStreamer` that hands its text over."""
        answers: list[str] = []
        for inputs in self._each(asked):
            streamer = TextIteratorStreamer(
                self._processor.tokenizer, skip_prompt=True, skip_special_tokens=True
            )
            thread = Thread(target=self._model.generate, kwargs={**inputs, **self._how, "streamer": streamer})
            thread.start()
            answers.append("".join(streamer).strip())
            thread.join()
        return answers

    def piped(self, asked: Asking, batch: int) -> list[str]:
        """All at once to transformers' pipeline, which makes batches of this size."""
        chats = [_conversation(item, asked.root) for item in asked.items]
        found = self._pipeline(
            text=chats, batch_size=batch, generate_kwargs=self._how, return_full_text=False
        )
        return [answer[0]["generated_text"].strip() for answer in found]

    @cached_property
    def _pipeline(self) -> Any:
        return pipeline(
            "image-text-to-text", model=self._model, processor=self._processor, device=self._device
        )

    def _each(self, asked: Asking) -> Iterator[Any]:
        for item in asked.items:
            inputs = self._processor.apply_chat_template(
                _conversation(item, asked.root),
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
            yield inputs.to(**self._to)


def _conversation(item: Item, root: Path) -> Sequence[dict[str, Any]]:
    image = Image.open(root / decode_name(item.path)).convert("RGB")
    content = [{"type": "image", "image": image}, {"type": "text", "text": item.question}]
    return [{"role": "user", "content": content}]
