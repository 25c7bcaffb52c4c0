"""Throughput of an answer that is streamed, against bare `generate` without a streamer, in one process.

    python -m benchmarks.streaming [FOLDER] [TOKENS] [ROUNDS]

FOLDER is a saved checkpoint (default: the embedded model); end tokens are ignored, so that every answer has
the same length. Both generate from the same prepared inputs, in turn. Budget: 0.97.
"""

import sys
import time
from pathlib import Path

import torch

from benchmarks.loaded import Subject, load_ours, settle
from benchmarks.rounds import alternately, ratios, spread
from fada_tui.core.paths import demo_weights, samples_dir
from fada_tui.images.decode import decode
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.generation.streaming import AnswerStream, TextStreamer
from fada_tui.worker.generation.token_text import TokenText, special_marks


def main() -> None:
    """Alternate streamed and bare generation; print tokens per second and the ratio of the medians."""
    folder = sys.argv[1] if len(sys.argv) > 1 else str(demo_weights())
    tokens = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 15
    model = load_ours(Subject(name=Path(folder).name, folder=Path(folder), device="auto", dtype="auto"))
    image = decode(samples_dir() / "Heart" / "Heart_001.png")
    prepared = model.adapter.prepare([(image.pixels, "What can you see?")], None)
    inputs = prepared.inputs.to(model.devices[0], dtype=model.model.dtype)
    taken = alternately(
        {
            "bare": lambda: seconds(model, inputs, tokens, streamed=False),
            "streamed": lambda: seconds(model, inputs, tokens, streamed=True),
        },
        rounds + 1,
    )
    plain, streamed = taken["bare"][1:], taken["streamed"][1:]  # the first round warms up
    bare, ours = tokens / spread(plain).median, tokens / spread(streamed).median
    ratio = spread(ratios(plain, streamed)).median
    print(f"bare {bare:.0f} tokens/s, streamed {ours:.0f} tokens/s, ratio {ratio:.3f}")


def seconds(model: LoadedModel, inputs: dict[str, torch.Tensor], tokens: int, *, streamed: bool) -> float:
    """Seconds for one answer of exactly so many tokens."""
    pieces: list[str] = []
    answer = AnswerStream(
        TokenText(model.adapter.tokenizer, special_marks(model.adapter.tokenizer)),
        lambda text, count: pieces.append(text),
        lambda text, count: pieces.append(text),
    )
    settle(model.devices[0])
    begun = time.perf_counter()
    with torch.inference_mode():
        model.model.generate(
            **inputs,
            do_sample=False,
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            streamer=TextStreamer([answer]) if streamed else None,
        )
    settle(model.devices[0])
    taken = time.perf_counter() - begun
    assert not streamed or len(answer.tokens) == tokens
    return taken


if __name__ == "__main__":
    main()
