from pathlib import Path

import pytest
from msgspec import UNSET

from fada_tui.config.questions import (
    DEFAULT_QUESTION,
    DEFAULT_SET,
    QUESTION_SETS,
    known_question,
    load_questions,
    question_set,
    questions_from_texts,
)
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Question, QuestionSet


def test_the_default_question_is_the_reference_s_and_first_of_the_fada_set() -> None:
    assert DEFAULT_QUESTION.text == "What anatomical structures can you see in this ultrasound image?"
    assert load_questions("fada")[0] == DEFAULT_QUESTION


def test_every_shipped_set_can_be_loaded() -> None:
    assert "fada" in QUESTION_SETS.shipped()
    for name in QUESTION_SETS.shipped():
        assert load_questions(name)


def test_the_reference_set_is_the_default_question_alone() -> None:
    assert load_questions("reference") == (DEFAULT_QUESTION,)
    assert (DEFAULT_QUESTION.kind, DEFAULT_QUESTION.context, DEFAULT_QUESTION.short) == (
        "terms",
        True,
        "Structures",
    )


def test_every_shipped_question_says_how_it_is_scored_and_has_a_short_name() -> None:
    for name in QUESTION_SETS.shipped():
        for question in load_questions(name):
            assert question.kind != "none" and question.short, (name, question.id)


def test_the_clinical_set_asks_eight_questions_of_all_kinds_of_vocabulary() -> None:
    kinds = {question.id: question.kind for question in load_questions("clinical")}
    assert kinds == {
        "structures": "set",
        "orientation": "choice",
        "plane": "choice",
        "biometry": "set",
        "age": "ordered",
        "quality": "ordered",
        "normality": "yes_no",
        "advice": "text",
    }


def test_texts_that_users_runs_name_stay_as_they_were() -> None:
    texts = {name: [question.text for question in load_questions(name)] for name in ("demo", "fada")}
    assert texts == {
        "demo": [
            "What anatomical structures can you see in this ultrasound image?",
            "Which anatomical plane is shown?",
            "Is this a fetal ultrasound image?",
            "On which side of the image is the stomach?",
            "How good is the image quality?",
        ],
        "fada": [
            "What anatomical structures can you see in this ultrasound image?",
            "Which standard fetal ultrasound plane does this image show?",
            "Is this a fetal ultrasound image? Answer yes or no, and say what in the image tells you.",
            "Which fetal measurements could be taken in this image?",
            "How is the fetus oriented in this image, and which side is its left?",
            "How good is the quality of this ultrasound image, and what limits it?",
            "Does anything in this ultrasound image look abnormal? Describe only what you can see.",
        ],
    }


def test_a_text_is_known_by_its_words() -> None:
    assert (
        known_question(" what ANATOMICAL structures can\nyou see in this ultrasound image? ")
        == DEFAULT_QUESTION
    )
    assert known_question("Which anatomical plane is shown?") == load_questions("demo")[1]
    assert known_question("Which plane?") is None


def test_a_shipped_question_s_text_is_scored_as_that_question(tmp_path: Path) -> None:
    text = "how good is the  image quality?"
    (quality,) = (question for question in load_questions("demo") if question.id == "quality")
    (asked, other) = questions_from_texts([text, "Why?"])
    assert asked == Question(id="q1", text=text, short="Quality", score="ordered", values=quality.values)
    assert other == Question(id="q2", text="Why?")
    file = tmp_path / "mine.txt"
    file.write_text(f"{text}\nWhy?\n")
    assert load_questions(str(file)) == (asked, other)


def test_two_texts_with_one_short_name_are_both_asked() -> None:
    texts = [load_questions("demo")[1].text, load_questions("fada")[1].text]
    assert [question.short for question in questions_from_texts(texts)] == ["Plane", UNSET]


def test_a_toml_file_with_and_without_ids(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "x"\n[[question]]\nid = "plane"\ntext = " Which? "\n[[question]]\ntext = "Why?"\n'
    )
    assert load_questions(str(file)) == (Question(id="plane", text="Which?"), Question(id="q2", text="Why?"))


def test_a_text_file_has_a_question_on_each_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_bytes("\ufeffWas ist das?\r\n\r\n  Where?  \n".encode())
    assert load_questions(str(file)) == (
        Question(id="q1", text="Was ist das?"),
        Question(id="q2", text="Where?"),
    )


def test_texts_are_numbered_in_order() -> None:
    assert [(q.id, q.text) for q in questions_from_texts([" a? ", "b?"])] == [("q1", "a?"), ("q2", "b?")]


@pytest.mark.parametrize(
    ("texts", "words"), [(["a?", " "], "q2 is empty"), (["a?", "a? "], "twice: 'a\\?'"), ([], "no question")]
)
def test_texts_that_cannot_be_asked(texts: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        questions_from_texts(texts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no question"),
        ("question = 1", r"\[\[question\]\]"),
        ("[[question]]\nid = 'a'", "question 1 needs a text"),
        ("[[question]]\nid = 'a b'\ntext = 'x?'", "an id is letters"),
        ("[[question]]\nid = 'q2'\ntext = 'x?'\n[[question]]\ntext = 'y?'", "id 'q2' comes twice"),
        ("[[question]]\ntext = ", "line 2: not valid TOML"),
    ],
)
def test_a_toml_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        load_questions(str(file))
    assert str(file) in str(caught.value)


def test_where_questions_are_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('name = "Our own"\n[[question]]\ntext = "Why?"\n')
    Path("list.txt").write_text("Why?\n")
    assert question_set("demo") == QuestionSet(name="demo", source="demo")
    assert question_set("mine.toml") == QuestionSet(name="Our own", source=str(tmp_path / "mine.toml"))
    assert question_set("list.txt") == QuestionSet(name="list", source=str(tmp_path / "list.txt"))
    assert load_questions(DEFAULT_SET) == (DEFAULT_QUESTION,)


def test_an_unknown_set_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no question set or file 'fadda'; did you mean 'fada'\?"):
        load_questions("fadda")


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_questions(str(tmp_path / "image.png"))
    with pytest.raises(UsageError, match="it is a folder, not a file"):
        load_questions(str(tmp_path))
