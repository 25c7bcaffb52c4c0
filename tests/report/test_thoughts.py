"""Thoughts in pages and exports: beside the answer, never in its place, and never scored."""

import csv
import io
import json

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from fada_tui.config.rubrics import load_rubric
from fada_tui.core.records import Failure, Generation, Result, Run, Thoughts, Timing, Tokens
from fada_tui.evaluation.auto import score
from fada_tui.report.command import reproducing_command
from fada_tui.report.comparison import compared, render_comparison
from fada_tui.report.exports import export_run
from fada_tui.report.figures import figures
from fada_tui.report.summary import render_summary
from tests.examples import result, run

HOSTILE = "=1+1 <script>\n```\n# Heading\n![x](http://example.org/x.png)\n</details></td>"


def thinking(text: str = "Is it a femur?", *, response: str | None = "A heart.", **fields: object) -> Result:
    made = result(response=response, time=2.0, tokens=Tokens(generated=300), **fields)
    return replace(made, thoughts=Thoughts(text=text, tokens=212), timing=Timing(first_token=0.5))


def failed() -> Result:
    error = Failure(kind="only_thoughts", message="thoughts took 212 tokens")
    return replace(thinking("Hm.", response=None, path="A/b.png", error=error), time=None)


def page(made: Run) -> str:
    return render_summary(made, (compared(made),), (), None)


def test_the_page_has_thoughts_after_the_answer_and_after_an_error() -> None:
    text = page(run(results=(thinking(), failed()), generation=Generation(max_new_tokens=150)))
    answer, thoughts = text.index('**Response**: "A heart."'), text.index("**Thoughts (212 tokens)**")
    assert answer < thoughts < text.index("only_thoughts") < text.index('**Thoughts (212 tokens)**: "Hm."')
    assert "300 generated, thoughts included" in text
    assert "**Tokens per Second**: 150.0 (thoughts included)" in text
    assert "**Time to First Token**: 0.50 seconds (mean, of thoughts or answer)" in text


def test_thoughts_that_a_server_does_not_tell_are_counted() -> None:
    made = run(results=(thinking(""),))
    assert "- **Thoughts (212 tokens)**: not told by the server" in page(made)
    assert "<summary>Thoughts (212 tokens)</summary>not told by the server" in export_run(made, "html")


def test_a_page_without_thoughts_says_nothing_of_them() -> None:
    plain = run(results=(result(tokens=Tokens(generated=3), timing=Timing(first_token=0.5)),))
    assert "thought" not in page(plain).lower()
    assert "<details>" not in export_run(plain, "html")


def test_thoughts_change_nothing_on_a_page() -> None:
    text = page(run(results=(thinking(HOSTILE),)))
    parsed = MarkdownIt("commonmark").parse(text)
    kinds = [(token.type, token.content) for token in parsed]
    assert not [kind for kind in kinds if kind[0] in ("html_block", "image", "fence")]
    assert "Heading" not in [content for kind, content in kinds if kind == "inline"]
    (inside,) = (token for token in parsed if token.level == 4 and "Heading" in token.content)
    shown = [child.content for child in inside.children or () if child.type != "hardbreak"]
    assert shown == HOSTILE.split("\n")
    html = export_run(run(results=(thinking(HOSTILE),)), "html")
    assert "&lt;/details&gt;&lt;/td&gt;</details></td>" in html and "<script" not in html


def test_the_technical_notes_say_how_it_was_to_think() -> None:
    how = Generation(
        max_new_tokens=150, do_sample=False, batch_size=1, thinking="on", max_thinking_tokens=2000
    )
    made = run(results=(thinking(),), generation=how)
    assert "at most 150 new tokens, at most 2,000 more of thoughts, thinking on" in page(made)
    command = reproducing_command(made, "tiny")
    assert command and "--thinking on" in command and "--max-thinking-tokens 2000" in command


def test_exports_have_thoughts_in_columns_of_their_own() -> None:
    made = run(results=(thinking(HOSTILE), failed(), result("A/c.png")))
    first, second, third = csv.DictReader(io.StringIO(export_run(made, "csv"), newline=""))
    assert (first["response"], first["thoughts_tokens"]) == ("A heart.", "212")
    assert first["thoughts"] == f"'{HOSTILE}"
    assert (second["response"], second["thoughts"], second["error_kind"]) == ("", "Hm.", "only_thoughts")
    assert (third["thoughts"], third["thoughts_tokens"]) == ("", "")
    lines = [json.loads(line) for line in export_run(made, "jsonl").splitlines()]
    assert lines[0]["thoughts"] == {"text": HOSTILE, "tokens": 212} and "thoughts" not in lines[2]
    assert export_run(made, "html").count("<summary>Thoughts (212 tokens)</summary>") == 2


def test_thoughts_are_scored_nowhere() -> None:
    rubric = load_rubric("fada")
    named = thinking("A fetal heart with four chambers.", response="I cannot tell.")
    made = run(results=(replace(named, auto=score(named.response, named.category, rubric)), failed()))
    found = figures(made)
    assert found.auto_context.hits == 0 and found.answers == 1 and found.errors == 1
    assert "chambers" not in (render_comparison((made, replace(made, id="2")), ()) or "")


@pytest.mark.parametrize("response", ["<think>A femur?</think>A heart.", "<think>A femur?"])
def test_older_answers_stay_as_they_were_recorded(response: str) -> None:
    made = run(results=(result(response=response),))
    assert figures(made).answers == 1 and made.results[0].response == response
    (row,) = csv.DictReader(io.StringIO(export_run(made, "csv"), newline=""))
    assert row["response"] == response and row["thoughts"] == ""
