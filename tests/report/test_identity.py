"""What a run was made with: which run stands for a model, and which settings are columns."""

import json
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import (
    Assessment,
    ClassSet,
    Environment,
    Generation,
    ModelFacts,
    Question,
    Result,
    Run,
    ServerFacts,
)
from fada_tui.report.comparison import (
    compared,
    comparison_section,
    differences,
    render_comparison,
    standing,
)
from fada_tui.report.identity import differing, setting_cell
from fada_tui.report.likeness import asked, unlike
from tests.examples import result, run

GREEDY = Generation(max_new_tokens=64, do_sample=False)
SAMPLED = replace(GREEDY, do_sample=True, temperature=0.7, top_p=0.9, seed=3)


def made(id: str, name: str = "tiny", generation: Generation = GREEDY, **facts: Any) -> Run:
    return run(
        id=id,
        status="complete",
        plan=UNSET,
        model=ModelFacts(name=name, **{"dtype": "float16", **facts}),
        environment=Environment(transformers="5"),
        generation=generation,
        results=(result(),),
    )


def judged(id: str, number: int, **more: Any) -> Run:
    verdict = (Assessment(verdict="correct"),)
    results = (result(f"A/{place}.png", assessments=verdict if place < number else ()) for place in range(3))
    return replace(made(id, **more), results=tuple(results))


def headings(*runs: Run) -> list[str]:
    line = next(line for line in render_comparison(runs, "md").splitlines() if line.startswith("| Model"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_run_with_most_judged_stands_for_its_model_then_the_latest() -> None:
    runs = [judged("1", 2), judged("2", 1), judged("3", 2), replace(judged("4", 3), status="interrupted")]
    (one,) = standing(map(compared, runs))
    assert one[0].run.id == "3" and one[1] == 3


def test_a_model_with_other_settings_is_another_one() -> None:
    others = [
        made("1"),
        made("2", generation=SAMPLED),
        made("3", generation=replace(SAMPLED, seed=4)),
        made("4", generation=replace(GREEDY, max_new_tokens=65)),
        made("5", generation=replace(GREEDY, system_prompt="Be brief.")),
        made("6", generation=replace(GREEDY, thinking="on")),
        made("7", dtype="float32"),
        made("8", quantization="4bit"),
        made("9", revision="b"),
        made("10", source="elsewhere"),
        made("11", longest_edge=512),
        made("12", served="x", server=ServerFacts(name="vLLM", version="1")),
    ]
    assert len(standing(map(compared, [*others, replace(others[0], id="again")]))) == len(others)
    seeded = [made("1", generation=replace(GREEDY, seed=seed)) for seed in (1, 2)]
    assert len(standing(map(compared, seeded))) == 1, "the seed of what is not sampled makes no difference"


def test_a_page_says_how_many_runs_one_stands_for() -> None:
    this = judged("1", 0, name="this")
    others = [judged("2", 0, name="this"), judged("3", 1), judged("4", 0), judged("5", 0), made("6", "once")]
    lines = comparison_section(compared(this), map(compared, [this, *others]))
    (first, *rivals) = [line for line in lines if line.startswith("| ") and "---" not in line][1:]
    assert first.startswith("| **this** |") and first.endswith("| one of 2 runs |")
    assert [rival.rpartition("| ")[2] for rival in rivals] == ["– |", "one of 3 runs |"]


def test_settings_that_differ_are_columns_and_no_others() -> None:
    assert headings(made("1"), made("2", "other"))[-1] == "Run"
    both = made("1"), made("2", "other", generation=replace(SAMPLED, max_new_tokens=1_000), dtype="bfloat16")
    assert headings(*both)[-4:] == ["Run", "Precision", "Decoding", "Token Limit"]
    assert [setting_cell(both[1], key) for key in ("precision", "decoding", "token_limit")] == [
        *("bfloat16", "sampled, temperature 0.7, top-p 0.9, seed 3", "1,000")
    ]
    assert setting_cell(both[0], "decoding") == "greedy"


def test_a_source_differs_only_between_runs_of_one_model() -> None:
    assert differing([made("1", source="a"), made("2", "other", source="b")]) == ()
    assert differing([made("1", source="a"), made("2", source="b")]) == ("source",)


def test_what_is_not_known_differs_from_nothing() -> None:
    imported = run(id="9", results=(result(),))
    assert differing([made("1"), imported]) == ()
    assert setting_cell(imported, "engine") is None and setting_cell(made("1"), "engine") == "transformers"


def test_a_system_prompt_is_cut_and_cannot_change_the_table() -> None:
    prompt = f"Be | brief.\n# {'x' * 100}"
    cell = setting_cell(made("1", generation=replace(GREEDY, system_prompt=prompt)), "system_prompt")
    assert cell is not None and cell.startswith('"Be \\| brief. \\# xxx') and len(cell) < 50
    assert setting_cell(made("1"), "system_prompt") == "none"


def answers(*paths: str, questions: tuple[str, ...] = ("q1",), **more: Any) -> tuple[Result, ...]:
    return tuple(result(path, question, **more) for path in paths for question in questions)


def told(*runs: tuple[Result, ...]) -> list[str]:
    return unlike([asked(run(results=results)) for results in runs])


def test_other_images_and_questions_are_said_in_the_row() -> None:
    all_of = answers("A/a", "A/b", "A/c", questions=("q1", "q2"))
    assert told(all_of, all_of, answers("A/a", "A/b", "A/c")) == ["", "", "1 of 2 questions"]
    assert told(all_of, all_of, answers("A/a", questions=("q1", "q2"))) == ["", "", "1 of 3 images"]
    assert told(all_of, all_of, answers("B/a", questions=("q3",)))[2] == "other images, other questions"
    assert told(all_of, all_of, answers("A/a", "A/b", "A/c", "A/d", questions=("q1", "q2", "q3"))) == [
        *("", "", "1 more image, 1 more question")
    ]
    assert told(all_of, all_of, answers("A/a", "B/a", "B/b", questions=("q1", "q2"))) == [
        *("", "", "1 of 3 images and 2 others")
    ]
    assert told(all_of, ()) == ["", ""]


def test_images_are_held_by_their_pixels_where_these_are_known() -> None:
    seen = (*answers("A/a", sha256="a"), *answers("A/b", sha256="b"))
    renamed = (*answers("A/x", sha256="a"), *answers("A/y", sha256="b"))
    changed = (*answers("A/a", sha256="a"), *answers("A/b", sha256="c"))
    assert told(seen, seen, renamed, changed) == ["", "", "", "1 of 2 images and 1 other"]
    assert told(seen, seen, answers("A/a", "A/b")) == ["", "", ""]


def test_a_model_that_sorts_images_is_asked_no_other_questions() -> None:
    sorts = run(results=answers("A/a", questions=("sort",)), classes=ClassSet(name="", sha256="", classes=()))
    texts = asked(run(results=answers("A/a")))
    assert unlike([texts, texts, asked(sorts)]) == ["", "", ""]


def test_tables_and_data_say_it() -> None:
    whole, part = made("1"), replace(made("2", "other"), results=answers("A/a.png", "B/b.png"))
    assert headings(whole, whole, part)[-1] == "Unlike"
    assert "| 2 | 2 | 1 more image |" in render_comparison([whole, whole, part], "md")
    rows = json.loads(render_comparison([whole, whole, part], "json"))
    assert [row["unlike"] for row in rows] == ["1 more image", "", ""]
    assert rows[1]["decoding"] == "greedy" and rows[1]["token_limit"] == 64


def test_a_line_of_plain_text_says_it() -> None:
    whole, part = made("1"), replace(made("2", "other", SAMPLED), results=answers("A/a.png", "B/b.png"))
    assert differences([compared(one) for one in (whole, whole, part)]) == [
        ["decoding greedy"],
        ["decoding greedy"],
        ["decoding sampled, temperature 0.7, top-p 0.9, seed 3", "1 more image"],
    ]
    assert differences([compared(whole), compared(whole)]) == [[], []]


def test_questions_of_the_same_text_are_alike_whatever_their_spaces() -> None:
    question = Question(id="q9", text="x")
    other = replace(run(results=(replace(result(), question=" TEXT of  q1"),)), questions=(question,))
    assert unlike([asked(run(results=(result(),))), asked(other)]) == ["", ""]
