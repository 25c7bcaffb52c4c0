"""References of a run: read, matched and laid into its plan, from which it is resumed without the files."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from openpyxl import Workbook

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Loaded
from fada_tui.core.records import Environment, ModelFacts, PlannedImage, Question, decode_run, encode_run
from fada_tui.models.registry import load_registry
from fada_tui.runs.job import first_run, with_loaded
from fada_tui.runs.planning import jobs
from fada_tui.runs.references import Referenced, read_references, with_answers
from tests.conftest import Program, write_image
from tests.examples import result, run

QUESTIONS = (
    Question(id="structures", short="Structures", text="What can be seen?"),
    Question(id="age", short="Gestational age", text="How old is the fetus?"),
)
IMAGES = tuple(
    PlannedImage(image=f"{n}.png", category=folder, path=f"{folder}/{n}.png")
    for folder in ("Abodomen", "Trans-thalamic")
    for n in (1, 2)
)
HEADINGS = ("Folder Name", "Image Name", "Q1: Structures", "Q2: Gestational age")
ROWS = (
    ("Abodomen", "1.png", "stomach, liver", "15-19 weeks"),
    ("Abodomen", "2.png", "", "25-30 weeks"),
    ("Trans-thalamic", "1.png", "thalami", "31-36 weeks"),
)


def write_csv(file: Path, *rows: tuple[str, ...]) -> str:
    with file.open("w", newline="", encoding="utf-8-sig") as handle:
        csv.writer(handle).writerows(rows)
    return str(file)


def read(*paths: str, aliases: dict[str, str] | None = None) -> Referenced:
    return read_references(paths, IMAGES, QUESTIONS, aliases or {}, load_rubric("fada"))


def test_csv_xlsx_and_json_lines_say_the_same(tmp_path: Path) -> None:
    book = Workbook()
    for row in (HEADINGS, *ROWS):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    lines = "\n".join(json.dumps(dict(zip(HEADINGS, row, strict=True))) for row in ROWS)
    (tmp_path / "a.jsonl").write_text(lines)
    files = [
        write_csv(tmp_path / "a.csv", HEADINGS, *ROWS),
        str(tmp_path / "a.xlsx"),
        str(tmp_path / "a.jsonl"),
    ]
    first, *others = (read(file) for file in files)
    for file, other in zip(files[1:], others, strict=True):
        assert other.images == first.images
        assert other.references.sha256 == hashlib.sha256(Path(file).read_bytes()).hexdigest()
        assert (other.references.name, other.references.source) == (Path(file).name, file)
        same = {"name": "a.csv", "source": files[0], "sha256": first.references.sha256}
        assert replace(other.references, **same) == first.references
    assert [image.references for image in first.images] == [
        {"structures": "stomach, liver", "age": "15-19 weeks"},
        {"age": "25-30 weeks"},
        {"structures": "thalami", "age": "31-36 weeks"},
        UNSET,
    ]
    assert (first.references.matched, first.references.of) == (5, 8)
    assert first.references.remarks == ("empty cells, which count as no reference: structures 1",)


def test_a_second_expert_stands_beside_the_first(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first = write_csv(tmp_path / "a.csv", HEADINGS, *ROWS)
    second = write_csv(tmp_path / "b" / "a.csv", HEADINGS, ("Abodomen", "1.png", "stomach", ""))
    elsewhere = write_csv(tmp_path / "c.csv", HEADINGS, ("Femur", "1.png", "femur", ""))
    found = read(first, second, elsewhere)
    assert found.references.others is not UNSET
    assert [one.name for one in found.references.others] == ["a.csv (2)", "c.csv"]
    assert [one.matched for one in found.references.others] == [1, 0]
    assert [image.other_references for image in found.images] == [
        {"a.csv (2)": {"structures": "stomach"}}, UNSET, UNSET, UNSET,
    ]  # fmt: skip


def test_whom_an_image_is_of_is_kept_beside_its_answers(tmp_path: Path) -> None:
    rows = (("Abodomen", "1.png", "P1", ""), ("Abodomen", "2.png", "P1", "liver"))
    first = write_csv(tmp_path / "a.csv", ("Folder", "Image", "Patient", "Q1: Structures"), *rows)
    found = read(first)
    assert [image.patient for image in found.images] == ["P1", "P1", UNSET, UNSET]
    made = (result("Abodomen/1.png", "structures"), result("Abodomen/2.png", "structures", reference="spine"))
    first_, second = with_answers(made, found.images)
    assert (first_.patient, first_.reference) == ("P1", UNSET)
    assert (second.patient, second.reference) == ("P1", "spine")
    (again,) = with_answers([second], [replace(found.images[1], patient=UNSET)], anew=True)
    assert (again.patient, again.reference) == ("P1", "liver")


def test_a_person_says_what_a_folder_means(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", HEADINGS, ("Set A", "1.png", "stomach", ""))
    with pytest.raises(UsageError, match=r"none of its images \(1\) is one of this run"):
        read(file)
    assert read(file, aliases={"Set A": "Abdomen"}).images[0].references == {"structures": "stomach"}


def test_a_file_of_another_set_of_questions_is_refused(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "a.csv", HEADINGS, *ROWS)
    bad = write_csv(tmp_path / "b.csv", ("Folder", "Image", "Q1", "Q2: Plane"), *ROWS)
    for files in ((bad,), (good, bad)):
        with pytest.raises(UsageError, match=r"b\.csv: none of its questions"):
            read(*files)


def test_a_model_that_sorts_images_keeps_those_to_its_one_result_an_image(tmp_path: Path) -> None:
    found = read(write_csv(tmp_path / "a.csv", HEADINGS, *ROWS))
    planned = run(questions=QUESTIONS, references=found.references)
    sorts = Loaded(model=ModelFacts(name="tiny", architecture="Tiny"), sorts=True)
    after = with_loaded(planned, sorts, Environment()).references
    assert after is not UNSET and (after.matched, after.of) == (2, 4)
    assert [row.question_id for row in after.questions] == ["structures", None]
    writes = with_loaded(planned, replace(sorts, sorts=False), Environment())
    assert writes.references == found.references


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, image in enumerate(IMAGES):
        write_image(tmp_path / "images" / image.path, number)
    (tmp_path / "questions.toml").write_text(
        "".join(f'[[question]]\nid = "{q.id}"\nshort = "{q.short}"\ntext = "{q.text}"\n' for q in QUESTIONS)
    )
    write_csv(tmp_path / "a.csv", HEADINGS, *ROWS)
    return tmp_path


def test_the_plan_has_them_and_a_run_keeps_them(folder: Path) -> None:
    settings = Settings(
        model=("fada-demo",),
        images=str(folder / "images"),
        questions=str(folder / "questions.toml"),
        references=(str(folder / "a.csv"),),
        alias={"Set A": "Abdomen"},
    )
    (job,), catalogue = jobs(settings, load_registry(folder / "models.toml"), None)
    made = decode_run(encode_run(first_run("20260101-000000_x", job)))
    assert made.references is not UNSET and made.plan is not UNSET
    assert (made.references.name, made.references.matched, made.references.of) == ("a.csv", 5, 8)
    assert made.plan.images[0].references == {"structures": "stomach, liver", "age": "15-19 weeks"}
    assert made.dataset.aliases == {"Set A": "Abdomen"}

    plain = replace(settings, references=(), alias={})
    (other,), _ = jobs(plain, load_registry(folder / "models.toml"), None, images=made.plan.images)
    assert other.plan.images == catalogue.images, "answers for another run are none for this one"
    again = first_run("20260101-000000_y", other)
    assert again.references is UNSET and again.dataset.aliases is UNSET


@pytest.mark.long
def test_a_dry_run_tells_what_matched(program: Program, folder: Path) -> None:
    asked = (
        "--batch", "--dry-run", "--model", "fada-demo", "--images", folder / "images",
        "--references", folder / "a.csv",
        "--questions", folder / "questions.toml",
    )  # fmt: skip
    done = program.run(*asked)
    assert done.returncode == 0, done.stderr
    assert "  references 5 of 8, from a.csv\n" in done.stdout
    assert "a.csv: 5 of 8 answers, 2 of 2 questions\n" in done.stderr
    assert "a.csv: 'structures' has 2 of 4, from 'Q1: Structures'\n" in done.stderr
    (plan,) = json.loads(program.run(*asked, "--json").stdout)["plan"]
    assert plan["references"]["matched"] == 5
    assert [row["matched"] for row in plan["references"]["questions"]] == [2, 3]
    bad = program.run(*asked, "--references", folder / "gone.csv")
    assert bad.returncode == 2 and "no file" in bad.stderr and "gone.csv" in bad.stderr
