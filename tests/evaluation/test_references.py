"""Experts' answers beside a run's images and questions: what goes with what, and what is told."""

import time

import pytest
from msgspec.structs import replace

from fada_tui.config.rubrics import load_rubric
from fada_tui.core.errors import UsageError
from fada_tui.core.records import PlannedImage, Question, QuestionReferences, References
from fada_tui.core.table import Row, Table
from fada_tui.evaluation.references import Folders, Matched, check, match, of_questions

QUESTIONS = (
    Question(id="structures", short="Structures", text="Which structures can be seen?"),
    Question(id="age", short="Gestational age", text="How old is the fetus, in weeks?"),
    Question(id="plane", text="Which plane is it?"),
)
PATHS = ("Abodomen/001.png", "Abodomen/002.png", "Brain/001.png", "Brain/003.jpg", "Heart/deep/H 7.png")


def planned(*paths: str) -> tuple[PlannedImage, ...]:
    return tuple(
        PlannedImage(image=path.rpartition("/")[2], category=path.partition("/")[0], path=path)
        for path in paths
    )


def table(*lines: tuple[str, ...], **fields: tuple[str, ...]) -> Table:
    rows = tuple(Row(number, cells) for number, cells in enumerate(lines[1:], start=2))
    return Table(headings=lines[0], rows=rows, sha256="0" * 64, **fields)


def matched(
    *lines: tuple[str, ...],
    paths: tuple[str, ...] = PATHS,
    aliases: dict[str, str] | None = None,
    questions: tuple[Question, ...] = QUESTIONS,
) -> Matched:
    folders = Folders(aliases or {}, load_rubric("fada"))
    return match(table(*lines), "one.csv", planned(*paths), questions, folders)


def row_of(references: References, question_id: str | None) -> QuestionReferences:
    (row,) = (row for row in references.questions if row.question_id == question_id)
    return row


@pytest.mark.parametrize(
    "heading",
    [
        "structures", "STRUCTURES", " Structures: ", "Q1: Structures", "1. Structures", "(1) structures",
        "Question 1 - Structures", "q1_structures", "Q1:\nStructures", "3 – Structures",
        "Which structures can be  seen", "Q1: Which structures can be seen?",
    ],
)  # fmt: skip
def test_columns_are_found_by_id_short_name_or_text(heading: str) -> None:
    assert matched(("Image_Name", heading), ("002.png", "liver")).answers == {
        ("Abodomen/002.png", "structures"): "liver"
    }


@pytest.mark.parametrize("heading", ["Q1", "1", "Question 1", "Q1: Normality", "1 structures", "4-plane"])
def test_a_number_in_a_heading_matches_nothing(heading: str) -> None:
    found = matched(("image", heading, "plane"), ("002.png", "liver", "axial"))
    assert found.answers == {("Abodomen/002.png", "plane"): "axial"}
    assert row_of(found.references, None) == QuestionReferences(
        question_id=None, heading=heading, matched=0, of=0, unmatched=1
    )


def test_what_is_told_has_no_line_ends() -> None:
    found = matched(("image", "What\nelse?", "plane"), ("no\nsuch", "x", "y")).references
    assert row_of(found, None).heading == "What else?"
    assert found.unmatched == ("no such",)


def test_an_id_that_is_a_number_counts_and_is_told() -> None:
    found = matched(("image", "Q1"), ("002.png", "x"), questions=(Question(id="q1", text="What is it?"),))
    assert found.answers == {("Abodomen/002.png", "q1"): "x"}
    assert "'Q1' is taken for the question with the id q1" in found.references.remarks[0]


def test_two_columns_for_one_question_and_one_for_two_are_refused() -> None:
    with pytest.raises(
        UsageError, match="'Structures' and 'Q1: structures' are both for the question structures"
    ):
        matched(("Structures", "image", "Q1: structures"), ("x", "002.png", "y"))
    alike = (Question(id="plane", text="Which?"), Question(id="p", short="Plane", text="What plane?"))
    with pytest.raises(UsageError, match="'Plane' fits the questions plane and p; name it by the id"):
        matched(("image", "Plane"), ("002.png", "x"), questions=alike)


def test_without_a_column_of_images_it_is_said_how_to_call_it() -> None:
    with pytest.raises(
        UsageError, match=r"one\.csv: no column says which image .* \(columns: 'scan', 'plane'\)"
    ):
        matched(("scan", "plane"), ("002.png", "x"))


@pytest.mark.parametrize(
    ("folder", "image", "path"),
    [
        ("", "Abodomen/001.png", "Abodomen/001.png"),
        ("Brain", "001.png", "Brain/001.png"),
        ("brain", "001", "Brain/001.png"),
        ("Abdomen", "001.png", "Abodomen/001.png"),  # the rubric's alias
        ("Bauch", "001.png", "Abodomen/001.png"),  # a person's
        ("", "002.png", "Abodomen/002.png"),
        ("", "003", "Brain/003.jpg"),
        ("", "h 7.PNG", "Heart/deep/H 7.png"),
        ("Heart", "H 7.png", "Heart/deep/H 7.png"),
        ("Heart/deep", "H 7", "Heart/deep/H 7.png"),
        ("", r".\Brain\001.png", "Brain/001.png"),
        ("", "/data/images/Brain/001.png", "Brain/001.png"),
        ("", "/data/Abdomen/001.png", "Abodomen/001.png"),
        ("Brain", "Abodomen/001.png", "Abodomen/001.png"),
        ("", "001.png", None),  # two are called so
        ("Brain", "002.png", None),  # is in another folder
        ("Set A", "002.png", None),  # a folder that means nothing here
        ("", "Femur/002.png", None),
        ("", "003.png", None),
        ("", "", None),
    ],
)
def test_images_by_path_category_and_name_or_name(folder: str, image: str, path: str | None) -> None:
    found = matched(("Folder Name", "File", "plane"), (folder, image, "axial"), aliases={"Bauch": "Abdomen"})
    assert [*found.answers] == ([(path, "plane")] if path else [])
    row = row_of(found.references, "plane")
    assert (row.matched, row.of, row.unmatched) == ((1, 5, 0) if path else (0, 5, 1))
    assert len(found.references.unmatched) == (0 if path else 1)


def test_an_ambiguous_name_is_told() -> None:
    found = matched(("image", "plane"), ("001.png", "x"), ("gone.png", "y")).references
    assert found.unmatched == ("001.png", "gone.png")
    assert found.remarks == ("several images are called so, none is taken (name the folder, too): '001.png'",)


def test_a_folder_is_no_other_one_of_its_rubrics_category() -> None:
    paths = ("Standard_NT/1.png", "NT-View/2.png")
    both = matched(
        ("folder", "image", "plane"), ("NT-View", "1.png", "x"), ("Standard_NT", "2.png", "y"), paths=paths
    )
    assert both.answers == {}, "each is called by its own name, and has no such image"
    alone = matched(("folder", "image", "plane"), ("NT-View", "1.png", "x"), paths=paths[:1])
    assert alone.answers == {("Standard_NT/1.png", "plane"): "x"}
    rivals = matched(
        ("folder", "image", "plane"),
        ("NT-View", "1.png", "x"),
        ("Non_standard_NT", "1.png", "y"),
        paths=paths[:1],
    )
    assert rivals.answers == {}
    assert "'NT-View' and 'Non_standard_NT' could mean one category" in rivals.references.remarks[0]
    said = matched(
        ("folder", "image", "plane"), ("NT-View", "1.png", "x"), ("Non_standard_NT", "1.png", "y"),
        paths=paths[:1], aliases={"NT View": "Standard NT"},
    )  # fmt: skip
    assert said.answers == {("Standard_NT/1.png", "plane"): "x"}


def test_a_row_of_a_file_counts_for_its_frames_that_have_none_of_their_own() -> None:
    frames = ("B/x.dcm", "B/x.dcm#2", "B/x.dcm#3", "B/a#3.png")
    found = matched(
        ("image", "plane", "age"),
        ("x.dcm", "axial", ""), ("x#3", "sagittal", "12"), ("B/x.dcm#1", "coronal", ""),
        ("x.dcm#9", "no", ""), ("a#3", "oblique", ""),
        paths=frames,
    )  # fmt: skip
    assert found.answers == {
        ("B/x.dcm", "plane"): "coronal",
        ("B/x.dcm#2", "plane"): "axial",
        ("B/x.dcm#3", "plane"): "sagittal",
        ("B/x.dcm#3", "age"): "12",
        ("B/a#3.png", "plane"): "oblique",
    }
    assert found.references.unmatched == ("x.dcm#9",)


def test_empty_doubled_and_boolean_cells_are_told() -> None:
    found = matched(
        ("image", "plane", "age"),
        ("002.png", "axial", ""), ("002.png", " Axial", ""), ("Abodomen/002.png", "coronal", ""),
        ("003.jpg", "TRUE", "12"), ("Brain/001.png", "FALSCH", "True"),
    )  # fmt: skip
    assert found.answers == {
        ("Abodomen/002.png", "plane"): "axial",
        ("Brain/003.jpg", "plane"): "yes",
        ("Brain/003.jpg", "age"): "12",
        ("Brain/001.png", "plane"): "no",
        ("Brain/001.png", "age"): "yes",
    }
    assert found.references.remarks == (
        "the same answer again, counted once: line 3",
        "another answer again, the first counts: line 4",
        "TRUE and FALSE are read as yes and no: line 5, line 6 (FALSCH), line 6 (True)",
        "empty cells, which count as no reference: age 3",
    )


def test_a_long_table_and_a_question_with_another_text() -> None:
    found = matched(
        ("image_path", "category", "Question ID", "question", "response", "Ground Truth"),
        ("Brain/001.png", "Brain", "plane", "Which plane is it", "model's", "axial"),
        ("Brain/001.png", "Brain", "", "Gestational Age", "model's", "12"),
        ("Brain/001.png", "Brain", "age", "How old is the mother?", "model's", "30"),
        ("Brain/001.png", "Brain", "q9", "How good is it?", "model's", "good"),
        ("Heart/gone.png", "Heart", "plane", "", "model's", "axial"),
    )
    assert found.answers == {("Brain/001.png", "plane"): "axial", ("Brain/001.png", "age"): "12"}
    assert found.references.remarks == ("the answers are those of 'Ground Truth'",)
    assert found.references.unmatched == ("Heart/gone.png",)
    assert (found.references.matched, found.references.of) == (2, 15)
    assert [
        (row.question_id, row.heading, row.matched, row.unmatched) for row in found.references.questions
    ] == [
        ("structures", None, 0, 0),
        ("age", "Gestational Age", 1, 0),
        ("plane", "Which plane is it", 1, 1),
        (None, "age: How old is the mother?", 0, 1),
        (None, "How good is it?", 0, 1),
    ]


def test_references_of_which_nothing_belongs_to_the_run_are_refused() -> None:
    for lines, said in (
        ((("image", "Q1"), ("002.png", "x")), r"none of its questions \('Q1'\) is one of this run"),
        ((("image", "plane"), ("gone.png", "x")), r"none of its images \(1\) .* 'gone\.png'\); .* --alias"),
        ((("image", "plane"), ("002.png", "")), "no answer to any question"),
    ):
        references = matched(*lines).references
        with pytest.raises(UsageError, match=rf"one\.csv: .*{said}"):
            check(references, QUESTIONS)


def test_questions_that_are_not_asked_after_all_count_as_the_files_own() -> None:
    lines = (
        ("image", "plane", "age", "Else"),
        ("002.png", "axial", "12", "x"),
        ("gone.png", "axial", "12", "y"),
    )
    whole = matched(*lines).references
    left = of_questions(replace(whole, others=(whole,)), {"plane"})
    for references in (left, *(left.others or ())):
        assert (references.matched, references.of) == (1, 5)
        rows = [(row.question_id, row.heading, row.matched, row.unmatched) for row in references.questions]
        assert rows == [("plane", "plane", 1, 1), (None, "age", 0, 2), (None, "Else", 0, 2)]
        assert of_questions(references, {"plane"}) == references


def test_a_column_of_patients_is_no_question() -> None:
    for heading in ("patient", "Patient ID", "patient_code"):
        found = matched(
            ("image", heading, "age"),
            ("002.png", "P 7", "20"),
            ("003.jpg", "", "21"),
            ("002.png", "P 8", "20"),
        )
        assert found.patients == {"Abodomen/002.png": "P 7"}
        assert [row.question_id for row in found.references.questions] == ["structures", "age", "plane"]
        assert "another patient for the same image, the first counts: line 4" in found.references.remarks
    long = matched(("image", "patient", "question", "answer"), ("002.png", "P 7", "age", "20"))
    assert long.patients == {"Abodomen/002.png": "P 7"}
    asked = (Question(id="patient", text="What is the patient's position?"),)
    assert not matched(("image", "patient"), ("002.png", "supine"), questions=asked).patients


def test_two_thousand_images_with_eight_questions_are_matched_at_once() -> None:
    questions = tuple(Question(id=f"part{n}", text=f"What is part {n}?") for n in range(8))
    paths = tuple(f"Folder {n % 14}/image_{n}.png" for n in range(2_000))
    rows = [(path.partition("/")[0], path.partition("/")[2], *"abcdefgh") for path in paths]
    before = time.process_time()
    found = matched(
        ("folder", "image", *(one.id for one in questions)), *rows, paths=paths, questions=questions
    )
    assert len(found.answers) == 16_000
    assert time.process_time() - before < 5
