"""Run folders, and an app that shows one screen of the dashboard."""

from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.screen import Screen

from fada_tui.core.records import Assessment, ModelFacts, ModelMemory, Result, Run, Tokens, Verdict
from fada_tui.store import folder as store
from fada_tui.tui.closing import OrderlyApp
from fada_tui.tui.themes import THEMES
from tests import examples

PATHS = ("A/a.png", "A/b.png", "B/c.png")


def judged(path: str, verdict: Verdict | None, **fields: Any) -> Result:
    """A finished result with one person's verdict."""
    assessments = (Assessment(assessor="ann", verdict=verdict),) if verdict else ()
    fields.setdefault("tokens", Tokens(generated=20))
    return examples.result(path, assessments=assessments, **fields)


def whole(day: int, model: str, *results: Result, memory: ModelMemory | None = None, **fields: Any) -> Run:
    """A complete run of a day in January."""
    facts = ModelFacts(name=model, parameters=day * 1_000_000_000, memory=memory or ModelMemory())
    run = examples.run(
        id=f"202601{day:02}-090000_{model}",
        status=fields.pop("status", "complete"),
        started=f"2026-01-{day:02}T09:00:00Z",
        results=results or tuple(judged(path, None) for path in PATHS),
        **fields,
    )
    plan = run.plan if run.status != "complete" else UNSET
    return replace(run, model=facts, plan=plan)


def stored(results: Path, run: Run) -> Path:
    """Write a run into its folder."""
    folder = results / run.id
    folder.mkdir(parents=True)
    store.write_run(folder, run)
    return folder


def broken(results: Path, name: str) -> Path:
    """A run whose file is damaged."""
    folder = results / name
    folder.mkdir(parents=True)
    (folder / store.RUN_NAME).write_text('{"schema": 3')
    return folder


class OneScreen(OrderlyApp[None]):
    """Shows a screen, and keeps what it ends with."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES["dark"].name
        self.shown = screen
        self.ended: list[Any] = []

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(self.shown, self.ended.append)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was begun is done and drawn."""
    await pilot.pause()
    while not all(worker.is_finished for worker in pilot.app.workers):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()  # what they came to may begin others


def text_of(screen: Screen[Any]) -> str:
    """All text on the screen, line by line."""
    lines = []
    for widget in screen.query("Static, Sheet, Bars, FormatList, KeyBar"):
        if widget.display and widget.region.area:
            lines += [
                "".join(segment.text for segment in widget.render_line(y)) for y in range(widget.size.height)
            ]
    return "\n".join(lines)
