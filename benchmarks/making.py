"""Another program that makes a large run: its answers are appended to the journal at a steady pace.

    python -m benchmarks.making FOLDER RESULTS THERE SECONDS

A run of RESULTS answers is begun in FOLDER/results, of which THERE stand in its journal at once; then one
comes every SECONDS. Prints the run's folder, and ends as a program that is killed does, once its standard
input ends or there is nothing left to answer.
"""

import os
import sys
import threading
import time
from pathlib import Path

from msgspec.structs import replace

from benchmarks.large_run import large_run, planned
from fada_tui.core.records import ModelEntry, Plan
from fada_tui.store.folder import write_run
from fada_tui.store.journal import JOURNAL_NAME, ResultLine, append, append_all
from fada_tui.store.lock import RunLock

NAME = "20260301-000000_made-elsewhere"
MODEL = "made-elsewhere"


def main() -> None:
    """Make the run."""
    folder, seconds = Path(sys.argv[1]), float(sys.argv[4])
    results, there = map(int, sys.argv[2:4])
    place = folder / "results" / NAME
    place.mkdir(parents=True)
    whole = large_run(folder / "images", results, NAME, MODEL)
    entry = ModelEntry(name=MODEL, source=whole.model.source or "")
    plan = Plan(model=entry, device="cpu", images=planned(results))
    journal = place / JOURNAL_NAME
    over = threading.Event()
    threading.Thread(target=_wait, args=(over,), daemon=True).start()
    with RunLock(place) as lock:
        lock.note_workers(os.getpid())
        write_run(place, replace(whole, results=(), plan=plan, status="interrupted", finished=None))
        append_all(journal, [ResultLine(result=result) for result in whole.results[:there]])
        print(place, flush=True)
        due = time.monotonic()
        for result in whole.results[there:]:
            due += seconds
            if over.wait(max(0.0, due - time.monotonic())):
                break
            append(journal, ResultLine(result=result), durable=False)


def _wait(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main()
