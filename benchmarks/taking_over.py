"""Time a worker's start, and what a next run saves by taking it over.

    python -m benchmarks.taking_over [ROUNDS]

Loads the embedded model, then has it taken over as by a run with the same model, and by one with another.
`python -m benchmarks start` holds the start against transformers alone.
"""

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from fada_tui.core.paths import demo_weights
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines


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


def main() -> None:
    """Print medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    weights = demo_weights()
    with tempfile.TemporaryDirectory() as folder:
        other = Path(shutil.copytree(weights, Path(folder) / "other"))
        taken = [asyncio.run(ours(weights, other, Path(folder) / "worker.log")) for _ in range(rounds)]
    greeted, loaded, same, another = (statistics.median(column) for column in zip(*taken, strict=True))
    print(f"start to greeting {greeted:.2f} s, to loaded model {loaded:.2f} s")
    print(f"taken over: the same model {same:.3f} s, another {another:.3f} s")


if __name__ == "__main__":
    main()
