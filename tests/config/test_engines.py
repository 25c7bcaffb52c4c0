"""The tables `[engines.NAME]` of `settings.toml`: what they take, and what is said of what they don't."""

from pathlib import Path

import pytest

from fada_tui.config.engines import ENGINES, EngineSettings, option_of
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import UsageError

GOOD = """
[engines.vllm]
command = ["~/vllm env/bin/vllm"]
arguments = ["--max-model-len", "8192", "--no-enable-prefix-caching"]
[engines."llama.cpp"]
command = "nice -n 5 '/opt/llama cpp/llama-server'"
arguments = "--ctx-size 16384"
[engines.sglang]
arguments = []
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text)
    return file


def test_what_a_table_says(tmp_path: Path) -> None:
    settings, warnings = load_settings({}, {}, written(tmp_path, GOOD))
    assert warnings == ()
    assert settings.engines == {
        "vllm": EngineSettings(
            command=(str(Path("~/vllm env/bin/vllm").expanduser()),),
            arguments=("--max-model-len", "8192", "--no-enable-prefix-caching"),
        ),
        "llama.cpp": EngineSettings(
            command=("nice", "-n", "5", "/opt/llama cpp/llama-server"), arguments=("--ctx-size", "16384")
        ),
        "sglang": EngineSettings(),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("engines = 7", "engines: expected a table"),
        ("[engines]\nvllm = 'vllm'", "engines.vllm: expected a table"),
        ("[engines.vlm]", "engines.vlm: expected one of vllm, sglang, \"llama.cpp\"; did you mean 'vllm'?"),
        ("[engines.llama.cpp]", 'write [engines."llama.cpp"], with the quotation marks'),
        ("[engines.vllm]\ncommand = []", "engines.vllm.command: expected a program"),
        ('[engines.vllm]\ncommand = ""', "engines.vllm.command: expected a program"),
        ('[engines.vllm]\ncommand = [""]', "engines.vllm.command: expected a program"),
        ("[engines.vllm]\ncommand = [1]", "engines.vllm.command: expected a list of texts"),
        ('[engines.vllm]\ncommand = "a \\"b"', "a quotation mark or backslash has no end"),
        ('[engines.vllm]\ncommand = ["a\\u0000b"]', "no program takes a text with a NUL"),
        ("[engines.vllm]\narguments = {a = 1}", "engines.vllm.arguments: expected a list of texts"),
        ('[engines.vllm]\narguments = ["--port", "1"]', "fada-tui sets '--port' itself; leave it out"),
        ('[engines.vllm]\narguments = ["--api_key=hush"]', "fada-tui sets '--api_key=hush' itself"),
        (
            '[engines.vllm]\narguments = ["--max-num-seqs=8"]',
            "'--max-num-seqs=8' is what the setting concurrency is for",
        ),
        ('[engines."llama.cpp"]\narguments = "-np 8"', "'-np' is what the setting concurrency is for"),
        (
            '[engines.sglang]\narguments = "--trust-remote-code"',
            "'--trust-remote-code' is what the setting trust_remote_code is for",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load_settings({}, {}, written(tmp_path, text))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_variable_and_no_option_says_which_program_is_started(tmp_path: Path) -> None:
    options = {"engines": {"vllm": EngineSettings(command=("evil",))}}
    settings, _ = load_settings(options, {"FADA_TUI_ENGINES": "evil"}, tmp_path / "none.toml")
    assert settings.engines == {}


def test_unknown_keys_are_warned_of_with_the_nearest_name(tmp_path: Path) -> None:
    _, warnings = load_settings({}, {}, written(tmp_path, '[engines.vllm]\nargument = ["a"]'))
    assert [line.partition(": ")[2] for line in warnings] == [
        "engines.vllm: unknown key 'argument' is ignored; did you mean 'arguments'?"
    ]


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("--max_num_seqs=8", "max-num-seqs"),
        ("-np", "np"),
        ("--json-arg.key1", "json-arg"),
        ("8", None),
        ("-1", None),
        ("-0.5", None),
        ("--", None),
        ("text", None),
    ],
)
def test_options_are_told_from_values(argument: str, name: str | None) -> None:
    assert option_of(argument) == name


def test_the_engines_are_those_that_the_settings_offer() -> None:
    assert ENGINES == ("vllm", "sglang", "llama.cpp")
