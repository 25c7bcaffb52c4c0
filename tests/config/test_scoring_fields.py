"""How a question's answers are scored: what a set says of it, and what is refused."""

from pathlib import Path

import pytest

from fada_tui.config.questions import load_questions
from fada_tui.core.errors import UsageError
from fada_tui.core.records import SCORE_KINDS, Question

SET = """
name = "clinic"

[[question]]
id = "organs"
short = " Organs  seen "
text = "Name every organ."
score = "set"
synonyms = {"stomach" = ["gastric bubble", "magen"], "umbilical vein" = ["UV"]}
context = true

[[question]]
id = "weeks"
text = "How many weeks?"
score = "ordered"
values = ["11-14 weeks", "15-19  weeks"]

[[question]]
id = "lie"
text = "How does it lie?"
score = "choice"
values = ["cephalic", "breech"]
synonyms = {Cephalic = ["head down"]}
context = false

[[question]]
id = "odd"
text = "Is anything odd?"
score = "yes_no"
values = ["normal", "abnormal"]

[[question]]
id = "fetal"
text = "Is it a fetus?"
score = "yes_no"
synonyms = {yes = ["fetal"], no = ["adult"]}

[[question]]
text = "Anything else?"
note = "a key of one's own"
"""


def test_a_set_says_how_each_answer_is_scored(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text(SET)
    assert load_questions(str(file)) == (
        Question(
            id="organs",
            short="Organs seen",
            text="Name every organ.",
            score="set",
            synonyms={"stomach": ("gastric bubble", "magen"), "umbilical vein": ("UV",)},
            context=True,
        ),
        Question(id="weeks", text="How many weeks?", score="ordered", values=("11-14 weeks", "15-19 weeks")),
        Question(
            id="lie",
            text="How does it lie?",
            score="choice",
            values=("cephalic", "breech"),
            synonyms={"cephalic": ("head down",)},
            context=False,
        ),
        Question(id="odd", text="Is anything odd?", score="yes_no", values=("normal", "abnormal")),
        Question(
            id="fetal",
            text="Is it a fetus?",
            score="yes_no",
            synonyms={"yes": ("fetal",), "no": ("adult",)},
        ),
        Question(id="q6", text="Anything else?"),
    )


@pytest.mark.parametrize("kind", SCORE_KINDS)
def test_every_kind_can_be_asked_for(tmp_path: Path, kind: str) -> None:
    values = 'values = ["a", "b"]\n' if kind in ("choice", "ordered") else ""
    file = tmp_path / "one.toml"
    file.write_text(f'[[question]]\ntext = "What?"\nscore = "{kind}"\n{values}')
    (question,) = load_questions(str(file))
    assert question.kind == kind


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ('score = "orderd"', "no kind of score 'orderd'; did you mean 'ordered'? (kinds: none, terms, set"),
        ('score = "zzz"', "no kind of score 'zzz' (kinds: none"),
        ("score = 1", "score is a kind in quotes, got 1 (kinds: none"),
        ('score = "choice"', "score 'choice' needs values"),
        ('score = "ordered"\nvalues = ["a"]', "score 'ordered' needs two values or more, got 1"),
        (
            'score = "yes_no"\nvalues = ["a", "b", "c"]',
            "'yes_no' has two values, the one that means no first",
        ),
        ('values = ["a", "b"]', "values mean nothing for score 'none' (they do for choice, ordered"),
        ('score = "text"\nvalues = ["a"]', "values mean nothing for score 'text'"),
        ('score = "terms"\nvalues = ["a"]', "values mean nothing for score 'terms'"),
        ('score = "terms"\nsynonyms = {a = ["b"]}', "synonyms mean nothing for score 'terms'"),
        ('score = "choice"\nvalues = ["a", " A"]', "the value 'A' comes twice"),
        ('score = "choice"\nvalues = "a"', "values is a list of texts"),
        ('score = "set"\nvalues = []', "values is a list of texts"),
        ('score = "ordered"\nvalues = [1, 2]', 'values is a list of texts, as in ["poor", "good"], got 1'),
        ('score = "choice"\nvalues = ["a", " "]', "values is a list of texts"),
        (
            'score = "ordered"\nvalues = ["poor", "good"]\nsynonyms = {por = ["bad"]}',
            "synonyms of 'por', which is none of its values; did you mean 'poor'? (values: poor, good)",
        ),
        ('score = "yes_no"\nsynonyms = {nope = ["never"]}', "'nope', which is none of its values"),
        ('score = "set"\nsynonyms = {a = ["c"], b = ["C"]}', "'C' stands for two: 'a' and 'b'"),
        ('score = "choice"\nvalues = ["a", "b"]\nsynonyms = {a = ["b"]}', "'b' stands for two: 'b' and 'a'"),
        ('score = "set"\nsynonyms = {a = ["c"], A = ["d"]}', "synonyms of 'A' come twice"),
        ('score = "set"\nsynonyms = ["a"]', "synonyms is a table of lists of texts"),
        ('score = "set"\nsynonyms = {a = "b"}', "synonyms is a table of lists of texts"),
        ('score = "set"\nsynonyms = {a = [1]}', "synonyms is a table of lists of texts"),
        ("context = 1", "context is true or false, got 1"),
        ('short = ""', "short is a name in quotes, got ''"),
        ('synonym = {a = ["b"]}', "no key 'synonym' is known; did you mean 'synonyms'?"),
        ('socre = "set"', "no key 'socre' is known; did you mean 'score'?"),
    ],
)
def test_what_cannot_be_is_told_with_file_and_question(tmp_path: Path, fields: str, words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'[[question]]\ntext = "Why?"\n[[question]]\nid = "plane"\ntext = "What?"\n{fields}\n')
    with pytest.raises(UsageError) as caught:
        load_questions(str(file))
    assert str(caught.value).startswith(f"{file}: question plane: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_questions_do_not_share_a_short_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[question]]\nshort = "Age"\ntext = "A?"\n[[question]]\nshort = "age"\ntext = "B?"\n')
    with pytest.raises(UsageError, match="the short name 'age' comes twice"):
        load_questions(str(file))
