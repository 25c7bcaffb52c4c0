"""Transformers alone, from an empty process to the first token: the yardstick of the worker's start.

    python -m benchmarks.bare_start FOLDER IMAGE QUESTION DEVICE DTYPE

Prints, as JSON, the moments at which libraries, model and first token were there, by the monotonic clock.
"""

import json
import sys
import time

import torch
import transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor
from transformers.generation.streamers import BaseStreamer


class First(BaseStreamer):
    """Keeps the moment of the first token: the streamer is called with the prompt, then with each token."""

    def __init__(self) -> None:
        self.calls = 0
        self.moment = 0.0

    def put(self, value: torch.Tensor) -> None:
        """Take the prompt, or a token."""
        self.calls += 1
        if self.calls == 2:
            self.moment = time.monotonic()

    def end(self) -> None:
        """Take the end."""


def main(folder: str, image: str, question: str, device: str, dtype: str) -> None:
    """Load, answer with two tokens, print."""
    moments = {"up": time.monotonic()}
    transformers.utils.logging.disable_progress_bar()
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=getattr(torch, dtype)).eval().to(device)
    moments["loaded"] = time.monotonic()
    pixels = Image.open(image).convert("RGB")
    content = [{"type": "image", "image": pixels}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    ).to(device=device, dtype=model.dtype)
    first = First()
    model.generate(**inputs, max_new_tokens=2, do_sample=False, streamer=first)
    moments["first_token"] = first.moment
    print(json.dumps(moments))


if __name__ == "__main__":
    main(*sys.argv[1:6])
