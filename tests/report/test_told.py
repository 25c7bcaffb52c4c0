import csv
import json
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core.records import ModelFacts, ModelNote, Run
from fada_tui.report.comparison import compared, comparison_section, render_rows
from fada_tui.report.summary import render_summary
from fada_tui.report.told import parameters, told_cells, without_runs
from tests.examples import error_result, result, run

CLIP = ModelNote(
    name="FetalCLIP",
    size="0.4B",
    memory="3.0 GB",
    speed="Fast",
    quality="40% accuracy",
    source="a page, 2025",
)
OTHER = ModelNote(name="Alpha|<b>", quality="0.4")
TINY = ModelNote(name="TINY", size="1B", source="its card")


def made(**fields: Any) -> Run:
    return replace(run(), id="one", status="complete", results=(result(),), **fields)


def test_models_without_a_run_follow_the_runs_and_are_marked() -> None:
    page = render_rows([compared(made())], "md", [CLIP, OTHER, TINY])
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert [row.split(" |")[0] for row in rows[2:]] == [
        "| tiny",
        "| Alpha\\|\\<b\\> (told)",
        "| FetalCLIP (told)",
    ]
    assert "| 0.4B | 3.0 GB | Fast | – | 40% accuracy | – | – |" in rows[-1]
    assert "| 40% | – | – |" in rows[-2]
    (note,) = (line for line in page.splitlines() if line.startswith("Rows marked (told)"))
    assert "not measured" in note
    assert note.endswith("Sources: Alpha\\|\\<b\\>: source not given; FetalCLIP: a page, 2025.")


def test_without_runs_there_is_a_table_all_the_same() -> None:
    assert "| FetalCLIP (told) | 0.4B |" in render_rows([], "md", [CLIP])
    assert "No runs." in render_rows([], "md")


def test_a_model_whose_runs_have_no_answer_is_still_told_of() -> None:
    failed = replace(made(), results=(error_result("A/a.png"),))
    assert without_runs([TINY], [made()]) == ()
    assert "TINY (told)" in render_rows([compared(failed)], "md", [TINY])
    assert "(told)" not in render_rows([compared(made())], "md", [TINY])


def test_a_model_is_known_by_its_source_too() -> None:
    of_hub = made(model=ModelFacts(name="tiny", source="Org/Alpha"))
    assert without_runs([ModelNote(name="org/alpha")], [of_hub]) == ()


def test_data_has_what_is_told_apart_from_what_was_measured() -> None:
    one = compared(made())
    rows = list(csv.DictReader(render_rows([one], "csv", [CLIP]).splitlines()))
    assert [(row["model"], row["told"]) for row in rows] == [("tiny", ""), ("FetalCLIP", "a page, 2025")]
    assert rows[1]["told_quality"] == "40% accuracy" and rows[1]["told_memory"] == "3.0 GB"
    assert rows[1]["quality"] == rows[1]["time_per_answer"] == rows[1]["run"] == ""
    assert rows[1]["parameters"] == "400000000"
    measured, told = json.loads(render_rows([one], "json", [CLIP]))
    assert list(measured) == list(told)
    assert measured["told"] is None and told["told"] == "a page, 2025" and told["status"] is None
    assert "told" not in render_rows([one], "csv") + render_rows([one], "json")


def test_a_run_s_page_has_them_below_the_other_models() -> None:
    section = "\n".join(comparison_section(compared(made()), [], notes=[CLIP, TINY]))
    assert section.index("**tiny**") < section.index("FetalCLIP (told)")
    assert "TINY" not in section
    assert "Sources: FetalCLIP: a page, 2025." in render_summary(made(), [], [], None, notes=[CLIP])


def test_a_run_s_page_has_room_for_some_and_counts_the_rest() -> None:
    many = [ModelNote(name=f"model {number:02}") for number in range(30)]
    section = comparison_section(compared(made()), [], most=5, notes=many)
    assert [line.split(" |")[0] for line in section if "(told) |" in line] == [
        f"| model {number:02} (told)" for number in range(4)
    ]
    assert "26 more models: see [comparison.md](../comparison.md)." in section


def test_many_sources_are_one_short_line() -> None:
    many = [ModelNote(name=f"model {number}", source="s") for number in range(60)]
    page = render_rows([], "md", many)
    assert page.rstrip().endswith("; and 48 more, in notes.toml.")


@pytest.mark.parametrize(
    ("fields", "cells"),
    [
        ({"speed": "4.53"}, {"time_per_answer": "4.53 s"}),
        ({"speed": 4.53}, {"time_per_answer": "4.53 s"}),
        ({"speed": "nan"}, {"time_per_answer": "nan"}),
        ({"memory": 1_020_000_000}, {"memory": "1.02 GB"}),
        ({"memory": "1.02 GB"}, {"memory": "1.02 GB"}),
        ({"context": "40%", "quality": 0.4}, {"context": "40%", "quality": "40%"}),
        ({"quality": "9 of 15"}, {"quality": "9 of 15"}),
        ({"size": 510_000_000}, {"parameters": "510.0M (0.51B)"}),
        ({"size": "tiny"}, {"parameters": "tiny"}),
    ],
)
def test_numbers_get_their_units_and_words_stay(fields: dict[str, Any], cells: dict[str, str]) -> None:
    known = {key: text for key, text in told_cells(ModelNote(name="m", **fields)).items() if text is not None}
    assert known == {"model": "m (told)", **cells}


@pytest.mark.parametrize(
    ("size", "count"),
    [("0.51B", 510_000_000), ("510 m", 510_000_000), (3_000_000, 3_000_000), ("7e9", None), (None, None)],
)
def test_sizes_are_read_as_people_write_them(size: str | int | None, count: int | None) -> None:
    assert parameters(size) == count
