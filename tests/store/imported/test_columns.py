from typing import Any

import pytest

from fada_tui.core.errors import UsageError
from fada_tui.store.imported.columns import Columns, known_column, mapping_of, parts_of


def choose(names: str, *mapping: str, **values: Any) -> dict[str, str]:
    row = dict.fromkeys(names.split(), "x") | values
    return dict(Columns(mapping_of(mapping)).choose([row]))


KNOWN = {
    "image": "image, image_path, image_name, file, filename, path, Image Name, imagePath",
    "category": "category, class, folder, Folder Name",
    "patient": "patient, Patient ID, patient_code",
    "question": "question, prompt, question_text, Question-Text",
    "question_id": "question_id",
    "response": "response, prediction, answer, output, generated_text, text, Model Response",
    "time": "time, inference_time, latency, seconds, generation_time, latency_ms, time_s",
    "error": "error",
    "model": "model",
    None: "score, image_ms",
}


@pytest.mark.parametrize("field", KNOWN)
def test_columns_are_known_as_people_name_them(field: str | None) -> None:
    for name in ("", *KNOWN[field].split(", ")) if field is None else KNOWN[field].split(", "):
        found = known_column(name)
        assert (found and found.field) == field, name


def test_of_two_columns_the_more_specific_is_meant() -> None:
    assert choose("image question prompt prediction answer")["response"] == "prediction"
    assert choose("image question prompt prediction answer")["question"] == "question"
    assert choose("image file response text")["image"] == "image"


def test_of_paths_and_names_of_the_same_files_the_path_is_meant() -> None:
    values = {"image_name": "a.png", "file": "/data/Brain/a.png", "image": "a.png"}
    assert choose("response", **values)["image"] == "file"


def test_two_columns_that_could_both_be_it_are_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match=r"'response', 'prediction'.*--map response=response"):
        choose("image response prediction")
    assert choose("image response prediction", "response=prediction")["response"] == "prediction"


def test_a_person_says_which_column_holds_what() -> None:
    found = choose("bild frage said image", "image=bild,question=frage", "response=said")
    assert found == {"image": "bild", "question": "frage", "response": "said"}
    assert mapping_of(["response=a, b"]) == {"response": "a, b"}


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        ("image", "FIELD=COLUMN"),
        ("image=", "FIELD=COLUMN"),
        ("picture=x", "fields: image, category"),
        ("image=a,image=b", "twice: 'a' and 'b'"),
        ("response=ansver", "no such column; did you mean 'answer'"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(mapping: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        choose("image answer", mapping)


def test_paths_of_any_system_are_cut_into_their_parts() -> None:
    assert parts_of(r"C:\data\Brain\a b.png") == ("C:", "data", "Brain", "a b.png")
    assert parts_of("../x/./Brain//a.png ") == ("x", "Brain", "a.png")
    assert parts_of(" / ") == ()
