"""Control pictures on a run's page: a line where it matters, and a table."""

from msgspec.structs import replace

from fada_tui.core.control import PICTURES, path_of
from fada_tui.core.records import Question, Result, Run
from fada_tui.report.overview import LINES
from fada_tui.report.summary import render_summary
from tests import examples

QUESTIONS = (Question(id="q1", short="Side", text="1"), Question(id="q2", text="2"))


def run(about: dict[tuple[str, str], Result]) -> Run:
    made = [
        examples.result(f"A/{number}.png", one.id, response="Left." if one.id == "q1" else f"a {number}")
        for number in range(12)
        for one in QUESTIONS
    ]
    whole = [
        about.get((picture, one.id))
        or examples.result(path_of(picture), one.id, response="nothing", width=640, height=480)
        for picture in PICTURES
        for one in QUESTIONS
    ]
    return replace(examples.run(questions=QUESTIONS), results=tuple(made), controls=tuple(whole))


def page(one: Run) -> str:
    return render_summary(one, [], [], None)


def saying(text: str) -> dict[tuple[str, str], Result]:
    return {(one, "q1"): examples.result(path_of(one), "q1", response=text) for one in PICTURES}


def test_it_is_said_first_where_it_matters() -> None:
    line = "Of pictures that show nothing it says the same as its commonest answer in 1 of 2 questions"
    assert line in "\n".join(page(run(saying("left"))).splitlines()[:LINES])
    assert "pictures that show nothing it says" not in page(run({}))


def test_the_table_has_all_answers_and_whether_they_are_the_same() -> None:
    broken = examples.error_result(path_of("noise"), "q2")
    text = page(run(saying("left") | {("noise", "q2"): broken}))
    assert "## Control Pictures" in text and "(640 × 480 pixels)" in text
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "|" in line]
    assert ["Side", "left", "left", "left", "Left. (12 of 12)", "yes"] in rows
    assert ["q2", "nothing", "nothing", "error: image_unreadable", "a 0 (1 of 12)", "no"] in rows
    part = saying("left") | {("grey", "q1"): examples.result(path_of("grey"), "q1", response="right")}
    assert "| Left. (12 of 12) | black, noise |" in page(run(part))


def test_an_answer_cannot_change_the_page() -> None:
    text = page(run(saying("x | y\n## Heading <b>\x1b[31m")))
    assert "\n## Heading" not in text and "\x1b" not in text and "<b>" not in text
    assert all(
        line.replace("\\|", "").count("|") == 7 for line in text.splitlines() if line.startswith("| Side | x")
    )


def test_without_them_the_page_has_neither() -> None:
    assert "Control Pictures" not in page(replace(run({}), controls=()))


def test_they_are_in_no_figure() -> None:
    text = page(run(saying("left")))
    before, _, section = text.partition("## Control Pictures\n")
    rest = section[section.index("\n## ") + 1 :]
    said = [line for line in before.splitlines() if "pictures that show nothing" in line]
    assert len(said) == 1
    assert before.replace(said[0] + "\n", "") + rest == page(replace(run({}), controls=()))
