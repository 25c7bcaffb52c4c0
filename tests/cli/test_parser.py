import argparse
from collections.abc import Iterator

import pytest

from fada_tui.cli.argument_parser import BadUsage
from fada_tui.cli.parser import parser
from fada_tui.config.schema import SETTINGS
from tests.conftest import Program


def parsers(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser, and those of all its commands."""
    yield of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers(inner)


ALL = list(parsers(parser()))

each_parser = pytest.mark.parametrize("one", ALL, ids=lambda one: one.prog)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--modle x", "unknown option --modle; did you mean --model?"),
        ("--batch --modle x --limit 3", "unknown option --modle; did you mean --model?"),
        ("--modle=x", "unknown option --modle; did you mean --model?"),
        ("--model x --shuffle -1 --limt 3", "unknown option --limt; did you mean --limit?"),
        (
            "--category Brain Heart --no-low-bandwith",
            "unknown option --no-low-bandwith; did you mean --no-low-bandwidth?",
        ),
        ("--mod x", "unknown option --mod; did you mean --model?"),
        ("--zzz", "unknown option --zzz; see fada-tui --help"),
        ("-m x", "unknown option -m; see fada-tui --help"),
        ("doctr", "unknown command doctr; did you mean doctor?"),
        ("xyz", "unknown command xyz; see fada-tui --help"),
        ("verify --smaple 3", "unknown option --smaple; did you mean --sample?"),
        ("verify RUN --smaple 3", "unknown option --smaple; did you mean --sample?"),
        ("models lst", "unknown command lst; did you mean list?"),
        ("models add NAME --sorce x", "unknown option --sorce; did you mean --source?"),
        ("--batch models --jsn list", "unknown option --jsn; did you mean --json?"),
        ("report --zzz", "unknown option --zzz; see fada-tui report --help"),
    ],
)
def test_a_mistyped_option_or_command_is_told_with_the_nearest(line: str, said: str) -> None:
    with pytest.raises(BadUsage) as caught:
        parser().parse_args(line.split())
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["--system-prompt", "-no such option", "doctor"], {"command": "doctor"}),
        (["--category", "a", "b", "--shuffle", "-3"], {"category": ["a", "b"], "shuffle": -3}),
        (["--question", "Which?", "--question", "Why?"], {"question": ["Which?", "Why?"]}),
        (["--name", "runs", "compare", "a"], {"name": "runs", "command": "compare", "runs": ["a"]}),
        (["--batch-size=auto", "--no-auto-advance"], {"batch_size": "auto", "auto_advance": False}),
        (["compare", "--", "--odd"], {"runs": ["--odd"]}),
    ],
)
def test_what_is_right_is_not_taken_for_a_mistake(words: list[str], given: dict[str, object]) -> None:
    assert given.items() <= vars(parser().parse_args(words)).items()


@pytest.mark.parametrize(
    "words",
    [
        ["--lora", "a", "--lora", "b"],
        ["--lora=a", "--lora=b"],
        ["models", "show", "x", "--lora", "a", "--lora", "b"],
    ],
)
def test_of_two_loras_none_is_dropped_in_silence(words: list[str]) -> None:
    with pytest.raises(BadUsage, match="--lora takes one value, and 'a' and 'b' are given; see fada-tui"):
        parser().parse_args(words)


@pytest.mark.parametrize("words", [["--lora", "a", "--lora", "a"], ["--dtype", "float32", "--dtype", "auto"]])
def test_the_same_value_again_and_another_dtype_are_taken(words: list[str]) -> None:
    assert vars(parser().parse_args(words))[words[0][2:]] == words[-1]


def test_what_lacks_a_value_is_told_so() -> None:
    with pytest.raises(BadUsage, match="argument --model: expected one argument"):
        parser().parse_args(["--model", "--batch"])


def test_a_mistyped_option_ends_the_program_with_one_line(program: Program) -> None:
    done = program.run("--modle", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fada-tui: unknown option --modle; did you mean --model?\n"


@each_parser
def test_all_is_explained_and_every_option_that_takes_a_value_tells_its_default(
    one: argparse.ArgumentParser,
) -> None:
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            assert all(choice.help for choice in action._choices_actions)
            continue
        assert action.help, action
        if action.option_strings and action.nargs != 0 and not action.required:
            assert "(default: " in action.help, action.option_strings


@each_parser
def test_every_help_has_a_description_and_the_same_width_on_every_terminal(
    one: argparse.ArgumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert one.description and one.description[0].isupper() and one.description.endswith(".")
    monkeypatch.setenv("COLUMNS", "200")
    wide = one.format_help()
    monkeypatch.setenv("COLUMNS", "40")
    assert one.format_help() == wide
    assert max(map(len, wide.splitlines())) <= 100


def test_every_setting_is_an_option_with_its_default() -> None:
    shown = " ".join(parser().format_help().split())
    for setting in SETTINGS.values():
        assert (setting.option in shown) is not setting.in_file_alone
        if setting.in_file_alone:
            continue
        assert f"{setting.help} (default: {setting.default_text})" in shown


def test_the_value_behind_an_equals_sign_may_have_spaces() -> None:
    options = parser().parse_args(["--batch", "--question=What is seen, and where?", "--limit=3"])
    assert options.question == ["What is seen, and where?"] and options.limit == 3
