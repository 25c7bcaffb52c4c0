"""Time a worker from its process's start to its greeting and to the embedded model, and plain transformers.

    python benchmarks/worker_start.py [ROUNDS]

The peer is a script that imports the model's class and its processor and loads both, with nothing of ours.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fada_tui.client import Deadlines, WorkerClient
from fada_tui.paths import demo_weights
from fada_tui.protocol import Load
from fada_tui.records import ModelEntry

PLAIN = """
import sys
from transformers import AutoProcessor, Idefics3ForConditionalGeneration
AutoProcessor.from_pretrained(sys.argv[1])
Idefics3ForConditionalGeneration.from_pretrained(sys.argv[1], dtype="auto", device_map="cpu")
print("loaded", flush=True)
"""


async def ours(weights: Path, log: Path) -> tuple[float, float]:
    """Return the seconds to the greeting and to the loaded model."""
    begun = time.perf_counter()
    client = WorkerClient(log, Deadlines())
    await client.start()
    greeted = time.perf_counter() - begun
    entry = ModelEntry(name="fada-demo", source=str(weights))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    async for _ in client.load(command):
        pass
    loaded = time.perf_counter() - begun
    await client.kill()
    return greeted, loaded


def plain(weights: Path) -> float:
    """Return the seconds that the peer takes."""
    begun = time.perf_counter()
    command = [sys.executable, "-c", PLAIN, str(weights)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        return time.perf_counter() - begun


def main() -> None:
    """Start each in turn, so that a slow moment of the machine hits both; print medians and the ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    weights = demo_weights()
    taken: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            greeted, loaded = asyncio.run(ours(weights, Path(folder) / "worker.log"))
            taken.append((greeted, loaded, plain(weights)))
    greeted, loaded, bare = (statistics.median(column) for column in zip(*taken, strict=True))
    ratio = statistics.median(mine / theirs for _, mine, theirs in taken)
    print(f"start to greeting: {greeted:.2f} s")
    print(f"start to loaded model: {loaded:.2f} s, {ratio:.2f} x plain transformers ({bare:.2f} s)")


if __name__ == "__main__":
    main()
