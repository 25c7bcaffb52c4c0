"""Keys are hidden before a text is shortened, in every spelling, and so are parts of them."""

import pytest

from fada_tui.core import secrets
from fada_tui.core.errors import LONGEST_REASON, reason
from fada_tui.core.secrets import (
    SHORTEST_PART,
    AnswerStream,
    Secrets,
    in_arguments,
    in_environment,
    quoted,
    without_secrets,
)

KEY = "sk-proj-8Fq2ZxT0vLw/+mN=d7Yc"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", Secrets([KEY]))


def parts_in(text: str, length: int = SHORTEST_PART) -> list[str]:
    """The parts of the key, in any case, that a text still holds."""
    low, key = text.lower(), KEY.lower()
    pieces = {key[at : at + length] for at in range(len(key) - length + 1)}
    return sorted(piece for piece in pieces if piece in low)


@pytest.mark.parametrize("most", range(20, 120))
def test_no_cut_leaves_a_part_of_a_key(most: int) -> None:
    said = quoted(f"the server at the end of the road refuses {KEY} for now, and {KEY}", most)
    assert len(said) <= most and not parts_in(said)
    error = reason(ValueError("x" * (LONGEST_REASON - most) + f" {KEY} " + "y" * 200))
    assert not parts_in(error) and len(error) <= LONGEST_REASON


@pytest.mark.parametrize("left", range(SHORTEST_PART, len(KEY) + 1))
def test_what_another_cut_of_a_key_is_hidden(left: int) -> None:
    for part in (KEY[:left], KEY[-left:], KEY[1 : left + 1]):
        assert not parts_in(secrets.hide(f"no key '{part}' here"))
        assert secrets.hide(f"no key '{part}' here").startswith("no key '")


@pytest.mark.parametrize(
    "spelt",
    [
        KEY.upper(),
        KEY.lower(),
        "sk-proj-8Fq2ZxT0vLw%2F%2BmN%3Dd7Yc",
        "sk-proj-8Fq2ZxT0vLw\\/+mN=d7Yc",
        f"{KEY[:8]}********{KEY[-4:]}",
        f"{KEY[:4]}…{KEY[-4:]}",
        f"sk-...{KEY[-3:]}",
        f"*****{KEY[-4:]}",
        KEY + KEY,
    ],
)
def test_other_spellings_and_masks(spelt: str) -> None:
    said = secrets.hide(f"Incorrect API key provided: {spelt}. You can find it elsewhere.")
    assert not parts_in(said) and KEY[-3:].lower() not in said.lower()
    assert said.startswith("Incorrect API key provided: [key]")
    assert said.endswith(". You can find it elsewhere.")


def test_answers_keep_their_words_but_not_a_key() -> None:
    worded = Secrets(["my-fetal-ultrasound-server"])
    assert worded.hide_in_answer("A fetal ultrasound: the bladder is EMPTY.") == (
        "A fetal ultrasound: the bladder is EMPTY."
    )
    assert worded.hide_in_answer("it is my-fetal-ultrasound-server!") == "it is [key]!"
    assert worded.hide_in_answer("it is my-fetal-ultraso…") == "it is [key]…"
    placeholder = Secrets(["EMPTY", "x"])
    assert placeholder.hide_in_answer("EMPTY x") == "EMPTY x"
    assert placeholder.hide("key EMPTY, max, x") == "key [key], max, [key]"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 40])
def test_a_key_that_arrives_in_pieces_is_never_passed_on(size: int) -> None:
    text = f"sk-s is a scan. {KEY}{KEY} and {KEY[:20]} and sk-pro; s {KEY[:15]}"
    stream = AnswerStream()
    passed = [stream.take(text[at : at + size]) for at in range(0, len(text), size)]
    whole = "".join([*passed, stream.end()])
    assert not parts_in(whole, len(KEY) // 2)
    assert whole.replace("[key][key]", "[key]") == secrets.hide_in_answer(text)
    assert stream.end() == ""


def test_an_answer_without_a_key_waits_for_nothing_long() -> None:
    stream = AnswerStream()
    said = [stream.take(word) for word in ("A fetal ", "head, ", "seen in ")]
    assert "".join(said) == "A fetal head, seen in "


def test_which_keys_an_environment_holds() -> None:
    environ = {
        "FADA_TUI_API_KEY": " a-key ",
        "HF_TOKEN": "hf_of_the_hub",
        "HOME": "/home/me",
        "https_proxy": "http://me:pass%2Fword@proxy:3128",
        "NO_PROXY": "localhost",
    }
    assert set(in_environment(environ)) == {"a-key", "hf_of_the_hub", "pass/word"}


@pytest.mark.parametrize(
    ("words", "recorded"),
    [
        (("vllm", "--hf-token", "hf_1"), ("vllm", "--hf-token", "[key]")),
        (("env", "HF_TOKEN=hf_1", "vllm"), ("env", "HF_TOKEN=[key]", "vllm")),
        (("--my__api_key=k", "-hft", "k"), ("--my__api_key=[key]", "-hft", "[key]")),
        (("--max-tokens", "8", "--tokenizer", "t"), ("--max-tokens", "8", "--tokenizer", "t")),
        (("--api-key", "--port", "token", "next"), ("--api-key", "--port", "token", "next")),
        (("--model", "lora_r_16_alpha_32_lr_2e_4_" * 30), ("--model", "lora_r_16_alpha_32_lr_2e_4_" * 30)),
    ],
)
def test_no_key_is_left_in_a_command_s_words_however_long_they_are(
    words: tuple[str, ...], recorded: tuple[str, ...]
) -> None:
    assert without_secrets(words) == recorded
    assert in_arguments(words) == tuple(
        word.rpartition("=")[2] for word, told in zip(words, recorded, strict=True) if word != told
    )
