"""From the main screen to the others and back: each opened here, and what it returns carried out.

A screen's module is imported when its door is first opened, so that the main screen need not wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Notes
from fada_tui.evaluation.assessment.edit import with_note, with_tag_toggled
from fada_tui.evaluation.assessment.history import Change
from fada_tui.models.registry import resolve_model
from fada_tui.report.units import count
from fada_tui.runs import planning
from fada_tui.runs.assessment_writer import settle_and_publish
from fada_tui.runs.consent import Want, hosts_wanted, wants
from fada_tui.runs.preflight.describe import room_of
from fada_tui.runs.publish import preview
from fada_tui.store import folder as store
from fada_tui.store.journal import NotesLine
from fada_tui.tui.actions import loading
from fada_tui.tui.actions.consent_questions import asking
from fada_tui.tui.present.lines import change_text
from fada_tui.tui.state.open_runs import Key, OpenRun
from fada_tui.tui.widgets.models import ModelList

if TYPE_CHECKING:
    from fada_tui.tui.main_screen import MainScreen

Edit = Callable[[Assessment], Assessment]

LEAVING_SECONDS = 8.0
"""How long a run may take to stop and be written before the dashboard leaves without it."""


async def setup(main: "MainScreen") -> None:
    """Set up runs, and queue them."""
    from fada_tui.tui.new_run.screen import NewRunScreen

    app_context, review = main.app_context, main.review
    if review.gallery is None:
        main.say("there are no images to run on: start again with --images FOLDER", "warning")
        return
    request = await main.app.push_screen_wait(
        NewRunScreen(
            registry=app_context.registry,
            rows=review.disk_index.rows,
            catalogue=review.gallery.catalogue,
            marked_models=main.marked_models,
            marked_images=review.marked_images(),
            settings=app_context.settings,
            disk_index=review.disk_index,
            sample=main.run_control.telemetry.latest,
        )
    )
    if request is None:
        return
    try:
        models = [resolve_model(name, app_context.registry) for name in request.settings.model]
        if not await _agreed(main, hosts_wanted(models, main.run_control.consent)):
            return
        settings = replace(request.settings, allow_host=main.run_control.consent.hosts)
        jobs, _ = await asyncio.to_thread(
            planning.jobs, settings, app_context.registry, app_context.label, request.images
        )
    except FadaError as error:
        main.say(str(error), "error")
        return
    main.marked_models = ()
    review.awaiting = not main.run_control.queue.busy
    main.run_control.start(jobs)


async def _agreed(main: "MainScreen", wanted: Sequence[Want]) -> bool:
    """Whether all of this may be done: asked once for each, as long as the dashboard is open."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    for want in wanted:
        asked = await asyncio.to_thread(asking, want)
        screen = ConfirmScreen(asked.question, asked.detail, asked.yes, danger=True)
        if not await main.app.push_screen_wait(screen):
            main.say(asked.declined, "warning")
            return False
        main.run_control.allow(want)
    return True


async def needs(main: "MainScreen") -> None:
    """Show what the model under the cursor needs."""
    from fada_tui.tui.screens.needs import NeedsScreen

    name = main.query_one(ModelList).highlighted
    rows = main.review.disk_index.rows
    entries = [row.entry for row in rows] or main.app_context.registry.entries
    entry = next((entry for entry in entries if entry.name == name), None)
    if entry is not None:
        screen = NeedsScreen(entry, main.app_context.settings, room_of(main.run_control.telemetry.latest))
        await main.app.push_screen_wait(screen)


async def resume(main: "MainScreen", name: str) -> None:
    """Take an unfinished run up again."""
    try:
        folder = await asyncio.to_thread(store.find, main.app_context.results, name)
        run = await loading.load_run(main, folder.name)
        wanted = wants(run.run, main.run_control.consent)
    except FadaError as error:
        main.say(str(error), "error")
        return
    if run.running:
        main.say("this run is going on")
    elif not run.resumable:
        main.say("every answer of this run is there; r sets up another run")
    elif await _agreed(main, wanted):
        main.review.awaiting = not main.run_control.queue.busy
        main.run_control.resume(folder, run.run.model.name)


async def blind(main: "MainScreen") -> None:
    """Begin or end blind mode."""
    review = main.review
    if review.open_runs.blind:
        run = review.run
        review.choose_run(run)
        main.say("blind mode ended")
    elif not (names := review.siblings()):
        main.say("there are no answers to judge blindly yet", "warning")
        return
    else:
        runs = [await loading.load_run(main, name) for name in names]
        review.go_blind(runs)
        mixed = count(len(runs), "run")
        main.say(f"blind mode: {mixed} shuffled; names, times and auto scores hidden", keep=True)
    main.show_images()


async def tags(main: "MainScreen") -> None:
    """Toggle the rubric's tags."""
    from fada_tui.tui.screens.tags import TagsScreen

    if (place := main.judgeable()) is None:
        return
    run, key = place

    async def toggle(name: str) -> tuple[str, ...]:
        await main.assessments.change(run, key, with_tag_toggled(run.assessment(*key), name))
        main.draw()
        return run.assessment(*key).tags

    await main.app.push_screen_wait(TagsScreen(main.app_context.rubric, run.assessment(*key).tags, toggle))
    main.refilter_soon()


async def note(main: "MainScreen") -> None:
    """Write a note on the answer that is looked at."""
    from fada_tui.tui.screens.note import NoteScreen

    if (place := main.judgeable()) is None:
        return
    run, key = place
    written = await main.app.push_screen_wait(NoteScreen(run.assessment(*key).note, key[0]))
    if written is not None:
        await main.assess(lambda before: with_note(before, written.text), place)


async def zoom(main: "MainScreen") -> None:
    """Show the picture on the whole screen."""
    from fada_tui.tui.screens.zoom import ZoomScreen

    if image := main.review.image:
        await main.app.push_screen_wait(ZoomScreen(image, main.app_context.graphics, image.name))


async def models_on_image(main: "MainScreen") -> None:
    """Show all models' answers to the image and question that are looked at."""
    from fada_tui.tui.screens.models_on_image import Answer, ModelsOnImage

    review = main.review
    places = await loading.answers_to_this(main)
    if not places or review.slot is None:
        main.say("no model has answered this question about this image yet", "warning")
        return
    answers = [
        Answer(
            name=review.model_name(run),
            view=partial(review.view_of, run, key),
            assess=partial(_assess, main, run, key),
        )
        for run, key in places
    ]
    screen = ModelsOnImage(
        review.file(review.slot),
        review.slot.image.category,
        main.app_context.graphics,
        sorted(answers, key=lambda answer: answer.name) if review.open_runs.blind else answers,
        main.app_context.rubric,
        partial(_described, main.assessments.undo, "undone"),
        partial(_described, main.assessments.redo, "done again"),
    )
    await main.app.push_screen_wait(screen)
    main.draw()


async def _assess(main: "MainScreen", run: OpenRun, key: Key, edit: Edit) -> Assessment:
    await main.assessments.change(run, key, edit(run.assessment(*key)))
    return run.assessment(*key)


async def _described(change: Callable[[], Awaitable[Change | None]], word: str) -> str:
    try:
        done = await change()
    except FadaError as error:
        return str(error)
    return change_text(word, done) if done else f"nothing to be {word}"


async def summary(main: "MainScreen", folder: Path | None = None) -> None:
    """Show a run's page, and let its notes be edited."""
    from fada_tui.tui.screens.summary import SummaryScreen

    run = await _run_at(main, folder)
    if run is None:
        return

    async def save(notes: Notes) -> str:
        run.unsettled = True
        await main.writer.write(run.folder, NotesLine(notes=notes))
        run.run = replace(run.run, notes=notes)
        return await _page(main, run)

    try:
        page = await _page(main, run)
    except FadaError as error:
        main.say(str(error), "error")
        return
    screen = SummaryScreen(run.folder, page, run.run.notes, main.review.open_runs.blind, run.running, save)
    wanted = await main.app.push_screen_wait(screen)
    if wanted is not None:
        await export(main, run.folder)


async def _page(main: "MainScreen", run: OpenRun) -> str:
    """A run's page: the file, brought up to date; of a run that goes on, as it would be now."""
    if not run.running:
        await settle(main, run)
        if (page := run.folder / store.SUMMARY_NAME).exists():
            return await asyncio.to_thread(page.read_text, encoding="utf-8")
    return await asyncio.to_thread(preview, run.folder, main.app_context.registry)


async def settle(main: "MainScreen", run: OpenRun) -> None:
    """Write what was assessed into `run.json` and the page."""
    if run.unsettled and not run.running:
        await main.writer.drain(LEAVING_SECONDS)
        settled = await asyncio.to_thread(settle_and_publish, run.folder, main.app_context.registry)
        run.unsettled = not settled


async def runs(main: "MainScreen") -> None:
    """Show all runs; open, resume, delete or export one."""
    from fada_tui.tui.screens import runs as screens

    open_runs = main.review.open_runs
    for run in open_runs.runs.values():
        await settle(main, run)
    going_on = frozenset(run.id for run in open_runs.runs.values() if run.running)
    screen = screens.RunsScreen(main.app_context.results, open_runs.current, going_on)
    match await main.app.push_screen_wait(screen):
        case screens.OpenRun(folder=folder):
            await loading.open_run(main, folder.name)
        case screens.ResumeRun(folder=folder):
            await resume(main, str(folder))
        case screens.ShowSummary(folder=folder):
            await summary(main, folder)
        case screens.Compare():
            await comparison(main)
        case _:
            pass
    await loading.forget_deleted(main)


async def comparison(main: "MainScreen") -> None:
    """Show all runs in one table."""
    from fada_tui.tui.screens import runs as screens
    from fada_tui.tui.screens.comparison import ComparisonScreen

    for run in main.review.open_runs.runs.values():
        await settle(main, run)
    screen = ComparisonScreen(main.app_context.results, main.review.open_runs.blind)
    match await main.app.push_screen_wait(screen):
        case screens.OpenRun(folder=folder):
            await loading.open_run(main, folder.name)
        case _:
            pass


async def export(main: "MainScreen", folder: Path | None = None) -> None:
    """Write a run in another format."""
    from fada_tui.tui.screens.export import ExportScreen

    run = await _run_at(main, folder)
    if run is not None:
        await settle(main, run)
        path = await main.app.push_screen_wait(ExportScreen(run.folder))
        if path is not None:
            main.say(f"written: {path}", keep=True)


async def _run_at(main: "MainScreen", folder: Path | None) -> OpenRun | None:
    if folder is None:
        if main.review.run is None:
            main.say("there is no run yet; r sets one up", "warning")
        return main.review.run
    try:
        return await loading.load_run(main, folder.name)
    except FadaError as error:
        main.say(str(error), "error")
        return None


async def leave(main: "MainScreen") -> None:
    """Leave the dashboard; ask first while a run goes on."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    if main.run_control.queue.busy:
        question = "A run goes on. Stop it and leave?"
        detail = "What is answered is kept; the run can be taken up again."
        if not await main.app.push_screen_wait(
            ConfirmScreen(question, detail, "Stop and leave", danger=False)
        ):
            return
    await depart(main)


async def depart(main: "MainScreen", code: int = 0) -> None:
    """Stop what goes on, write everything, and end."""
    main.say("writing …", keep=True)
    await main.run_control.queue.close(LEAVING_SECONDS)
    for run in main.review.open_runs.runs.values():
        run.running = False
        try:
            await settle(main, run)
        except FadaError as error:
            main.say(str(error), "error")
    main.run_control.telemetry.stop()
    main.app.exit(code)


DOORS: Mapping[str, Callable[["MainScreen"], Coroutine[None, None, None]]] = {
    "run": setup,
    "needs": needs,
    "blind": blind,
    "tags": tags,
    "note": note,
    "zoom": zoom,
    "models_on_image": models_on_image,
    "summary": summary,
    "runs": runs,
    "comparison": comparison,
    "export": export,
}
"""By the name that the commands use."""
