"""Time answers through a server, held against a plain asynchronous client.

    python -m benchmarks.server [ROUNDS] [CONCURRENCY] [SECONDS]

The server (`pacing_server`) is a process of its own that takes SECONDS for each answer. Both sides ask the
same: 24 of the samples with six questions each. The plain client, httpx2 with a semaphore, has its images
encoded before its clock begins; ours reads, encodes, checks and streams in its worker, and each result is in
the journal before it is told. Budget: 0.9.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec

from benchmarks.asking import QUESTIONS, Asking, gather
from benchmarks.pacing_server import MODEL
from benchmarks.rounds import alternately, ratios, spread
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import samples_dir
from fada_tui.core.protocol import Finished, Load, Work
from fada_tui.core.records import Generation, ModelEntry, Question
from fada_tui.images.decode import decode
from fada_tui.models.endpoint import parse
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.worker.remote.pictures import picture
from fada_tui.worker.remote.request import Request

IMAGES = 24
DEFAULTS = [5, 8, 0.2]
"""Rounds, concurrency, and seconds that the server takes for an answer."""

ASKED = (
    *QUESTIONS,
    Question(id="side", text="On which side of the image is the largest structure?"),
    Question(id="age", text="About how many weeks old is the fetus?"),
)


def main() -> None:
    """Alternate both; print seconds, answers a second and the ratio."""
    numbers = [float(word) for word in sys.argv[1:]]
    rounds, concurrency, seconds = numbers + DEFAULTS[len(numbers) :]
    with tempfile.TemporaryDirectory(prefix="fada-tui-benchmarks-") as name, serving(seconds) as source:
        asked = gather(samples_dir(), IMAGES, ASKED, Path(name) / "images")
        generation = Generation(
            max_new_tokens=64, do_sample=False, seed=0, concurrency=int(concurrency), image_format="png"
        )
        bodies = requests(asked, source, generation)
        taken = alternately(
            {
                "plain client": lambda: asyncio.run(plain(bodies, source, int(concurrency))),
                "fada-tui": lambda: asyncio.run(ours(asked, source, generation, Path(name))),
            },
            int(rounds),
        )
    count = len(asked.items)
    for side, all_seconds in taken.items():
        found = spread(all_seconds)
        print(f"{side}: {found.show()} s, {count / found.median:.1f} answers/s")
    ratio = spread(ratios(taken["plain client"], taken["fada-tui"]))
    print(f"{count} answers at concurrency {concurrency:.0f}, n = {int(rounds)} rounds: ratio {ratio.show()}")


@contextmanager
def serving(seconds: float) -> Iterator[str]:
    """Serve in a process of its own; yields the model's source."""
    command = [sys.executable, "-m", "benchmarks.pacing_server", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1#{MODEL}"
        process.terminate()


def requests(asked: Asking, source: str, generation: Generation) -> list[bytes]:
    """Return the bodies of all requests, each image encoded once."""
    pictures = {
        path: picture(decode(asked.root / path).pixels, generation)
        for path in dict.fromkeys(item.path for item in asked.items)
    }
    return [
        Request(MODEL, parse(source), pictures[item.path], item.question, generation, 0).body(frozenset())
        for item in asked.items
    ]


async def plain(bodies: list[bytes], source: str, concurrency: int) -> float:
    """Return the seconds that a plain client takes to stream all answers."""
    at_once = asyncio.Semaphore(concurrency)
    url = f"{parse(source).base}/chat/completions"

    async def ask(body: bytes) -> str:
        text = ""
        async with at_once, client.stream("POST", url, content=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    for choice in msgspec.json.decode(line[6:])["choices"]:
                        text += choice["delta"].get("content", "")
        return text

    async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
        begun = time.perf_counter()
        answers = await asyncio.gather(*map(ask, bodies))
        assert all(answers)
        return time.perf_counter() - begun


async def ours(asked: Asking, source: str, generation: Generation, scratch: Path) -> float:
    """Return the seconds that the worker takes from the command to the last result told."""
    client = WorkerClient(scratch / "worker.log", Deadlines())
    await client.start()
    try:
        entry = ModelEntry(name="paced", source=source)
        command = Load(model=entry, device="auto", trust_remote_code=False, allow_pickle=False)
        async for _ in client.load(command):
            pass
        work = Work(
            root=encode_name(str(asked.root)),
            journal=encode_name(str(scratch / f"journal-{time.monotonic_ns()}.jsonl")),
            generation=generation,
            items=asked.items,
        )
        begun = time.perf_counter()
        results = [event.result async for event in client.work(work) if isinstance(event, Finished)]
        taken = time.perf_counter() - begun
        assert len(results) == len(asked.items) and not any(result.error for result in results)
        return taken
    finally:
        await client.kill()


if __name__ == "__main__":
    main()
