"""What a run made in batches tells of its speed, beside one made one at a time."""

import csv
import io
import json

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Generation, ModelFacts, Result, Run, Timing, Tokens
from fada_tui.report.comparison import BATCHES_NOTE, SERVED_NOTE, render_comparison
from fada_tui.report.exports import export_run
from fada_tui.report.figures import figures
from fada_tui.report.results import answers
from fada_tui.report.summary import render_summary
from tests.examples import error_result, result, run


def answer(number: int, time: float, share: float | None, size: int | None, tokens: int = 20) -> Result:
    return result(
        f"A/{number}.png",
        time=time,
        timing=Timing(generate=time, share=UNSET if share is None else share),
        tokens=Tokens(generated=tokens, per_second=tokens / time),
        batch_size=UNSET if size is None else size,
    )


def batched() -> Run:
    """One answer alone in 2 s, then four together in 4 s: five answers in 6 s."""
    together = [
        answer(n, time, share, 4) for n, time, share in ((1, 2, 0.5), (2, 4, 1.5), (3, 4, 1), (4, 4, 1))
    ]
    results = (answer(0, 2.0, None, 1), *together, error_result("A/5.png"))
    generation = Generation(max_new_tokens=30, do_sample=False, batch_size="auto")
    return replace(run(id="b", results=results, generation=generation), status="complete")


def alone() -> Run:
    results = tuple(answer(number, 2.0, None, None) for number in range(5))
    generation = Generation(max_new_tokens=30, do_sample=False, batch_size=1)
    made = run(id="a", results=results, generation=generation, status="complete")
    return replace(made, model=ModelFacts(name="other"))


def page(this: Run) -> str:
    return render_summary(this, [], [], None)


def test_shares_add_up_to_the_runs_duration_where_times_do_not() -> None:
    found = figures(batched())
    assert found.mean_time == pytest.approx(16 / 5)
    assert found.median_time == 4.0
    assert found.time_per_answer == pytest.approx(6 / 5)
    assert found.tokens_per_second == pytest.approx(100 / 6)
    assert found.batch_sizes == (1, 4)


def test_one_at_a_time_both_are_the_same() -> None:
    found = figures(alone())
    assert found.time_per_answer == found.mean_time == 2.0
    assert (found.tokens_per_second, found.batch_sizes) == (10.0, None)
    only_ones = run(results=(answer(0, 2.0, None, 1), answer(1, 2.0, None, 1)))
    assert figures(only_ones).batch_sizes is None


def test_the_page_tells_throughput_beside_waiting() -> None:
    lines = page(batched()).splitlines()
    assert "- **Average Generation Time**: 1.20 seconds/answer (in batches)" in lines
    assert "- **Wait for an Answer**: 3.20 seconds (mean), 4.00 (median)" in lines
    assert "- **Throughput**: 0.83 answers per second (1.20 seconds/answer), in batches of 1 to 4" in lines
    assert "- **Tokens per Second**: 16.7 (in batches)" in lines
    assert "- **Batch**: of 4 answers, 1.50s of its time for this one" in lines
    assert sum(line.startswith("- **Batch**") for line in lines) == 4
    assert "| **tiny** | unknown | unknown | 1.20 s (in batches of 1 to 4) |" in page(batched())
    assert "batches as memory allows" in page(batched())
    assert "batches of at most 8" in page(replace(batched(), generation=Generation(batch_size=8)))


def test_the_page_of_single_answers_says_nothing_of_batches() -> None:
    text = page(alone())
    assert "2.00 seconds/image\n" in text
    assert "- **Tokens per Second**: 10.0\n" in text
    assert "Throughput" not in text and BATCHES_NOTE not in text and "batches of 1" in text
    assert not any("Batch" in line for line in answers(alone()))


def test_rows_are_compared_by_what_an_answer_takes_of_the_run() -> None:
    table = render_comparison([alone(), batched()], "md")
    assert "| other | unknown | unknown | 2.00 s |" in table
    assert "| tiny | unknown | unknown | 1.20 s (in batches of 1 to 4) |" in table
    assert BATCHES_NOTE in table and SERVED_NOTE not in table
    assert BATCHES_NOTE not in render_comparison([alone()], "md")
    served = replace(alone(), generation=Generation(batch_size=1, concurrency=4))
    assert "2.00 s (4 requests at once)" in render_comparison([served], "md")
    assert SERVED_NOTE in render_comparison([served], "md")


def test_comparison_as_data_has_both_times_and_the_sizes() -> None:
    first, second = json.loads(render_comparison([alone(), batched()], "json"))
    names = ("mean_time", "time_per_answer", "batch_size_least", "batch_size_most")
    assert [first[name] for name in names] == [2.0, 2.0, 1, 1]
    assert [second[name] for name in names] == [pytest.approx(3.2), pytest.approx(1.2), 1, 4]
    unknown = replace(alone(), generation=Generation())
    assert json.loads(render_comparison([unknown], "json"))[0]["batch_size_least"] is None


def test_exports_have_batch_size_and_share() -> None:
    rows = list(csv.DictReader(io.StringIO(export_run(batched(), "csv"), newline="")))
    assert [(row["batch_size"], row["share"]) for row in rows[:3]] == [("1", ""), ("4", "0.5"), ("4", "1.5")]
    single = list(csv.DictReader(io.StringIO(export_run(alone(), "csv"), newline="")))
    assert (single[0]["batch_size"], single[0]["share"], single[0]["time"]) == ("", "", "2.0")
    second = json.loads(export_run(batched(), "jsonl").splitlines()[1])
    assert (second["batch_size"], second["timing"]["share"]) == (4, 0.5)
    html = export_run(batched(), "html")
    assert "mean generation time 3.20 s; 1.20 s an answer in batches of 1 to 4" in html
    assert "4.00 s in a batch of 4, its share 1.50 s" in html
    assert "batch" not in export_run(alone(), "html")
