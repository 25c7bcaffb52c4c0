"""Throughput of an answer that is streamed, against bare `generate` without a streamer, in one process.

    python benchmarks/streaming.py [FOLDER] [TOKENS] [ROUNDS]

FOLDER is a saved checkpoint (default: the embedded model); end tokens are ignored, so that every answer has
the same length. Both generate from the same prepared inputs, in turn. Budget: 0.97.
"""

import statistics
import sys
import time
from pathlib import Path

import torch

from fada_tui.images.decode import decode
from fada_tui.paths import demo_weights, samples_dir
from fada_tui.protocol import Load, Message
from fada_tui.records import ModelEntry
from fada_tui.worker.loading import LoadedModel, load
from fada_tui.worker.streaming import TextStreamer


def main() -> None:
    """Alternate streamed and bare generation; print tokens per second and the ratio of the medians."""
    folder = sys.argv[1] if len(sys.argv) > 1 else str(demo_weights())
    tokens = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 15
    entry = ModelEntry(name=Path(folder).name, source=folder)
    quiet: list[Message] = []
    model, _ = load(
        Load(model=entry, device="auto", trust_remote_code=False, allow_pickle=False), quiet.append
    )
    image = decode(samples_dir() / "Heart" / "Heart_001.png")
    prepared = model.adapter.prepare([(image.pixels, "What can you see?")], None)
    inputs = prepared.inputs.to(model.device, dtype=model.model.dtype)
    rates: dict[bool, list[float]] = {False: [], True: []}
    for number in range(rounds + 1):
        for streamed in (False, True) if number % 2 else (True, False):
            rate = tokens / seconds(model, inputs, tokens, streamed=streamed)
            if number:
                rates[streamed].append(rate)
    bare, ours = statistics.median(rates[False]), statistics.median(rates[True])
    ratio = statistics.median(b / a for a, b in zip(rates[False], rates[True], strict=True))
    print(f"bare {bare:.0f} tokens/s, streamed {ours:.0f} tokens/s, ratio {ratio:.3f}")


def seconds(model: LoadedModel, inputs: dict[str, torch.Tensor], tokens: int, *, streamed: bool) -> float:
    """Seconds for one answer of exactly so many tokens."""
    pieces: list[str] = []
    streamer = TextStreamer(model.adapter.tokenizer, lambda text, count: pieces.append(text))
    begun = time.perf_counter()
    with torch.inference_mode():
        model.model.generate(
            **inputs,
            do_sample=False,
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            streamer=streamer if streamed else None,
        )
    taken = time.perf_counter() - begun
    assert not streamed or len(streamer.tokens) == tokens
    return taken


if __name__ == "__main__":
    main()
