"""What the main screen looks at comes from disk: images, and runs that are opened and closed again."""

import asyncio
from typing import TYPE_CHECKING

from fada_tui.core.errors import FadaError
from fada_tui.store import folder as store
from fada_tui.tui.present.lines import first_hint
from fada_tui.tui.state.disk_index import read_disk_index, read_gallery
from fada_tui.tui.state.open_runs import Key, OpenRun

if TYPE_CHECKING:
    from fada_tui.tui.main_screen import MainScreen


async def begin(main: "MainScreen") -> None:
    """Read the images and the runs, and open the latest run over these images."""
    review = main.review
    try:
        if main.app_context.frames():
            main.say("counting the frames of the files that have several …", keep=True)
        review.gallery = await asyncio.to_thread(
            read_gallery, main.app_context.images, main.app_context.frames()
        )
    except FadaError as error:
        main.say(str(error), "error")
    review.choose_run(None)
    review.hint = first_hint(main.app_context, review.gallery)
    main.show_images()
    await read_runs(main)
    if main.app_context.resume:
        main.resume(main.app_context.resume)
    elif latest := review.latest_here():
        await open_run(main, latest)
    elif review.gallery:
        main.say(review.hint.partition("\n")[0], keep=True)


async def read_runs(main: "MainScreen") -> None:
    """Read the runs of the results folder again, unless the program is left meanwhile.

    What is wrong with one of them is said once.
    """
    disk_index = await asyncio.to_thread(read_disk_index, main.app_context.results, main.app_context.registry)
    if not main.app.is_running:
        return
    known = main.review.disk_index.warnings
    main.review.disk_index = disk_index
    for warning in disk_index.warnings:
        if warning not in known:
            main.say(warning, "warning")
    main.draw()


async def open_run(main: "MainScreen", run_id: str) -> None:
    """Look at a run from now on."""
    try:
        run = await load_run(main, run_id)
    except FadaError as error:
        main.say(str(error), "error")
        return
    main.review.stay()
    main.review.choose_run(run)
    main.review.look_at_unassessed()
    main.show_images()
    main.say(f"{run.run.model.name}, {run.id}: {main.review.progress()}")


async def load_run(main: "MainScreen", run_id: str) -> OpenRun:
    """Return a run, read from disk unless it is open already.

    Raises:
        StoreError: it is not there, or cannot be read.
    """
    open_runs = main.review.open_runs
    if run_id in open_runs.runs:
        return open_runs.runs[run_id]
    folder = main.review.disk_index.folders.get(run_id, main.app_context.results / run_id)
    run, warnings = await asyncio.to_thread(store.open_run, folder)
    for warning in warnings:
        main.say(warning, "warning")
    return open_runs.open(folder, run)


async def answers_to_this(main: "MainScreen") -> list[tuple[OpenRun, Key]]:
    """All models' answers to the question and image that are looked at, the latest of each model."""
    review = main.review
    if review.key is None:
        return []
    asked, path = review.questions[review.key_index].text, review.key[0]
    found: dict[str, tuple[OpenRun, Key]] = {}
    for name in review.same_question():
        run = await load_run(main, name)
        for question in run.questions:
            if question.text == asked and run.answered(path, question.id):
                found.setdefault(run.run.model.name, (run, (path, question.id)))
    return list(found.values())


async def forget_deleted(main: "MainScreen") -> None:
    """Let go of runs whose folder is gone."""
    open_runs = main.review.open_runs
    for run in [run for run in open_runs.runs.values() if not run.folder.exists()]:
        del open_runs.runs[run.id]
        if open_runs.current == run.id:
            main.review.choose_run(None)
            main.show_images()
    await read_runs(main)
