"""What the page and the terminal say of references, of strange ones too."""

from markdown_it import MarkdownIt
from msgspec.structs import replace

from fada_tui.core.records import Question, QuestionReferences, References
from fada_tui.report.references import references_line, references_section, references_told
from tests.examples import run

QUESTIONS = (Question(id="plane", short="Plane", text="Which?"), Question(id="age", text="How old?"))
FIRST = References(
    name="references.csv",
    sha256="a" * 64,
    matched=5,
    of=2_000,
    unmatched=tuple(f"Brain/{n}.png" for n in range(1_894)),
    questions=(
        QuestionReferences(question_id="plane", heading="Q1: Plane", matched=5, of=1_000, unmatched=3),
        QuestionReferences(question_id="age", heading=None, matched=0, of=1_000, unmatched=0),
        QuestionReferences(question_id=None, heading="How is it?", matched=0, of=0, unmatched=7),
    ),
    remarks=("C2 (TRUE)",),
)


def test_the_first_screens_line() -> None:
    assert references_line(run()) is None
    assert references_line(run(references=FIRST)) == (
        "**References**: references.csv, 5 of 2,000 answers, none for age, "
        "1,894 images of the file not in this run"
    )
    whole = replace(FIRST, name="b.csv", matched=2_000, unmatched=(), questions=FIRST.questions[:1])
    both = run(references=replace(whole, others=(replace(whole, name="c.csv", matched=1_512),)))
    assert (
        references_line(both)
        == "**References**: b.csv, 2,000 of 2,000 answers; c.csv, 1,512 of 2,000 answers"
    )


def test_the_section_lists_questions_remarks_and_the_first_images() -> None:
    assert references_section(run()) == []
    lines = references_section(run(references=FIRST, questions=QUESTIONS))
    assert lines[0] == "## References"
    for line in (
        "| Plane | Q1: Plane | 5 | 1,000 | 3 |",
        "| age | ⚠️ none | 0 | 1,000 | 0 |",
        "| not asked | How is it? | 0 | 0 | 7 |",
        "- C2 (TRUE)",
        "1,894 images of the file are not in this run:",
        "- Brain/19.png",
        "- and 1,874 more, in `run.json`",
    ):
        assert line in lines, line
    assert "- Brain/20.png" not in lines


def test_texts_of_the_file_cannot_change_the_page() -> None:
    bad = "| x |\n# Heading <b>"
    row = QuestionReferences(question_id=None, heading=bad, matched=0, of=0, unmatched=1)
    strange = replace(FIRST, name=bad, unmatched=(bad,), remarks=(bad,), questions=(row,))
    page = "\n".join(references_section(run(references=replace(strange, others=(strange,)))))
    html = MarkdownIt("commonmark").enable("table").render(page)
    assert html.count("<h1>") == 0 and html.count("<h2>") == 1 and html.count("<h3>") == 2
    assert "<b>" not in html and html.count("<tr>") == 4


def test_each_question_without_references_is_told() -> None:
    rows = tuple(QuestionReferences(question_id=f"q{n}", matched=0, of=5, unmatched=0) for n in range(8))
    (line,) = references_told(replace(FIRST, questions=rows, unmatched=(), remarks=()), QUESTIONS)
    assert line.endswith("; 'q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7' have none")


def test_the_terminal_is_told_by_question() -> None:
    row = FIRST.questions[0]
    uneven = replace(
        FIRST, questions=(row, replace(row, question_id="q", matched=9, heading="Q"), *FIRST.questions[1:])
    )
    assert references_told(replace(FIRST, unmatched=("a.png",), others=(uneven,)), QUESTIONS) == [
        "references.csv: 5 of 2,000 answers, 1 of 2 questions; 'age' has none; 'How is it?' is not asked; "
        "1 image of the file is not in this run",
        "references.csv: C2 (TRUE)",
        "references.csv: 5 of 2,000 answers, 2 of 2 questions; 'age' has none; 'How is it?' is not asked; "
        "1,894 images of the file are not in this run",
        "references.csv: 'plane' has 5 of 1,000, from 'Q1: Plane'",
        "references.csv: 'q' has 9 of 1,000, from 'Q'",
        "references.csv: C2 (TRUE)",
    ]
