import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fada_tui.cli import main
from fada_tui.core.records import Run
from fada_tui.store import folder as store
from tests.importing import image_folder

QUESTIONS = """
[[question]]
id = "parts"
short = "Parts"
text = "Which parts can be seen?"
score = "set"
[[question]]
id = "plane"
text = "Which plane does it show?"
"""

ROWS = [
    {"image_path": f"Brain/{name}.png", "question": text, "prediction": said, "time": 2}
    for name, said in (("a", "thalami"), ("b", "ERROR: gone"))
    for text in ("which parts can be seen", "Which plane does it show?")
]


class Importing:
    """The command, in a folder with a file of results."""

    def __init__(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.place = place
        self._capsys = capsys

    def run(self, *options: str, data: Any = ROWS, code: int = 0) -> tuple[str, str]:
        """Import; return what was written to stdout and stderr."""
        file = self.place / "old.json"
        file.write_text(json.dumps(data))
        assert main(["import", str(file), "--results", str(self.place / "results"), *options]) == code
        return self._capsys.readouterr()

    def runs(self) -> Sequence[Run]:
        """The runs that there are now."""
        return list(store.each_run(self.place / "results", []))


@pytest.fixture
def importing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Importing:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return Importing(tmp_path, capsys)


def test_all_that_a_person_tells_is_in_the_run(importing: Importing) -> None:
    folder = image_folder(importing.place / "pictures", "Brain/a.png", "Brain/b.png")
    (importing.place / "q.toml").write_text(QUESTIONS)
    (importing.place / "verdicts.csv").write_text(
        "image,question,verdict\na.png,Parts,right\nz.png,Parts,wrong\n"
    )
    out, err = importing.run(
        "--model", "huggingfacetb/smolvlm-500m", "--date", "2025-10-02", "--dataset", "D",
        "--images", str(folder), "--questions", "q.toml", "--device", "CPU", "--dtype", "bfloat16",
        "--quantization", "8bit", "--memory", "1.02GB", "--load-time", "8.6", "--parameters", "0.51B",
        "--assessments", "verdicts.csv", "--assessor", "Ada", "--json",
    )  # fmt: skip
    (run,) = importing.runs()
    assert (run.started, run.dataset.name, run.dataset.root) == ("2025-10-02", "D", str(folder))
    model = run.model
    assert (model.name, model.source) == ("SmolVLM-500M", "HuggingFaceTB/SmolVLM-500M-Instruct")
    assert (model.device, model.dtype, model.quantization, model.load_time) == (
        "cpu",
        "bfloat16",
        "8bit",
        8.6,
    )
    assert (model.parameters, model.memory.gpu_told) == (510_000_000, 1_020_000_000)
    assert [one.id for one in run.questions] == ["parts", "plane"]
    assert run.question_set and run.question_set.source == str(importing.place / "q.toml")
    first = run.results[0]
    assert (first.path, first.question_id, first.response) == ("Brain/a.png", "parts", "thalami")
    assert [(one.assessor, one.verdict) for one in first.assessments] == [("Ada", "correct")]
    assert [bool(one.error) for one in run.results] == [False, False, True, True]
    said = json.loads(out.splitlines()[-1])
    (row,) = said["runs"]
    assert (row["results"], row["answers"], row["errors"], row["assessments"]) == (4, 2, 2, 1)
    assert row["questions"] == {"parts": 2, "plane": 2} and said["unmatched_images"] == 0
    assert said["warnings"] == ["verdicts.csv: line 3: no result is about an image 'z.png', or several are"]
    assert "z.png" in err and "image = 'image_path', response = 'prediction'" in err
    page = Path(row["summary"]).read_text()
    assert "1.02 GB (as told)" in page and "8.60 seconds" in page and "October 2, 2025" in page


def test_an_object_by_model_makes_a_run_for_each_and_needs_no_name(importing: Importing) -> None:
    out, err = importing.run(data={"SmolVLM-500M-Instruct": ROWS, "yesterday": ROWS[:1]})
    assert [run.model.name for run in importing.runs()] == ["SmolVLM-500M", "yesterday"]
    assert len(out.splitlines()) == 2
    assert "no model of the list is called 'yesterday'" in err and "'SmolVLM" not in err


def test_answers_are_scored_against_references_of_experts(importing: Importing) -> None:
    (importing.place / "q.toml").write_text(QUESTIONS)
    (importing.place / "expert.csv").write_text("image,Parts\nBrain/a.png,thalami\nBrain/b.png,skull\n")
    given = ("--model", "M", "--questions", "q.toml", "--references", "expert.csv", "--alias", "x=Brain")
    _, err = importing.run(*given)
    assert "expert.csv: 2 of 4 answers, 1 of 2 questions" in err
    (run,) = importing.runs()
    assert [one.reference or None for one in run.results] == ["thalami", None, "skull", None]
    assert run.scoring and len(run.scoring.references_sha256) == 1 and run.results[0].auto
    assert run.references and (run.references.matched, run.dataset.aliases) == (2, {"x": "Brain"})


def test_the_name_that_a_person_gives_stands_for_that_of_the_file(importing: Importing) -> None:
    _, err = importing.run("--model", "smolvlm-500m", data={"model": "my_model_v2", "results": ROWS})
    (run,) = importing.runs()
    assert run.model.name == "SmolVLM-500M" and "my_model_v2" not in err


def test_a_reworded_question_is_told_and_nothing_is_lost(importing: Importing) -> None:
    (importing.place / "q.toml").write_text(QUESTIONS.replace("Which plane does it", "What plane do they"))
    _, err = importing.run("--model", "M", "--questions", "q.toml")
    assert (
        "question 'plane' of the set has no answers (its text differs? 2 answers were given to "
        "'Which plane does it show?', which is in no question of the set)"
    ) in err
    (run,) = importing.runs()
    assert len(run.results) == 4


def test_a_column_that_was_passed_over_is_named(importing: Importing) -> None:
    _, err = importing.run("--model", "M", data=[row | {"answer": "a reference?"} for row in ROWS])
    assert "columns: image = 'image_path', response = 'prediction'; not read: 'answer'" in err


def test_a_model_is_the_same_in_results_and_in_assessments_however_it_is_written(
    importing: Importing,
) -> None:
    name = "HuggingFaceTB/SmolVLM-500M-Instruct"
    rows = [row | {"model": model} for row in ROWS[:1] for model in (name, "Other")]
    table = importing.place / "judged.csv"
    table.write_text(f"image,model,verdict\na.png,{name},correct\na.png,other,wrong\n")
    _, err = importing.run("--assessments", str(table), data=rows)
    assert "judged.csv" not in err
    verdicts = {run.model.name: run.results[0].assessments[0].verdict for run in importing.runs()}
    assert verdicts == {"SmolVLM-500M": "correct", "Other": "incorrect"}


def test_an_alias_of_no_folder_that_is_nearly_one_is_told(importing: Importing) -> None:
    rows = [ROWS[0] | {"image_path": "Cervical/a.png", "model": name} for name in ("M", "N")]
    _, err = importing.run("--alias", "Cervcal=Cervix", data=rows)
    assert err.count("no folder is called 'Cervcal'; did you mean 'Cervical'?") == 1
    _, err = importing.run("--alias", "Cervical=Cervix", data=rows)
    assert "--alias" not in err


def test_columns_and_errors_as_a_person_says(importing: Importing) -> None:
    rows = [{"bild": "A/a.png", "frage": "Was?", "said": said} for said in ("FAILED",)]
    importing.run("--model", "M", "--map", "image=bild,question=frage", "--map", "response=said",
                  "--error-prefix", "FAILED", data=rows)  # fmt: skip
    (run,) = importing.runs()
    assert run.results[0].error and run.results[0].question == "Was?"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--model", "M", "--date", "yesterday"], "--date yesterday"),
        (["--model", "M", "--memory", "much"], "--memory much"),
        (["--model", "M", "--parameters", "many"], "--parameters many"),
        (["--model", "M", "--load-time", "-1"], "--load-time"),
        (["--model", "M", "--map", "x"], "--map x"),
        (["--model", "M", "--error-prefix", ""], "--error-prefix is empty"),
        (["--model", " "], "--model is empty"),
        (["--model", "M\udcff"], r"--model M\udcff: this is no UTF-8 text"),
        (["--model", "M", "--device", "\udcff"], "no UTF-8 text"),
        (["--model", "M", "--images", ""], "--images is empty"),
        (["--model", "M", "--images", "nowhere"], "no folder"),
        (["--model", "M", "--questions", "nowhere.toml"], "nowhere.toml"),
        (["--model", "M", "--assessments", "nowhere.csv"], "nowhere.csv"),
        (["--model", "M", "--references", "nowhere.csv"], "nowhere.csv"),
        (["--model", "M", "--rubric", "nowhere"], "nowhere"),
        (["--model", "M", "--alias", "Brain=Nonesuch"], "--alias Brain=Nonesuch"),
        ([], "--model NAME"),
    ],
)
def test_what_cannot_be_used_leaves_no_run(importing: Importing, options: list[str], complaint: str) -> None:
    _, err = importing.run(*options, code=2)
    assert complaint in err and err.count("\n") == 1
    assert not importing.runs()


def test_names_of_files_cannot_write_to_the_terminal(importing: Importing) -> None:
    rows = [{"image": "\x1b]0;x\x07.png", "question": "\x1b[31m?", "response": "x", "model": "\x1b[2J"}] * 2
    folder = image_folder(importing.place / "pictures", "Brain/a.png")
    out, err = importing.run("--images", str(folder), data=rows)
    assert "\x1b" not in out + err and "not in the folder" in err


def test_questions_with_one_answer_are_told(importing: Importing) -> None:
    rows = [
        {"image": f"A/{number}.png", "question": question, "response": answer}
        for number in range(12)
        for question, answer in (("Fit?", "Yes"), ("What?", f"{number % 3}"))
    ]
    out, err = importing.run("--model", "M", "--json", data=rows)
    (row,) = json.loads(out.splitlines()[-1])["runs"]
    (made,) = importing.runs()
    (constant,) = row["constant_answers"]
    assert {question.id: question.text for question in made.questions}[constant] == "Fit?"
    assert "M: 1 of 2 questions: one answer for every image (" in err
    assert {one.question_id: one.finding for one in made.looking or ()}[constant] == "one_answer"
