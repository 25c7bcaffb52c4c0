from pathlib import Path

import pytest

from fada_tui.config.class_sets import load_classes
from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.models.registry import load_registry
from fada_tui.runs.aliases import checked_aliases, mistyped
from fada_tui.runs.job import first_run
from fada_tui.runs.planning import jobs

FOLDERS = ("Cervical", "Own folder")


def checked(given: dict[str, str]) -> dict[str, str]:
    return checked_aliases(given, load_rubric("fada"), load_classes("fada"), FOLDERS)


def test_categories_classes_and_folders_can_be_meant() -> None:
    given = {
        "Cervical": "cervix",
        "a": "Abodomen",
        "b": "Pubic symphysis and fetal head",
        "c": "own-FOLDER",
        "d": "crown_rump length",
    }
    assert checked(given) == given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Cervical": "Cervixx"}, "is called 'Cervixx'; did you mean 'Cervix'\\?$"),
        ({"Cervical": "xyzzy"}, "--alias Cervical=xyzzy: no category of the rubric, class .* 'xyzzy'$"),
        ({"": "Cervix"}, "--alias =Cervix: give a folder and what it means"),
        ({"Cervical": " "}, "give a folder and what it means"),
        ({"_": "Cervix"}, "give a folder and what it means"),
        ({"Cervical": "Cervix", "cervical": "Brain"}, "cervical: it cannot mean both 'Cervix' and 'Brain'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(given: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        checked(given)
    assert "\n" not in str(caught.value)


def test_the_same_said_twice_is_said_once() -> None:
    assert checked({"Cervical": "Cervix", "cervical": "cervix"})


def test_a_mistyped_folder_is_told_and_one_of_another_data_set_is_not() -> None:
    given = {"Cervcal": "Cervix", "Public Symphysis": "Brain", "CERVICAL": "Cervix"}
    assert list(mistyped(given, FOLDERS)) == [
        "--alias: no folder is called 'Cervcal'; did you mean 'Cervical'?"
    ]


def test_a_new_run_keeps_them(tmp_path: Path) -> None:
    settings = Settings(alias={"Aorta": "Heart"}, limit=1)
    registry = load_registry(tmp_path / "models.toml")
    (job,), _ = jobs(settings, registry, None)
    assert first_run("1", job).dataset.aliases == {"Aorta": "Heart"}
    (job,), _ = jobs(Settings(limit=1), registry, None)
    assert not first_run("1", job).dataset.aliases
