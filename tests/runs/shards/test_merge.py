"""Shards merged on disk: as the run made as one, whole or not there, or refused with the reason."""

import os
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core import atomic
from fada_tui.core.errors import FadaError, RunLockedError, StoreError, UsageError
from fada_tui.core.records import Notes, Run, UnknownFields
from fada_tui.report.comparison import compared, standing
from fada_tui.runs.publish import compared_runs
from fada_tui.runs.shards.merge import Merged, merge
from fada_tui.store import folder as store
from fada_tui.store.leftovers import clean
from fada_tui.store.lock import RunLock
from tests.sharded import REGISTRY, SHARDS, contents, judged, made, shards

LATER = re.compile(r"^(\*\*Date|- \*\*(How Fast|Load Time|Run|Shards|Peak|Files)|  - \d: |- `(tele|worker))")
"""Lines of a page that say when and where."""


def merged(folders: list[Path], label: str | None = None) -> Merged:
    return merge(folders, folders[0].parent, label, REGISTRY)


def lines(folder: Path, name: str = store.SUMMARY_NAME) -> list[str]:
    page = re.sub(r"\d \([\w ]*resident\)|\d B \(worker resident\)", "#", (folder / name).read_text())
    return [line for line in page.splitlines() if not LATER.match(line)]


def changed(folder: Path, **fields: Any) -> None:
    store.write_run(folder, replace(store.read_run(folder), **fields))


@pytest.mark.long
@pytest.mark.parametrize(
    "settings", [{}, {"shuffle": None, "limit": 2}, {"category": ("Brain", "Heart"), "limit": None}]
)
def test_merged_shards_are_the_run_made_as_one(tmp_path: Path, settings: dict[str, Any]) -> None:
    whole = made(tmp_path / "whole" / "20260101-000000_fada-demo", **settings)
    folders = [tmp_path / "parts" / f"2026010{number}-000000_fada-demo" for number in range(1, 4)]
    number = min(3, whole.dataset.images)
    for place, folder in enumerate(folders[:number], 1):
        made(folder, f"{place}/3", **settings)
    before = [contents(folder) for folder in folders[:number]]
    done = merged(folders[number - 1 :: -1], "all of them")
    assert [contents(folder) for folder in folders[:number]] == before, "shards stay as they are"
    assert done.folder.name.endswith("_fada-demo_all-of-them") and not done.warnings
    assert done.run == store.read_run(done.folder)
    assert sorted(path.name for path in done.folder.parent.iterdir() if path.name.startswith(".")) == []

    alike = {"id", "finished", "model", "merged"}
    fields = [name for name in Run.__struct_fields__ if name not in alike]
    assert {name: getattr(done.run, name) for name in fields} == {
        name: getattr(whole, name) for name in fields
    }
    assert done.run.model == replace(
        whole.model, load_time=float(number), memory=replace(whole.model.memory, worker_rss_peak=number)
    )
    assert done.run.finished == f"2026-01-01T0{number}:30:00Z"
    assert lines(done.folder) == lines(tmp_path / "whole" / whole.id)
    if (done.folder / store.DETAILS_NAME).exists():
        assert lines(done.folder, store.DETAILS_NAME) == lines(
            tmp_path / "whole" / whole.id, store.DETAILS_NAME
        )


def test_where_each_part_was_made_is_kept(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    run = store.read_run(folders[1])
    changed(folders[1], environment=replace(run.environment, transformers="6", cpu="another"))
    changed(folders[2], model=replace(store.read_run(folders[2]).model, device="cuda:1"))
    done = merged(folders)
    assert done.run.merged
    assert [(shard.run, shard.number) for shard in done.run.merged] == [
        (folder.name, number) for number, folder in enumerate(folders, 1)
    ]
    assert done.run.merged[1].environment.transformers == "6"
    assert (done.run.environment.transformers, done.run.model.device) == ("5, 6", None)
    page = (done.folder / store.SUMMARY_NAME).read_text()
    assert "- **Device**: several, by shard: cpu, cuda:1" in page
    assert f"  - 2: {folders[1].name}, 5 images, January 1, 2026, 02:00 UTC to" in page and "another" in page
    for number, folder in enumerate(folders, 1):
        assert (
            done.folder / f"telemetry-{number}.csv"
        ).read_text() == f"measured while {folder.name} was made\n"


def test_assessments_notes_and_what_is_not_known_are_kept(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    judged(folders[0], "correct")
    judged(folders[2], "partial")
    changed(folders[0], notes=Notes(strengths=("quick",), conclusion="Good."))
    changed(
        folders[1],
        notes=Notes(strengths=("quick", "short"), conclusion="Not good."),
        unknown_fields=UnknownFields({"later": 1}),
    )
    run = merged(folders).run
    verdicts = [one.verdict for result in run.results for one in result.assessments]
    assert verdicts == ["correct", "partial"]
    assert run.notes == Notes(strengths=("quick", "short"), conclusion="Good.\n\nNot good.")
    assert run.unknown_fields == {"later": 1}


@pytest.mark.long
def test_a_run_with_errors_keeps_the_whole_plan(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole" / "20260101-000000_fada-demo")
    bad = whole.results[5].path
    whole = made(tmp_path / "errors" / "20260101-000000_fada-demo", errors=(bad,))
    run = merged(shards(tmp_path / "parts", errors=(bad,))).run
    assert run.plan and whole.plan and run.status == "complete"
    assert [image.path for image in run.plan.images] == [image.path for image in whole.plan.images]
    assert replace(run.plan, images=()) == replace(whole.plan, images=())


@pytest.mark.long
def test_references_are_those_of_the_whole(tmp_path: Path) -> None:
    first = made(tmp_path / "first" / "r")
    names = list(dict.fromkeys(result.path for result in first.results))
    table = tmp_path / "expert.csv"
    heading = first.questions[0].text
    table.write_text(f'path,"{heading}"\n' + "".join(f"{one},stomach\n" for one in (*names[:9], "X/y.png")))
    whole = made(tmp_path / "whole" / "20260101-000000_fada-demo", references=(str(table),))
    run = merged(shards(tmp_path / "parts", references=(str(table),))).run
    assert run.references == whole.references and whole.references and whole.references.matched == 9
    assert (run.results, run.scoring, run.looking) == (whole.results, whole.scoring, whole.looking)


def test_shards_do_not_count_beside_the_run_that_they_make(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    judged(folders[0], "correct")
    done = merged(folders)
    judged(folders[1], "correct")
    assert [row.run.id for row in compared_runs(tmp_path, [])] == [done.run.id]
    every = [compared(store.read_run(folder)) for folder in store.folders(tmp_path)]
    assert [(row.run.id, number) for row, number in standing(every)] == [(done.run.id, 1)]
    page = (tmp_path / store.COMPARISON_NAME).read_text()
    assert done.run.id in page and folders[0].name not in page
    assert not re.search(r"one of \d+ runs", (done.folder / store.SUMMARY_NAME).read_text())


def test_shards_of_one_name_in_folders_of_their_own(tmp_path: Path) -> None:
    folders = [tmp_path / number[0] / "20260101-000000_fada-demo" for number in SHARDS]
    for folder, number in zip(folders, SHARDS, strict=True):
        made(folder, number)
    done = merge(folders, tmp_path / "all", None, REGISTRY)
    assert done.run.merged and [shard.number for shard in done.run.merged] == [1, 2, 3]
    assert done.run.dataset.images == 14
    with pytest.raises(FadaError, match="is merged already"):
        merge(folders, tmp_path / "all", None, REGISTRY)


def refused(folders: list[Path]) -> str:
    before = sorted(path.name for path in folders[0].parent.iterdir())
    with pytest.raises(FadaError) as error:
        merged(folders)
    assert sorted(path.name for path in folders[0].parent.iterdir()) == before
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_are_not_all_shards_each_once_is_refused(tmp_path: Path) -> None:
    one, two, three = shards(tmp_path)
    assert refused([one, three]).startswith("shard 2/3 of this plan is missing: make what is not there with")
    assert refused([three]).startswith("shards 1/3, 2/3 of this plan are missing")
    assert f"{two.name} is named twice" in refused([one, two, two, three])
    again = tmp_path / "20260109-000000_fada-demo"
    made(again, "2/3")
    assert f"shard 2/3 is there twice: {two} and {again}" in refused([one, two, again, three])
    other = tmp_path / "20260108-000000_fada-demo"
    made(other)
    assert refused([one, other]).startswith(f"{other} is no shard")


def test_another_plan_is_refused_with_the_field_and_the_run(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    odd = store.read_run(folders[1])
    selection, shard = odd.dataset.selection, odd.dataset.selection.shard
    assert shard
    others: dict[str, dict[str, Any]] = {
        "model.dtype": {"model": replace(odd.model, dtype="bfloat16")},
        "model.revision": {"model": replace(odd.model, revision="abc")},
        "generation.max_new_tokens": {"generation": replace(odd.generation, max_new_tokens=7)},
        "questions": {"questions": odd.questions[:-1]},
        "questions.structures.text": {
            "questions": (replace(odd.questions[0], text="Why?"), *odd.questions[1:])
        },
        "dataset.root": {"dataset": replace(odd.dataset, root="/elsewhere")},
        "dataset.selection.shuffle": {
            "dataset": replace(odd.dataset, selection=replace(selection, shuffle=6))
        },
        "dataset.selection.shard.sha256": {
            "dataset": replace(odd.dataset, selection=replace(selection, shard=replace(shard, sha256="0")))
        },
    }
    for field, change in others.items():
        store.write_run(folders[1], replace(odd, **change))
        said = refused(folders)
        assert said.startswith(f"{folders[1]} (shard 2/3) is of another plan: its {field} is "), said
        assert f"that of {folders[0]} (shard 1/3) is " in said


def test_images_that_are_not_the_plans_are_refused(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    run = store.read_run(folders[0])
    changed(folders[0], results=tuple(replace(one, path=f"{one.path}x") for one in run.results))
    assert "other images than their plan" in refused(folders)
    changed(folders[0], results=run.results[1:])
    assert f"no shard has a result of {run.results[0].path}" in refused(folders)


def test_an_unfinished_shard_is_refused_until_it_is_resumed(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    changed(folders[2], status="interrupted")
    said = refused(folders)
    assert f"not finished: shard 3/3 ({folders[2]}, interrupted)" in said
    assert f"fada-tui --batch --resume {folders[2]}" in said


def test_a_shard_that_a_program_writes_is_refused(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    with RunLock(folders[1]), pytest.raises(RunLockedError, match=f"{folders[1].name} is being written by"):
        merged(folders)
    assert merged(folders).run.status == "complete"


@pytest.mark.long
def test_shards_are_merged_once(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    done = merged(folders)
    assert f"{folders[0].name} is merged already, in {done.run.id}" in refused(folders)
    assert f"{done.folder} was merged already" in refused([done.folder])
    shutil.rmtree(done.folder)
    assert merged(folders).run.results == done.run.results


@pytest.mark.long
def test_a_merge_that_is_killed_leaves_no_run_or_a_whole_one(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    before = [contents(folder) for folder in folders]
    wholes = []
    for moment in range(1, 100):
        if not (child := os.fork()):
            _merge_and_die(folders, moment)
        _, status = os.waitpid(child, 0)
        assert [contents(folder) for folder in folders] == before
        runs = [folder for folder in store.folders(tmp_path) if folder not in folders]
        for folder in runs:
            names = {"telemetry-1.csv", "telemetry-2.csv", "telemetry-3.csv", "run.json", "summary.md"}
            assert names <= contents(folder).keys()
            assert len(store.read_run(folder).results) == 14 * len(store.read_run(folder).questions)
            shutil.rmtree(folder)
        wholes.append(len(runs))
        clean(tmp_path)
        if moment == 1:  # before anything but an empty folder was there, which goes after a day
            (reserved,) = {path for path in tmp_path.iterdir() if path.is_dir()} - {*folders}
            reserved.rmdir()
        left = {path.name for path in tmp_path.iterdir()} - {folder.name for folder in folders}
        assert left == {store.COMPARISON_NAME}
        if status == 0:
            break
    assert moment > 5 and wholes[-1] == 1 and sorted(wholes) == wholes


def _merge_and_die(folders: list[Path], moment: int) -> None:
    """End this process, as SIGKILL does, when a folder's names are waited for the nth time."""
    count, sync = 0, atomic.sync_folder

    def counted(folder: Path) -> None:
        nonlocal count
        count += 1
        if count == moment:
            os._exit(9)
        sync(folder)

    atomic.sync_folder = counted
    try:
        merged(folders)
        os._exit(0)
    finally:
        os._exit(1)


def test_a_merge_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = shards(tmp_path)

    def full(folder: Path, run: Run) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "write_run", full)
    assert refused(folders) == "the disk is full"
    monkeypatch.undo()
    assert merged(folders).run.status == "complete"


@pytest.mark.long
def test_of_two_merges_at_once_one_is_refused(tmp_path: Path) -> None:
    folders = shards(tmp_path)
    begin = threading.Barrier(2)

    def once(_: int) -> str:
        begin.wait()
        try:
            return merged(folders).run.id
        except UsageError as error:
            return str(error)

    with ThreadPoolExecutor(2) as two:
        made_by, refused_by = sorted(two.map(once, range(2)), key=lambda told: "is merged already" in told)
    assert f"is merged already, in {made_by}: " in refused_by
