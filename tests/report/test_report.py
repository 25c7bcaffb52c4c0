import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.rubrics import load_rubric
from fada_tui.core.file_names import encode_name
from fada_tui.core.records import (
    Assessment,
    AutoScore,
    Environment,
    Failure,
    Generation,
    Gpu,
    ModelEntry,
    ModelFacts,
    ModelMemory,
    Notes,
    Question,
    QuestionSet,
    References,
    ResultMemory,
    Run,
    Scoring,
    Selection,
    Timing,
    Tokens,
    Tool,
    Verdict,
)
from fada_tui.evaluation.auto import score
from fada_tui.report import units
from fada_tui.report.command import reproducing_command, shell_quoted, verifying_command
from fada_tui.report.comparison import compared, render_comparison
from fada_tui.report.figures import figures
from fada_tui.report.summary import render_summary
from fada_tui.store.imported.runs import Told
from tests.examples import error_result, result, run
from tests.importing import imported_run

GOLDEN = Path(__file__).parents[1] / "golden"
SMOLVLM = ModelEntry(
    name="SmolVLM-500M",
    source="HuggingFaceTB/SmolVLM-500M-Instruct",
    parameters=507_482_304,
    license="Apache-2.0",
    order=4,
    status="tested",
)
ENTRIES = (
    ModelEntry(name="BLIP-VQA-base", source="Salesforce/blip-vqa-base", order=7),
    SMOLVLM,
    ModelEntry(name="DeepSeek-VL-1.3B", source="deepseek-community/deepseek-vl-1.3b-chat", order=5),
)
VERDICTS: tuple[tuple[Verdict, str], ...] = (
    ("incorrect", "Not fetal abdomen structures"),
    ("incorrect", "Generic adult anatomy"),
    ("incorrect", "Maternal structures, not fetal"),
    ("partial", "Identified cardiac structures and aorta, detailed anatomical terminology"),
    ("partial", "Identified cardiac anatomy with structured description"),
)


def reference_run() -> Run:
    """The reference's data with its assessments and auto scores."""
    imported = imported_run(
        (GOLDEN / "legacy.json").read_bytes(),
        "20251002-000000_SmolVLM-500M",
        entry=SMOLVLM,
        told=Told(dataset="FADA Fetal Ultrasound", started="2025-10-02"),
    )
    rubric = load_rubric("fada")
    return replace(
        imported,
        tool=Tool(name="fada-tui", version="0.1.0"),
        results=tuple(
            replace(
                one,
                auto=score(one.response, one.category, rubric),
                assessments=(Assessment(verdict=verdict, context=False, note=note),),
            )
            for one, (verdict, note) in zip(imported.results, VERDICTS, strict=True)
        ),
    )


def tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)


def page(
    of: Run,
    others: Sequence[Run] = (),
    entries: Sequence[ModelEntry] = (),
    upcoming: ModelEntry | None = None,
) -> str:
    return render_summary(of, [compared(other) for other in others], entries, upcoming)


def lines(of: Run) -> list[str]:
    return page(of).splitlines()


def test_the_references_data_give_the_golden_page() -> None:
    """Kept by hand: after a wanted change, read the new page before it replaces the golden one."""
    upcoming = next(entry for entry in ENTRIES if entry.order == 5)
    text = page(reference_run(), [reference_run()], ENTRIES, upcoming)
    assert text == (GOLDEN / "summary.md").read_text(encoding="utf-8")
    assert text == page(reference_run(), [], ENTRIES[::-1], upcoming)


def test_the_golden_page_has_the_references_sections_and_figures() -> None:
    text = (GOLDEN / "summary.md").read_text(encoding="utf-8")
    parsed = tokens(text)
    titles = [after.content for token, after in pairwise(parsed) if token.type == "heading_open"]
    assert titles == [
        "SmolVLM-500M Test Results",
        "Summary",
        "Model Specifications",
        "Performance Metrics",
        "Detailed Results",
        "Abodomen Category (3 images)",
        "Aorta Category (2 images)",
        "Analysis",
        "Strengths",
        "Weaknesses",
        "Comparison with Other Models",
        "Technical Notes",
        "Command",
        "Files Generated",
    ]
    for figure in (
        "**Date**: October 2, 2025",
        "**Model**: HuggingFaceTB/SmolVLM-500M-Instruct",
        "**Dataset**: FADA Fetal Ultrasound (5 images)",
        "- **Parameters**: 507.5M (0.51B)",
        "- **GPU Memory**: unknown",
        "- **Images Tested**: 5 (2 categories)",
        "- **Average Generation Time**: 4.54 seconds/image",
        "- **Median Generation Time**: 2.87 seconds/image",
        '- **Question Used**: "What anatomical structures can you see in this ultrasound image?"',
        "✅ 0 correct, 🟡 2 partially correct, ❌ 3 incorrect",
        "| **SmolVLM-500M** | 507.5M (0.51B) | unknown | 4.54 s | 0 of 5 | 20% (4–62%, n = 5) | 5 |",
        "✅ Tested (Item #4)",
        "**Next Model**: DeepSeek-VL-1.3B (Item #5)",
    ):
        assert figure in text
    for number, (time, (verdict, note)) in enumerate(
        zip(("2.87", "1.69", "1.85", "8.03", "8.24"), VERDICTS, strict=True), start=1
    ):
        part = text.split(f"**Image {number}: ")[1].split("**Image")[0]
        mark = {"incorrect": "❌ Incorrect", "partial": "🟡 Partially correct"}[verdict]
        assert f"- **Generation Time**: {time}s\n" in part
        assert f"- **Assessment**: {mark} - {note}" in part
    assert "telemetry" not in text


def test_the_golden_comparison_has_the_reference_as_its_row() -> None:
    text = render_comparison([reference_run()], "md")
    assert text == (GOLDEN / "comparison.md").read_text(encoding="utf-8")


def test_a_run_without_results_says_so() -> None:
    text = page(run())
    assert "No results." in text
    assert "- **Images Tested**: 0 (0 categories)" in text
    assert "- **Average Generation Time**: unknown" in text
    assert "⚠️ Interrupted: 0 of 3 results" in text
    assert (
        "| **tiny** | unknown | unknown | unknown | unknown | not assessed | 0 of 3 (interrupted) |" in text
    )


def test_errors_are_listed_with_their_message_and_have_no_verdict_to_wait_for() -> None:
    broken = run(
        status="complete", results=(error_result("A/a.png", message="cut | off"), error_result("A/b.png"))
    )
    text = page(broken)
    assert "- **Errors**: 2 of 2" in text
    assert "- **Error**: ⚠️ image_unreadable: cut \\| off" in text
    assert "1. Errors: 2 of 2 results (computed)" in text
    assert "Not assessed" not in text
    assert "Average Generation Time**: unknown" in text


def test_a_failed_run_tells_why() -> None:
    failed = run(status="failed", error=Failure(kind="gated", message="ask for access"))
    assert "**Status**: ❌ Failed (gated: ask for access): 0 of 3 results" in lines(failed)
    assert "**Status in Testing List**: ❌ Failed: ask for access (not in the list)" in lines(failed)


def test_unknown_figures_are_left_out_and_never_zero() -> None:
    unknown = run(status="complete", results=(result(time=None, finish=None),))
    text = page(unknown)
    assert "0.00" not in text
    assert "0.0 MB" not in text
    for absent in ("Generation Time**: None", "Tokens", "Memory, ", ": None"):
        assert absent not in text


def measured() -> Run:
    one = result(
        time=2.0,
        timing=Timing(first_token=0.25, generate=2.0),
        tokens=Tokens(prompt=1100, generated=30, per_second=15.0, image=1088),
        finish="length",
        memory=ResultMemory(
            torch_peak_allocated=1_200_000_000, nvml_process=1_900_000_000, worker_rss=2_300_000_000
        ),
        prompt="<|im_start|>User:<image>text of q1",
    )
    return run(
        status="complete",
        results=(one, replace(one, path="A/b.png", image="b.png", time=4.0)),
        environment=Environment(
            python="3.11",
            torch="2.13.0",
            gpus=(Gpu(index=0, name="NVIDIA H200", memory_total=150_000_000_000),),
        ),
        generation=Generation(max_new_tokens=30, do_sample=False, seed=0, batch_size=1),
    )


def test_every_measured_figure_is_there_under_its_own_name() -> None:
    known = replace(
        measured(),
        model=ModelFacts(
            name="tiny",
            source="org/tiny",
            parameters=3_740_000_000,
            dtype="bfloat16",
            quantization="8bit",
            device="cuda:0",
            load_time=8.6,
            memory=ModelMemory(
                weights=1_020_000_000,
                torch_peak_allocated=1_200_000_000,
                torch_peak_reserved=1_300_000_000,
                nvml_process_peak=1_900_000_000,
                worker_rss_peak=2_300_000_000,
            ),
        ),
    )
    text = page(known)
    for figure in (
        "- **Parameters**: 3.74B",
        "- **GPU Memory**: 1.20 GB (torch peak)",
        "- **Weights**: 1.02 GB",
        "- **Device**: cuda:0 (NVIDIA H200)",
        "- **Precision**: bfloat16, 8bit",
        "- **Load Time**: 8.60 seconds",
        "- **Time to First Token**: 0.25 seconds (mean)",
        "- **Tokens per Second**: 10.0",
        "- **Peak GPU Memory, torch allocated**: 1.20 GB",
        "- **Peak GPU Memory, torch reserved**: 1.30 GB",
        "- **Peak GPU Memory, NVML process**: 1.90 GB",
        "- **Peak Process Memory, worker resident**: 2.30 GB",
        "- **Generation Time**: 2.00s (cut at the token limit)",
        "- **Tokens**: 30 generated, 15.0 per second, the first after 0.25s",
        "- **Memory**: 1.20 GB torch allocated, 1.90 GB NVML process, 2.30 GB worker resident",
        "Cut at the token limit: 2 of 2 answers (computed)",
        "- **Image Tokens per Image**: 1,088",
        "- **Generation**: greedy, at most 30 new tokens, seed 0, batches of 1",
        "<|im_start|>User:<image>text of q1",
        "- `telemetry.csv`",
        "- `worker.log`",
    ):
        assert figure in text


def test_odd_ends_of_answers_are_flagged_and_counted() -> None:
    loop = "The fetal head is seen. " * 4
    broken_off = (
        "A heart. It lies in the centre of the image, with the vessels that leave it on the left, and the"
    )
    some = (
        result(response=loop, finish=None),
        result("A/b.png", response=broken_off, finish=None),
        result("B/c.png", response="A heart.", finish=None),
    )
    text = page(run(status="complete", results=some))
    first, second, third = text.split("**Image ")[1:]
    assert "- **Ending**: ⚠️ repeats itself (its last 5 words, 4 times)\n" in first
    assert "- **Ending**: ⚠️ stops in mid-sentence\n" in second
    assert "Ending" not in third
    assert "A phrase repeated over and over at the end of 1 of 3 answers (computed)" in text
    assert "Stopped in mid-sentence: 1 of 3 answers whose end is not recorded (computed)" in text
    ours = page(run(status="complete", results=some, environment=Environment(python="3.11")))
    assert "mid-sentence" not in ours and "repeats itself" in ours
    told = tuple(replace(one, finish="length") for one in some)
    assert "mid-sentence" not in page(run(status="complete", results=told))


def test_context_and_terms_are_counted_where_they_can_be_expected() -> None:
    rubric = load_rubric("fada")
    said = {"organs": "A fetal heart.", "age": "Of the uterus.", "plane": "Transverse fetal plane."}
    questions = (
        Question(id="organs", text="?", score="terms", context=True),
        Question(id="age", text="?", score="ordered"),
        Question(id="plane", text="?", score="choice", context=True),
    )
    some = tuple(
        result("Heart/1.png", one, response=text, auto=score(text, "Heart", rubric))
        for one, text in said.items()
    )
    older = run(status="complete", questions=questions, results=some)
    assert figures(older).auto_context == (2, 3) and figures(older).maternal == (1, 3)
    by = Scoring(rubric="fada", rubric_sha256="0", questions_sha256="0")
    scored = replace(older, scoring=by)
    assert figures(scored).auto_context == (2, 2) and figures(scored).maternal == (0, 2)
    assert some[0].auto is not None and some[0].auto.score and some[0].auto.score < 1
    assert figures(scored).auto_score == some[0].auto.score
    assert page(older).count("**Auto Score (computed)**") == 3
    assert page(scored).count("**Auto Score (computed)**") == 2
    assert page(scored).count("**Auto Score (computed)**: context: ") == 1  # of a choice no terms count
    assert "Maternal terms" in page(older) and "Maternal terms" not in page(scored)


def test_on_a_cpu_no_gpu_memory_is_claimed() -> None:
    on_cpu = replace(measured(), model=ModelFacts(name="tiny", device="cpu"))
    assert "- **GPU Memory**: none, the model ran on the CPU" in lines(on_cpu)
    assert "- **Device**: CPU" in lines(on_cpu)


def test_several_questions_are_grouped_under_their_image() -> None:
    questions = (Question(id="q1", text="text of q1"), Question(id="q2", text="text of q2"))
    both = tuple(result(path, question) for question in ("q1", "q2") for path in ("A/a.png", "B/c.png"))
    text = page(run(status="complete", questions=questions, results=both))
    first = text.split("**Image 1: a.png**")[1].split("### B Category (1 image)")[0]
    assert first.count("  - **Response**") == 2
    assert '- **Question q2**: "text of q2"\n  - **Response**: "a fetal head"' in first
    assert "**Image 2: c.png**" in text
    assert "seconds/answer" in text


def test_each_assessor_has_a_line_and_the_notes_come_before_computed_facts() -> None:
    verdicts = (
        Assessment(verdict="incorrect", assessor="ann"),
        Assessment(verdict="correct", assessor="ann", context=True, tags=("h",), note="a *note*"),
        Assessment(verdict="incorrect", assessor="bob", blind=True),
    )
    judged = run(
        status="complete",
        results=(result(assessments=verdicts), result("B/c.png", assessments=verdicts[:1])),
        notes=Notes(strengths=("1. quick",), conclusion="Good.\n\n# A heading", recommendation="Go on"),
    )
    text = page(judged)
    assert "- **Assessment**: ✅ Correct - a \\*note\\* (context: yes; tags: h; by ann)\n" in text
    assert "- **Assessment**: ❌ Incorrect (by bob; blind)\n" in text
    assert "✅ 1 correct, 🟡 0 partially correct, ❌ 2 incorrect (verdicts of 2 assessors)" in text
    assert "## Analysis\n\nBy verdicts no category can be told apart (2 categories, n = 1).\n\n" in text
    assert "1. quick\n2. Context recognised" in text
    assert "## Conclusions\n\nGood.\n\n### A heading\n\n## Technical Notes" in text
    assert "## Recommendation\n\nGo on\n\n## Files Generated" in text


def test_nothing_is_concluded_that_no_one_wrote() -> None:
    text = page(run(status="complete", results=(result(),)))
    assert "Conclusions" not in text
    assert "Recommendation" not in text
    assert text.count("None noted.") == 2


def test_categories_are_compared_by_scores_only_where_no_verdict_is() -> None:
    def auto(share: float) -> AutoScore:
        return AutoScore(
            rubric="r",
            context=False,
            context_terms=(),
            maternal_terms=(),
            category_terms=(),
            other_categories=(),
            score=share,
        )

    results = tuple(
        result(f"{category}/{number}.png", response=f"{category} {number}", auto=auto(share))
        for category, share in (("A", 0.25), ("B", 1.0))
        for number in range(12)
    )
    assert "Best category by scores: B (n = 12), 100% (computed)" in page(run(results=results))
    assert "by scores no category can be told apart (2 categories, n = 1)" in page(
        run(results=(results[0], results[-1]))
    ).replace("By scores", "by scores")
    judged = (replace(results[0], assessments=(Assessment(verdict="correct"),)), *results[1:])
    text = page(run(results=judged))
    assert "Best category" not in text and "told apart" not in text


def test_the_comparison_shows_other_models_latest_complete_run_and_warns_of_other_images() -> None:
    this = run(id="1", status="complete", results=(result(),))
    earlier = replace(this, id="0", started="2024-01-01")
    other = replace(this, id="2", model=ModelFacts(name="other"), started="2025-01-01")
    older = replace(other, id="3", started="2024-01-01", results=(result("B/c.png"),))
    text = page(this, [earlier, other, older, replace(this, id="1")])
    assert text.count("| **tiny** |") == 1
    assert text.count("| other |") == 1
    assert "Not all rows are of the same images" not in text
    assert "Not all rows are of the same images" in page(this, [older])
    unlike = replace(other, results=(result(sha256="b"),))
    assert "Not all rows" in page(replace(this, results=(result(sha256="a"),)), [unlike])


def test_the_page_names_the_next_model() -> None:
    upcoming = ModelEntry(name="b", source="b", order=2)
    assert "**Next Model**: b (Item #2)" in page(run(), upcoming=upcoming)
    assert "**Next Model**: none left untested" in page(run())


def test_the_page_says_a_question_s_short_name_and_kind() -> None:
    organs = Question(id="organs", short="Organs *seen*", text="Name them.", score="set", context=True)
    asked = page(replace(run(), questions=(organs, Question(id="q2", text="Why?"))))
    assert '  - **organs (Organs \\*seen\\*, kind: set)**: "Name them."\n  - **q2**: "Why?"' in asked
    alone = page(replace(run(), questions=(Question(id="q1", text="Why?", score="text"),)))
    assert '- **Question Used (kind: text)**: "Why?"' in alone


def test_the_command_survives_the_shell() -> None:
    root = "/data/it's \x1b\n\udcff\u202e7 $(x) `y`"
    asked = replace(
        measured(),
        questions=(Question(id="q1", text="-what's\n`this`?"),),
        dataset=replace(
            run().dataset,
            root=encode_name(root),
            selection=Selection(categories=("A", "B c"), per_category=2, frames=3),
        ),
    )
    command = reproducing_command(asked, "org/tiny")
    assert command is not None
    assert command.isascii()
    script = command.replace("fada-tui", "printf '%s\\0'", 1)
    output = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert output.decode("utf-8", "surrogateescape").split("\0")[:-1] == [
        "--batch",
        *("--model", "org/tiny", "--images", root, "--category", "A", "--category", "B c"),
        *("--per-category", "2", "--frames", "3", "--question=-what's\n`this`?", "--max-new-tokens", "30"),
        *("--seed", "0", "--batch-size", "1", "--rubric", "fada"),
    ]
    assert shell_quoted("plain") == "plain"


def test_the_technical_notes_name_the_rubric_that_answers_were_scored_by() -> None:
    by = Scoring(rubric="/r/own.toml", rubric_sha256="5" * 64, questions_sha256="")
    assert f"- **Rubric**: /r/own.toml, SHA-256 {'5' * 64}" in page(replace(measured(), scoring=by))
    assert "Rubric" not in page(measured())


def test_the_command_names_what_the_answers_were_asked_and_scored_by() -> None:
    second = References(name="second", sha256="2" * 64, matched=1, of=1)
    asked = replace(
        measured(),
        question_set=QuestionSet(name="Eight", source="clinical"),
        dataset=replace(run().dataset, root="/data", aliases={"Cervical": "Cervix", "A b": "Brain"}),
        references=References(
            name="first", source="/r/first.csv", sha256="1" * 64, matched=1, of=1, others=(second,)
        ),
        scoring=Scoring(rubric="/r/own.toml", rubric_sha256="", questions_sha256=""),
    )
    command = reproducing_command(asked, "tiny")
    assert command is not None and "--question " not in command
    options = [line.removesuffix(" \\").strip() for line in command.splitlines()]
    assert options[3:8] == [
        "--questions clinical",
        "--alias Cervical=Cervix",
        "--alias 'A b=Brain'",
        "--references /r/first.csv",
        "--references second",
    ]
    assert options[-1] == "--rubric /r/own.toml"
    plain = replace(measured(), plan=UNSET, dataset=replace(run().dataset, root="/data"))
    told = reproducing_command(plain, "tiny") or ""
    assert "--question 'text of q1'" in told
    assert not any(f"--{one}" in told for one in ("questions", "alias", "references", "rubric"))


def test_how_batches_are_verified_is_on_the_page_of_runs_that_made_some() -> None:
    alone = measured()
    asked = replace(alone, dataset=replace(alone.dataset, root="/data"))
    assert reproducing_command(asked, "org/tiny") is not None
    assert "fada-tui verify" not in page(asked)

    def batches(size: int | str, **how: object) -> Run:
        return replace(asked, generation=replace(asked.generation, batch_size=size, **how))

    for size in (8, "auto"):
        assert f"\n```bash\nfada-tui verify {asked.id}\n```\n" in page(batches(size))
    assert "fada-tui verify" not in page(batches(8, do_sample=True, temperature=1.0))
    served = replace(batches(8), model=ModelFacts(name="m", source="http://localhost:8000/v1#m"))
    assert "fada-tui verify" not in page(served)
    odd = replace(batches(8), id="a b\n```")
    assert verifying_command(odd) == "fada-tui verify $'a b\\n```'"
    assert "\n````bash\nfada-tui verify" in page(odd)


def test_a_listed_model_is_named_in_the_command_and_any_other_by_its_source() -> None:
    this = replace(measured(), model=ModelFacts(name="tiny", source="org/tiny"))
    assert "  --model org/tiny \\" in lines(this)
    listed = page(this, [], [ModelEntry(name="tiny", source="org/tiny")])
    assert "  --model tiny \\" in listed.splitlines()


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, None),
        (950, "950"),
        (2_800_000, "2.8M"),
        (507_482_304, "507.5M (0.51B)"),
        (999_999_999, "1.00B"),
        (3_744_679_936, "3.74B"),
    ],
)
def test_parameters_are_written_as_people_say_them(count: int | None, text: str | None) -> None:
    assert units.parameters(count) == text


def test_moments_are_in_utc_and_nonsense_is_none() -> None:
    assert units.moment("2025-10-02T23:30:00-02:00") == "October 3, 2025, 01:30 UTC"
    assert units.moment("2025-10-02") == "October 2, 2025"
    assert units.moment("yesterday") is None
    assert units.moment("0001-01-01T00:00:00+05:00") is None
