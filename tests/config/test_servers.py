"""The tables `[servers."HOST"]` of `settings.toml`: what they take, and what is said of what they don't."""

from pathlib import Path

import pytest

from fada_tui.config.servers import ServerSettings
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import UsageError

GOOD = """
[servers."gpu7.example:8000"]
headers = {X-Team = "fetal", Authorization = "Bearer $MY_TOKEN"}
api_key_env = "GPU7_KEY"
[servers."gpu7.example:8000".extra]
chat_template_kwargs = {enable_thinking = false}
top_k = 1
stop = ["\\n"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text)
    return file


def test_what_a_table_says(tmp_path: Path) -> None:
    settings, warnings = load_settings({}, {}, written(tmp_path, GOOD))
    assert warnings == ()
    assert settings.servers == {
        "gpu7.example:8000": ServerSettings(
            headers={"X-Team": "fetal", "Authorization": "Bearer $MY_TOKEN"},
            extra={"chat_template_kwargs": {"enable_thinking": False}, "top_k": 1, "stop": ["\n"]},
            api_key_env="GPU7_KEY",
        )
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("servers = 7", "servers: expected a table, got a number"),
        ('[servers]\nheaders = "x"', 'servers."headers": expected a table, got text'),
        ("[[servers.h]]", 'servers."h": expected a table, got a list'),
        ('[servers."http://h/v1"]', 'servers."http://h/v1": expected a host, or HOST:PORT'),
        ("[servers.h]\nheaders = true", 'servers."h".headers: expected a table, got true or false'),
        ("[servers.h]\nheaders = {A = 70707}", 'servers."h".headers."A": expected text, got a number'),
        ('[servers.h]\nheaders = {A = "hush\\nHost: x"}', 'headers."A": expected printable ASCII text'),
        ('[servers.h]\nheaders = {A = ""}', 'headers."A": expected printable ASCII text'),
        ('[servers.h]\nheaders = {"A B" = "hush"}', 'headers."A B": no header has such a name'),
        ('[servers.h]\nheaders = {Content-Length = "0"}', "this header follows from the request"),
        ("[servers.h]\nextra = 1979-05-27", 'servers."h".extra: expected a table, got a date or time'),
        ("[servers.h]\nextra = {a = [1979-05-27]}", "extra.a: expected what JSON can hold, got a date"),
        ("[servers.h]\nextra = {a = nan}", "extra.a: expected what JSON can hold, got a number that is none"),
        ('[servers.h]\nextra = {model = "x"}', "extra.model: fada-tui sets this field itself"),
        ("[servers.h]\nextra = {max_tokens = 5}", "this is what the setting max_new_tokens is for"),
        ('[servers.h]\napi_key_env = "sk-hush"', "api_key_env: expected the name of an environment variable"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_settings({}, {}, file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ") and said in message
    assert "\n" not in message and "hush" not in message and "70707" not in message
    settings, warnings = load_settings({}, {}, file, tolerant=True)
    assert settings.servers == {} and warnings == (f"{message}; the default counts",)


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = written(tmp_path, '[servers.h]\nheader = {A = "hush"}\n')
    settings, warnings = load_settings({}, {}, file)
    assert settings.servers == {"h": ServerSettings()}
    assert warnings == (f"{file}: servers.\"h\": unknown key 'header' is ignored; did you mean 'headers'?",)


def test_neither_an_option_nor_a_variable_sets_them(tmp_path: Path) -> None:
    given = {"servers": {"h": ServerSettings()}}
    settings, _ = load_settings(given, {"FADA_TUI_SERVERS": "h"}, tmp_path / "none.toml")
    assert settings.servers == {}
