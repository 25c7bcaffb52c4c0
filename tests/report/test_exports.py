import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core.records import (
    Assessment,
    AutoScore,
    Failure,
    FileFacts,
    Ranked,
    ResultMemory,
    Run,
    Score,
    Thoughts,
    Timing,
    Tokens,
)
from fada_tui.report.comparison import compared, render_comparison, standing
from fada_tui.report.export_formats import EXPORT_FORMATS
from fada_tui.report.exports import export_run
from tests.examples import result, run

ROOT = Path(__file__).parents[2]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
HOSTILE = '<script>alert("1")</script>\x1b]52;c;YQ==\x07\x9b\u202e'
SHOWN = '<script>alert("1")</script>␛]52;c;YQ==␇⟨U+009B⟩⟨U+202E⟩'


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def assessed() -> Run:
    first = result(
        response='two\nlines, "quoted"',
        auto=AutoScore(
            rubric="r",
            context=True,
            context_terms=("fetal",),
            maternal_terms=(),
            category_terms=(),
            other_categories=(),
            score=0.5,
        ),
        assessments=(
            Assessment(verdict="correct", assessor="ann", context=True, tags=("h", "w")),
            Assessment(verdict="partial", assessor="bob", note="so-so"),
        ),
    )
    failed = result("A/b.png", response=None, time=None, error=Failure(kind="timeout", message="after 60 s"))
    return run(results=(first, failed))


def test_csv_has_a_row_per_result_with_unknown_cells_empty() -> None:
    first, failed = rows(export_run(assessed(), "csv"))
    assert first["response"] == 'two\nlines, "quoted"'
    assert (first["time"], first["auto_score"], first["auto_context"]) == ("1.0", "0.5", "true")
    assert (first["verdict"], first["assessor"], first["tags"]) == (
        "correct | partial",
        "ann | bob",
        "h, w | ",
    )
    assert (failed["response"], failed["time"], failed["verdict"]) == ("", "", "")
    assert (failed["file_size"], failed["file_sha256"], failed["image_changed"]) == ("", "", "")
    assert (failed["error_kind"], failed["error_message"]) == ("timeout", "after 60 s")


@pytest.mark.parametrize("formula", FORMULAS)
def test_csv_guards_formulas_in_every_text(formula: str) -> None:
    hostile = run(
        results=(result(response=formula, assessments=(Assessment(verdict="correct", note=formula),)),)
    )
    row = rows(export_run(hostile, "csv"))[0]
    assert row["response"].startswith("'")
    assert row["note"].startswith("'")


def test_jsonl_holds_each_result_whole_and_no_character_that_acts_on_a_terminal() -> None:
    text = export_run(run(results=(result(response=HOSTILE), result("A/b.png"))), "jsonl")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["path"] for line in lines] == ["A/a.png", "A/b.png"]
    assert lines[0]["response"] == HOSTILE
    assert (lines[0]["run"], lines[0]["model"]) == ("20260101-000000_tiny", "tiny")
    assert not set(text) & set("\x1b\x07\x9b\u202e")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_html_is_by_itself_and_answers_cannot_add_to_it() -> None:
    harmless = read(export_run(run(results=(result(),)), "html"))
    hostile = read(export_run(run(results=(result(response=HOSTILE),)), "html"))
    assert hostile.tags == harmless.tags
    assert SHOWN in hostile.text
    assert not {"script", "link", "img"} & {tag for tag, _ in hostile.tags}
    assert not any({"src", "href"} & attributes.keys() for _, attributes in hostile.tags)


def test_every_export_shows_control_characters_instead_of_sending_them() -> None:
    hostile = run(results=(result(response=HOSTILE),))
    for format in ("csv", "html"):
        assert not set(export_run(hostile, format)) & set("\x1b\x07\x9b\u202e")


def test_a_run_without_results_can_be_exported() -> None:
    assert rows(export_run(run(), "csv")) == []
    assert export_run(run(), "jsonl") == ""
    assert "td" not in dict(read(export_run(run(), "html")).tags)


EXPORTED: dict[str, Any] = {
    "run": "20260101-000000_tiny",
    "model": "tiny",
    "image": "a.png",
    "category": "A",
    "path": "A/a.png",
    "question_id": "q1",
    "question": "text of q1",
    "response": "a fetal head",
    "time": 1.5,
    "width": 640,
    "height": 480,
    "sha256": "abc",
    "file_size": 1234,
    "file_sha256": "def",
    "load": 0.1,
    "preprocess": 0.2,
    "first_token": 0.3,
    "share": 0.4,
    "prompt_tokens": 101,
    "generated_tokens": 102,
    "image_tokens": 103,
    "tokens_per_second": 10.5,
    "finish": "length",
    "batch_size": 7,
    "threads": 6,
    "device": "cpu:1",
    "torch_peak_allocated": 201,
    "nvml_process": 202,
    "nvml_used": 203,
    "worker_rss": 204,
    "error_kind": "kind",
    "error_message": "message",
    "auto_score": 0.25,
    "auto_context": "true",
    "reference": "a fetal heart",
    "score_kind": "set",
    "score": 0.75,
    "matched": "head | neck",
    "missed": "heart",
    "extra": "arm",
    "rouge_l": 0.65,
    "similarity": 0.55,
    "ending": "",
    "verdict": "partial",
    "context": "false",
    "tags": "t, u",
    "note": "so-so",
    "assessor": "ann",
    "assessed_at": "2026-01-02",
    "blind": "true",
    "image_changed": "true",
    "flagged": "true",
    "ranking": "heart 0.5000",
    "thoughts": "an organ",
    "thoughts_tokens": 104,
    "patient": "P1",
}


def exported() -> Run:
    """A run of one result that has all there can be."""
    one = result(
        time=1.5,
        width=640,
        height=480,
        sha256="abc",
        file=FileFacts(size=1234, sha256="def"),
        finish="length",
        batch_size=7,
        threads=6,
        device="cpu:1",
        timing=Timing(load=0.1, preprocess=0.2, first_token=0.3, share=0.4),
        tokens=Tokens(prompt=101, generated=102, image=103, per_second=10.5),
        memory=ResultMemory(torch_peak_allocated=201, nvml_process=202, nvml_used=203, worker_rss=204),
        error=Failure(kind="kind", message="message"),
        ranking=(Ranked(label="heart", probability=0.5),),
        thoughts=Thoughts(text="an organ", tokens=104),
        patient="P1",
        auto=AutoScore(
            rubric="r",
            context=True,
            context_terms=(),
            maternal_terms=(),
            category_terms=(),
            other_categories=(),
            score=0.25,
        ),
        reference="a fetal heart",
        score=Score(
            kind="set",
            value=0.75,
            matched=("head", "neck"),
            missed=("heart",),
            extra=("arm",),
            rouge_l=0.65,
            similarity=0.55,
        ),
        assessments=(
            Assessment(
                verdict="partial",
                context=False,
                tags=("t", "u"),
                note="so-so",
                assessor="ann",
                at="2026-01-02",
                blind=True,
                image_changed=True,
                flagged=True,
            ),
        ),
    )
    return run(results=(one,))


def test_an_export_has_each_value_in_its_column() -> None:
    (row,) = rows(export_run(exported(), "csv"))
    assert row == {key: str(value) for key, value in EXPORTED.items()}
    assert [*row] == [*EXPORTED]
    page = export_run(run(results=(replace(exported().results[0], error=None),)), "html")
    headings, cells = (
        re.findall(pattern, page, re.DOTALL) for pattern in (r"<th>(.*?)</th>", r"<td.*?>(.*?)</td>")
    )
    assert dict(zip(headings, cells, strict=True)) == {
        "Image": "a.png",
        "Category": "A",
        "Question": "text of q1",
        "Response": "a fetal head\nheart 0.5000"
        "<details><summary>Thoughts (104 tokens)</summary>an organ</details>",
        "Reference": "a fetal heart",
        "Score": "0.75 (set)",
        "Time": "1.50 s in a batch of 7, its share 0.40 s",
        "Assessment": "🟡 Partially correct - so-so",
    }


def test_odd_ends_of_answers_are_exported() -> None:
    some = (
        "no " * 20,
        "A head. It lies in the middle of the image, and around it are the bones of the skull, and the",
    )
    made = run(
        results=tuple(result(f"A/{text[:2]}.png", response=text, finish=None) for text in (*some, "A head."))
    )
    assert [row["ending"] for row in rows(export_run(made, "csv"))] == ["repeats itself", "mid-sentence", ""]


def test_html_has_references_and_scores_only_where_there_are_any() -> None:
    assert "<th>Reference</th>" not in (page := export_run(run(results=(result(),)), "html"))
    assert "<th>Score</th>" not in page


def test_the_columns_are_those_that_the_documentation_names() -> None:
    page = (ROOT / "docs" / "file-formats.md").read_text()
    section = page.partition("The columns are ")[2].partition(". A text that")[0]
    groups = {"timing", "tokens", "memory", "auto", " | "}
    assert [name for name in re.findall("`([^`]+)`", section) if name not in groups] == [*EXPORTED]


@pytest.mark.parametrize("format", [one.name for one in EXPORT_FORMATS])
def test_every_format_of_the_table_can_be_written(format: str) -> None:
    assert "a fetal head" in export_run(run(results=(result(),)), format)


def models() -> list[Run]:
    judged = result(assessments=(Assessment(verdict="correct"),))
    older = run(id="20250101-000000_b", status="complete", started="2025-01-01", results=(judged,))
    newer = replace(older, id="20250202-000000_b", started="2025-02-02")
    broken = replace(older, id="20250303-000000_b", started="2025-03-03", status="interrupted")
    other = replace(older, id="20250101-000000_a", model=replace(older.model, name="=a"))
    return [newer, broken, older, other]


def test_the_latest_complete_run_stands_for_its_model() -> None:
    assert [(one.run.id, of) for one, of in standing(map(compared, models()))] == [
        ("20250101-000000_a", 1),
        ("20250202-000000_b", 2),
    ]


def test_comparison_as_data_has_a_row_per_run_with_raw_figures() -> None:
    listed = json.loads(render_comparison(models(), "json"))
    assert [row["run"][:8] for row in listed] == ["20250101", "20250101", "20250202", "20250303"]
    assert listed[0]["mean_time"] == 1.0
    assert (listed[0]["quality"], listed[0]["quality_high"], listed[0]["judged"]) == (1.0, 1.0, 1)
    assert listed[0]["parameters"] is None
    table = rows(render_comparison(models(), "csv"))
    assert [row["run"] for row in table] == [row["run"] for row in listed]
    by_question = ("scores", "verdicts_by_question")
    assert [*table[0], *by_question] == [*listed[0]], "a table has no place for the figures of each question"
    assert (table[0]["model"], table[0]["parameters"]) == ("'=a", "")


def test_comparison_does_not_depend_on_the_order_it_is_given() -> None:
    assert render_comparison(models(), "md") == render_comparison(models()[::-1], "md")
    assert "No runs." in render_comparison([], "md")
    assert json.loads(render_comparison([], "json")) == []
