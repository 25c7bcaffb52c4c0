import shutil
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.records import Dataset, ModelFacts, Run, Tool
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.store.folder import write_run
from fada_tui.tui.state.disk_index import read_disk_index
from tests.examples import error_result, result


def save(results: Path, run: Run) -> None:
    (results / run.id).mkdir(parents=True)
    write_run(results / run.id, run)


def example(**fields: object) -> Run:
    """A complete run over one image; `fields` in place of its own."""
    given: dict[str, object] = {
        "id": "20260101-000000_x",
        "status": "complete",
        "started": "2026-01-01T00:00:00Z",
        "tool": Tool(name="fada-tui", version="0"),
        "model": ModelFacts(name="ViLT"),
        "dataset": Dataset(name="d", categories={"A": 1}, images=1),
        "results": (result(),),
    }
    return Run(**given | fields)  # type: ignore[arg-type]


def test_the_list_knows_of_a_run_of_errors_and_keeps_no_results(tmp_path: Path) -> None:
    failed = error_result("A/a.png", message="the prompt has no image tokens")
    run = example(model=ModelFacts(name="BLIP-2"), results=(failed,))
    save(tmp_path, run)
    answered = example(id="20260101-000001_y")
    save(tmp_path, answered)
    disk_index = read_disk_index(tmp_path, load_registry(tmp_path / "none.toml", SHIPPED))
    rows = {row.entry.name: row for row in disk_index.rows}
    assert (rows["BLIP-2"].status, rows["BLIP-2"].reason) == ("failed", "the prompt has no image tokens")
    assert rows["ViLT"].status == "tested"
    assert [len(row.run.results) for row in rows.values() if row.run] == [1, 0], "the error says why"


def test_of_copies_the_run_that_lies_where_its_id_says_is_listed_and_a_renamed_one_is_found(
    tmp_path: Path,
) -> None:
    first = example()
    second = replace(first, id="20260101-000001_y")
    save(tmp_path, first)
    copy_before, copy_after = tmp_path / "1 copy", tmp_path / f"{first.id} copy"
    for copy in (copy_before, copy_after):
        shutil.copytree(tmp_path / first.id, copy)
        write_run(copy, replace(first, results=()))
    save(tmp_path, second)
    renamed = (tmp_path / second.id).rename(tmp_path / "my best run")
    index = read_disk_index(tmp_path, load_registry(tmp_path / "none.toml", SHIPPED))
    assert index.folders == {first.id: tmp_path / first.id, second.id: renamed}
    assert [index.figures[run.id].answers for run in index.runs] == [1, 1]
    assert index.answered == {result().path: {first.id, second.id}}
    assert index.warnings == (
        f"1 copy is a copy of {first.id}: it has the same id, and is left out",
        f"{first.id} copy is a copy of {first.id}: it has the same id, and is left out",
    )
