"""Time a worker from its process's start to its greeting and to the embedded model, and plain transformers.

Then the same worker is taken over as by a next run: with the same model, and with another.

    python benchmarks/worker_start.py [ROUNDS]

The peer is a script that imports the model's class and its processor and loads both, with nothing of ours.
"""

import asyncio
import shutil
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


async def ours(weights: Path, other: Path, log: Path) -> tuple[float, float, float, float]:
    """Return the seconds to greeting and loaded model, then to the same and another one by taking over."""
    begun = time.perf_counter()
    client = WorkerClient(log, Deadlines())
    await client.start()
    greeted = time.perf_counter() - begun
    await load(client, weights)
    loaded = time.perf_counter() - begun
    client, same = await taken_over(client, weights, log)
    client, another = await taken_over(client, other, log)
    await client.kill()
    return greeted, loaded, same, another


async def load(client: WorkerClient, weights: Path) -> None:
    """Load a folder's model."""
    async for _ in client.load(command(weights)):
        pass


async def taken_over(before: WorkerClient, weights: Path, log: Path) -> tuple[WorkerClient, float]:
    """Return the next run's client, and the seconds until its model was ready."""
    begun = time.perf_counter()
    kept = await before.part()
    assert kept is not None
    client = WorkerClient(log, Deadlines())
    assert await client.take_over(kept, command(weights))
    await load(client, weights)
    return client, time.perf_counter() - begun


def command(weights: Path) -> Load:
    """What loads a folder's model."""
    entry = ModelEntry(name="fada-demo", source=str(weights))
    return Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)


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
    taken: list[tuple[float, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        other = Path(shutil.copytree(weights, Path(folder) / "other"))
        for _ in range(rounds):
            mine = asyncio.run(ours(weights, other, Path(folder) / "worker.log"))
            taken.append((*mine, plain(weights)))
    greeted, loaded, same, another, bare = (statistics.median(column) for column in zip(*taken, strict=True))
    ratio = statistics.median(row[1] / row[-1] for row in taken)
    print(f"start to greeting: {greeted:.2f} s")
    print(f"start to loaded model: {loaded:.2f} s, {ratio:.2f} x plain transformers ({bare:.2f} s)")
    print(f"taken over: the same model {same:.3f} s, another {another:.3f} s")


if __name__ == "__main__":
    main()
