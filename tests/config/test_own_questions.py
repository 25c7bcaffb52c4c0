import pytest

from fada_tui.config.own_questions import check_name, is_kept, keep, questions_like
from fada_tui.config.questions import QUESTION_SETS, load_questions, question_set
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Question


def test_a_kept_set_is_asked_by_its_name_with_all_that_belongs_to_it() -> None:
    asked = (*load_questions("clinical"), Question(id="mine", text='Is "it" there?\nSay so.'))
    file = keep("my-set.v2", asked)
    assert load_questions("my-set.v2") == asked == load_questions(str(file))
    assert is_kept("my-set.v2") and "my-set.v2" in QUESTION_SETS.names()
    made = question_set("my-set.v2")
    assert (made.name, made.source) == ("my-set.v2", str(file)), "a source that is valid everywhere"
    keep("my-set.v2", asked[:2])
    assert load_questions("my-set.v2") == asked[:2]
    with pytest.raises(UsageError, match=r"did you mean 'my-set.v2'"):
        load_questions("my-set.v3")


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a b", "x" * 65, "clinical", "a\n", "-x"])
def test_names_that_no_set_can_have_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)
    with pytest.raises(UsageError):
        keep(name, load_questions("demo"))
    assert not QUESTION_SETS.own()


def test_what_is_not_among_the_kept_is_a_path_as_before(tmp_path: pytest.TempPathFactory) -> None:
    file = tmp_path / "mine.toml"  # type: ignore[operator]
    keep("mine", (Question(id="a", text="Kept?"),))
    file.write_text('name = "x"\n[[question]]\ntext = "In a file?"\n')
    assert [one.text for one in load_questions(str(file))] == ["In a file?"]
    assert [one.text for one in load_questions("mine")] == ["Kept?"]


def test_changed_questions_keep_how_they_are_scored() -> None:
    known = (
        Question(id="gas", short="Gas", text="Is the stomach bubble seen?", score="yes_no"),
        Question(id="q1", short="Quality", text="How good is it?", score="ordered", values=("bad", "good")),
    )
    made = questions_like(
        ["How GOOD  is it?", "Is the stomach bubble clearly seen?", "Where is the placenta?"], known
    )
    assert [(one.id, one.kind, one.text) for one in made] == [
        ("q1", "ordered", "How GOOD  is it?"),
        ("gas", "yes_no", "Is the stomach bubble clearly seen?"),
        ("q2", "none", "Where is the placenta?"),
    ]
    assert made[0].values == ("bad", "good") and made[1].short == "Gas"
    assert [one.id for one in questions_like(["New?", "Other?"], ())] == ["q1", "q2"]
    keep("changed", made)
    assert load_questions("changed") == made


def test_questions_of_the_program_are_known_by_their_words_and_short_names_stay_apart() -> None:
    first, second = load_questions("clinical")[:2]
    known = (Question(id="x", short=second.short, text="Something else entirely, is it?"),)
    made = questions_like([known[0].text, first.text, second.text], known)
    assert made[1].score == first.score and made[2].score == second.score
    keep("mixed", made)
    assert load_questions("mixed") == made
