"""Each figure of a run is found by its key or heading in every output: no two can be swapped."""

import csv
import io
import json
import re
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.cli.commands.model_rows import Line, flat, plain_table
from fada_tui.cli.commands.runs import list_runs
from fada_tui.core.records import (
    Assessment,
    AutoScore,
    ClassSet,
    Failure,
    Generation,
    ImageClass,
    ModelEntry,
    ModelFacts,
    ModelMemory,
    Question,
    Ranked,
    Result,
    Run,
    Timing,
    Tokens,
    Verdict,
)
from fada_tui.models.registry import ModelRow
from fada_tui.report.comparison import compared, render_comparison
from fada_tui.report.figures import figures
from fada_tui.report.metrics import METRIC, METRICS, PERFORMANCE, TABLE
from fada_tui.report.summary import render_summary
from fada_tui.tui.present.runs import compared_row
from fada_tui.tui.screens.comparison import COLUMNS, HIGHEST_FIRST
from fada_tui.tui.state.run_scan import Found
from tests.examples import result, run
from tests.tui.shelves import stored

BROKEN_OFF = f" is a head. {' '.join(map(str, range(20)))}"


def answered(number: int) -> Result:
    """One of forty, made so that no two figures of all of them are the same; the last four are errors."""
    image, question = (number % 31, "q2" if number >= 31 else "q1")
    path = f"c{image % 14}/{image}.png"
    if number >= 36:
        failure = Failure(kind="image_unreadable", message="broken")
        return result(path, question, response=None, time=None, finish="error", error=failure)
    verdict: Verdict = "correct" if number < 11 else "partial" if number < 19 else "incorrect"
    auto = AutoScore(
        rubric="r",
        context=number < 13,
        context_terms=(),
        maternal_terms=("uterus",) if number < 9 else (),
        category_terms=(),
        other_categories=(),
        score=0.35 if number < 20 else None,
    )
    assessment = Assessment(
        assessor="ann",
        verdict=verdict if number < 22 else None,
        context=number < 6 if number < 17 else None,
    )
    loop, broken_off = " no" * 8 * (24 <= number < 34), BROKEN_OFF * (number == 34)
    return result(
        path,
        question,
        response="the same" if number < 5 else f"answer {number}{loop}{broken_off}",
        time=29.5 if number == 0 else 2.5,
        finish="length" if number < 7 else "stop" if number < 34 else None,
        timing=Timing(first_token=0.75, share=1.25),
        tokens=Tokens(generated=20, image=64 if number else 81),
        batch_size=18 if number else 26,
        auto=auto if number < 28 else None,
        assessments=(assessment,),
    )


FACTS = ModelFacts(
    name="tiny",
    source="owner/tiny",
    revision="abc123",
    parameters=2_100_000_000,
    dtype="float16",
    quantization="4bit",
    device="cuda:0",
    longest_edge=512,
    max_tiles=12,
    load_time=9.5,
    memory=ModelMemory(
        weights=1_000_000_000,
        torch_peak_allocated=1_100_000_000,
        torch_peak_reserved=1_200_000_000,
        nvml_process_peak=1_300_000_000,
        worker_rss_peak=1_400_000_000,
    ),
)


def written() -> Run:
    """A run whose figures all differ."""
    made = run(
        id="20260105-090000_tiny",
        status="complete",
        started="2026-01-05T09:00:00Z",
        questions=(Question(id="q1", text="?"), Question(id="q2", text="??")),
        results=tuple(map(answered, range(40))),
        generation=Generation(
            batch_size=32,
            system_prompt="Be brief.",
            thinking="off",
            do_sample=True,
            temperature=0.7,
            top_p=0.9,
            seed=7,
            max_new_tokens=101,
            max_thinking_tokens=303,
        ),
        plan=UNSET,
    )
    return replace(made, model=FACTS, dataset=replace(made.dataset, images=33))


WRITTEN = {
    "run": "20260105-090000_tiny",
    "model": "tiny",
    "source": "owner/tiny",
    "status": "complete",
    "started": "2026-01-05T09:00:00Z",
    "dataset": "d",
    "images": 31,
    "results": 40,
    "planned": 66,
    "errors": 4,
    "parameters": 2_100_000_000,
    "dtype": "float16",
    "quantization": "4bit",
    "revision": "abc123",
    "lora": "none",
    "engine": None,
    "system_prompt": "Be brief.",
    "thinking": "off",
    "decoding": "sampled, temperature 0.7, top-p 0.9, seed 7",
    "token_limit": 101,
    "thinking_limit": 303,
    "unlike": "",
    "longest_edge": 512,
    "max_tiles": 12,
    "image_tokens_least": 64,
    "image_tokens_most": 81,
    "device": "cuda:0",
    "load_time": 9.5,
    "weights": 1_000_000_000,
    "torch_peak_allocated": 1_100_000_000,
    "torch_peak_reserved": 1_200_000_000,
    "nvml_process_peak": 1_300_000_000,
    "worker_rss_peak": 1_400_000_000,
    "mean_time": 3.25,
    "median_time": 2.5,
    "time_lower_quartile": 1.25,
    "time_upper_quartile": 1.25,
    "first_time": 29.5,
    "first_fifth_time": 1.25,
    "last_fifth_time": 1.25,
    "slower_p": 1.0,
    "time_per_answer": 1.25,
    "batch_size_least": 18,
    "batch_size_most": 26,
    "first_token": 0.75,
    "tokens_per_second": 16.0,
    "judged": 22,
    "correct": 11,
    "partial": 8,
    "incorrect": 3,
    "quality": 15 / 22,
    "quality_low": 0.4732,
    "quality_high": 0.8364,
    "verdicts": 22,
    "judged_images": 22,
    "correct_share": 0.5,
    "correct_share_low": 0.3072,
    "correct_share_high": 0.6928,
    "correct_or_partial_share": 19 / 22,
    "correct_or_partial_share_low": 0.6666,
    "correct_or_partial_share_high": 0.9525,
    "judged_with_errors": 26,
    "correct_share_with_errors": 11 / 26,
    "correct_share_with_errors_low": 0.2437,
    "correct_share_with_errors_high": 0.6253,
    "correct_or_partial_share_with_errors": 19 / 26,
    "correct_or_partial_share_with_errors_low": 0.5220,
    "correct_or_partial_share_with_errors_high": 0.8709,
    "quality_with_errors": 15 / 26,
    "quality_with_errors_low": 0.3747,
    "quality_with_errors_high": 0.7563,
    "context_flags_set": 6,
    "context_flags": 17,
    "auto_context": 13,
    "auto_scored": 28,
    "auto_score": 0.35,
    "auto_maternal": 9,
    "auto_maternal_of": 28,
    "identical_answers": 5,
    "answers": 36,
    "cut_at_limit": 7,
    "ends_known": 34,
    "repeating_answers": 10,
    "in_mid_sentence": 1,
    "in_mid_sentence_of": 2,
    "sorted_right": None,
    "sorted": None,
    "accuracy": None,
    "accuracy_low": None,
    "accuracy_high": None,
    "macro_f1": None,
}


def sorts() -> Run:
    """A run of a model that sorts images: 5 of 6 hearts and 2 of 4 brains into their class."""
    said = (
        [("heart", "heart")] * 5 + [("heart", "brain")] + [("brain", "brain")] * 2 + [("brain", "heart")] * 2
    )
    results = tuple(
        result(f"{truth}/{at}.png", ranking=(Ranked(label=label, probability=0.5),))
        for at, (truth, label) in enumerate(said)
    )
    classes = tuple(ImageClass(name=one, prompts=(one,)) for one in ("heart", "brain"))
    return run(
        status="complete", results=results, classes=ClassSet(name="two", sha256="0" * 64, classes=classes)
    )


SORTED = {
    "sorted_right": 7,
    "sorted": 10,
    "accuracy": 0.7,
    "accuracy_low": 0.3968,
    "accuracy_high": 0.8922,
    "macro_f1": (10 / 13 + 4 / 7) / 2,
    "identical_answers": 0,
    "answers": 0,
}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def items(page: str) -> dict[str, str]:
    """A page's list items, by their headings."""
    return dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", page, re.MULTILINE))


def table(page: str) -> dict[str, str]:
    """The first row of a page's first table, by its headings."""
    headings, _, first = (line.strip("| ").split(" | ") for line in re.findall(r"^\|.*\|$", page, re.M)[:3])
    return dict(zip(headings, first, strict=True))


def test_no_two_figures_of_the_example_are_the_same() -> None:
    """Else a swap of the two could pass; of those that cannot differ here, one counts."""
    same = {"auto_maternal_of", "verdicts", "judged_images", "time_lower_quartile", "time_upper_quartile"}
    same |= {"first_fifth_time", "last_fifth_time", "judged_with_errors", "correct_share", "slower_p"}
    numbers = [value for key, value in WRITTEN.items() if key not in same and value is not None]
    assert len(set(numbers)) == len(numbers)


def test_json_and_csv_have_each_figure_under_its_key() -> None:
    (told,) = json.loads(render_comparison([written()], "json"))
    assert told.pop("scores") == []
    (first,) = told.pop("verdicts_by_question")
    assert (first["question_id"], first["question"], first["errors"]) == ("q1", "?", 0)
    assert {key: first[key] for key in ("judged", "verdicts", "correct_share", "quality_low")} == {
        key: pytest.approx(WRITTEN[key], abs=1e-4)
        for key in ("judged", "verdicts", "correct_share", "quality_low")
    }
    assert told == pytest.approx(WRITTEN, abs=1e-4)
    assert [*told] == [*WRITTEN]
    (row,) = rows(render_comparison([written()], "csv"))
    assert [*row] == [*WRITTEN]
    for key, value in WRITTEN.items():
        text = row[key]
        assert (float(text) if isinstance(value, float) else text) == (
            pytest.approx(value, abs=1e-4)
            if isinstance(value, float)
            else ""
            if value is None
            else str(value)
        ), key


def test_json_has_the_figures_of_classification_under_their_keys() -> None:
    (told,) = json.loads(render_comparison([sorts()], "json"))
    assert {key: told[key] for key in SORTED} == pytest.approx(SORTED, abs=1e-4)


def test_the_page_has_each_figure_under_its_heading() -> None:
    told = items(render_summary(written(), (), (), None))
    expected = {
        "Parameters": "2.10B",
        "Weights": "1.00 GB",
        "Load Time": "9.50 seconds",
        "Images Tested": "31 (14 categories)",
        "Average Generation Time": "1.25 seconds/answer (in batches)",
        "Wait for an Answer": "3.25 seconds (mean), 2.50 (median)",
        "Time to First Token": "0.75 seconds (mean)",
        "Throughput": "0.80 answers per second (1.25 seconds/answer), in batches of 18 to 26",
        "Tokens per Second": "16.0 (in batches)",
        "Peak GPU Memory, torch allocated": "1.10 GB",
        "Peak GPU Memory, torch reserved": "1.20 GB",
        "Peak GPU Memory, NVML process": "1.30 GB",
        "Peak Process Memory, worker resident": "1.40 GB",
        "Errors": "4 of 40",
        "Assessed": "22 verdicts on 22 of 36 answers, 4 errors: "
        "✅ 11 correct, 🟡 8 partially correct, ❌ 3 incorrect",
        "Correct": "50% (95% interval 31–69%, n = 22); errors as incorrect 42% (24–63%), n = 26 on 22 images",
        "Correct or Partially Correct": "86% (95% interval 67–95%, n = 22); "
        "errors as incorrect 73% (52–87%), n = 26 on 22 images",
        "Quality": "68% (95% interval 47–84%, n = 22); errors as incorrect 58% (37–76%), n = 26 on 22 images",
        "How the Judged Were Chosen": "the first 22 of 36 answers in the run's order; "
        "judged in an order that is not recorded; not blind; by ann",
    }
    assert {heading: told[heading] for heading in expected} == expected
    one_by_one = tuple(
        replace(one, batch_size=UNSET, timing=replace(one.timing, share=UNSET)) for one in written().results
    )
    alone = items(render_summary(replace(written(), results=one_by_one), (), (), None))
    assert alone["Average Generation Time"] == "3.25 seconds/answer"
    assert alone["Median Generation Time"] == "2.50 seconds/answer"
    classified = items(render_summary(sorts(), (), (), None))
    assert classified["Accuracy"] == "70% (95% interval 40–89%), 7 of 10"
    assert classified["Macro F1"].startswith("0.670 (95% interval ")


def test_the_comparisons_table_has_each_figure_under_its_heading() -> None:
    assert table(render_comparison([written()], "md")) == {
        "Model": "tiny (longest edge 512 px, at most 12 tiles)",
        "Size": "2.10B",
        "Memory": "1.10 GB (torch peak)",
        "Speed": "1.25 s (in batches of 18 to 26)",
        "Context": "6 of 17",
        "Quality": "68% (47–84%, n = 22)",
        "Results": "40, 4 errors",
        "Run": "20260105-090000_tiny",
    }
    classified = table(render_comparison([sorts()], "md"))
    assert (classified["Accuracy"], classified["Macro F1"]) == (
        "70% (95% interval 40–89%), 7 of 10",
        "0.670",
    )
    assert (
        table(render_comparison([replace(written(), id="1", model=replace(FACTS, name="a")), sorts()], "md"))[
            "Accuracy"
        ]
        == "–"
    )


def test_the_dashboards_comparison_has_each_figure_under_its_heading() -> None:
    made = written()
    found = compared_row(Found(Path("/results") / made.id, made), compared(made))
    assert {column.heading: found.cells[column.key] for column in COLUMNS} == {
        " ": "✓",
        "Model": "tiny",
        "Size": "2.10B",
        "Images": "31",
        "Per answer": "*1.25 s",
        "Tokens/s": "16.0",
        "Peak memory": "1.10 GB torch",
        "Context": "6 of 17",
        "Quality (95%)": "68% (47–84%) n=22",
        "Auto": "35%",
        "Started (UTC)": "2026-01-05 09:00",
    }
    assert {
        key: found.order[key] for key in ("images", "time_per_answer", "tokens_per_second", "memory")
    } == {
        "images": 31,
        "time_per_answer": 1.25,
        "tokens_per_second": 16.0,
        "memory": 1_100_000_000,
    }
    assert {key: (one.value, one.text) for key, one in found.measures.items()} == {
        "time_per_answer": (1.25, "*1.25 s"),
        "memory": (1_100_000_000, "1.10 GB"),
        "quality": (pytest.approx(15 / 22), "68%"),
    }
    assert "quality" in HIGHEST_FIRST and not {"time_per_answer", "memory", "model"} & HIGHEST_FIRST


def test_the_model_list_has_each_figure_under_its_heading() -> None:
    row = ModelRow(
        entry=ModelEntry(name="tiny", source="s", order=9), status="tested", reason="why", run=written()
    )
    line = Line(row, figures(written()))
    told: dict[str, Any] = flat(line)
    keys = ("load_time", "mean_time", "time_per_answer", "tokens_per_second")
    assert {key: told[key] for key in keys} == {key: WRITTEN[key] for key in keys}
    headings, cells = (re.split(r"  +", line) for line in plain_table([line]).splitlines())
    assert dict(zip(headings, cells, strict=True)) == {
        "#": "9",
        "MODEL": "tiny",
        "SIZE": "2.10B",
        "STATUS": "tested",
        "LOAD": "9.50 s",
        "MEMORY": "1.10 GB (torch peak)",
        "SPEED": "1.25 s in batches",
        "WHY": "why",
    }


def test_the_list_of_runs_has_each_figure_under_its_heading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(tmp_path, written())
    list_runs(Namespace(results=str(tmp_path), json=True))
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    keys = ("mean_time", "time_per_answer", "results")
    assert {key: told[key] for key in keys} == {key: WRITTEN[key] for key in keys}
    assert (told["planned"], told["answers"], told["judged"]) == (40, 36, 36)
    list_runs(Namespace(results=str(tmp_path)))
    headings, cells = (re.split(r"  +", line) for line in capsys.readouterr().out.splitlines())
    assert dict(zip(headings, cells, strict=True)) == {
        "RUN": "20260105-090000_tiny",
        "STATUS": "complete",
        "MODEL": "tiny",
        "ANSWERS": "36/40",
        "JUDGED": "36",
        "PER ANSWER": "1.25 s in batches",
    }


def test_every_metric_that_is_shown_somewhere_has_its_place_there() -> None:
    shown = {
        place: {one.key for one in METRICS if place in one.shown} for place in ("page", "table", "screen")
    }
    assert len(METRIC) == len(METRICS), "a key stands twice"
    assert shown["page"] == {*PERFORMANCE, "parameters", "weights", "load_time", "accuracy", "macro_f1"}
    assert shown["table"] == {*TABLE, "run"}
    assert shown["screen"] == {column.key for column in COLUMNS} - {"status", "started"}
