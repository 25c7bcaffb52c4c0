from argparse import Namespace
from pathlib import Path
from runpy import run_path
from types import NoneType
from typing import Any, Literal, Union, get_type_hints

import pytest

from fada_tui.cli.commands.common import results_folder
from fada_tui.config.engines import EngineSettings
from fada_tui.config.schema import SETTINGS
from fada_tui.config.servers import ServerSettings
from fada_tui.config.settings import Settings, load_settings, names_given
from fada_tui.core import paths
from fada_tui.core.errors import UsageError
from fada_tui.core.records import ModelEntry

ROOT = Path(__file__).parents[2]


def settings_toml(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_is_created_by_asking_where_things_lie(tmp_path: Path) -> None:
    environ = {"FADA_TUI_CONFIG_DIR": str(tmp_path / "config")}
    assert paths.settings_file(environ) == tmp_path / "config" / "settings.toml"
    assert paths.models_file(environ) == tmp_path / "config" / "models.toml"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_config_variable_counts_as_not_set() -> None:
    assert paths.config_dir({"FADA_TUI_CONFIG_DIR": ""}) == paths.config_dir({})
    assert paths.config_dir({}).name == "fada-tui"


def test_home_is_replaced_and_an_unknown_user_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert paths.expanded("~/x") == Path("/home/someone/x")
    assert paths.expanded("~no-such-user-here/x") == Path("~no-such-user-here/x")


def test_samples_of_the_wheel_come_before_those_of_the_checkout(tmp_path: Path) -> None:
    package = tmp_path / "fada_tui"
    package.mkdir()
    (tmp_path / "samples").mkdir()
    with pytest.raises(UsageError, match="--images"):  # beside an installed package: somebody else's folder
        paths.samples_dir(package)
    (tmp_path / "pyproject.toml").touch()
    assert paths.samples_dir(package) == tmp_path / "samples"
    (package / "samples").mkdir()
    assert paths.samples_dir(package) == package / "samples"


def test_defaults_without_any_source(tmp_path: Path) -> None:
    settings, warnings = load_settings({}, {}, tmp_path / "none.toml")
    assert settings == Settings()
    assert (settings.model, settings.max_new_tokens, settings.results) == (("fada-demo",), 100, "results")
    assert warnings == ()


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_each_setting_has_the_type_and_the_default_that_its_description_says(name: str) -> None:
    setting = SETTINGS[name]
    kinds: dict[str, tuple[Any, ...]] = {
        "text": (str,),
        "texts": (tuple[str, ...],),
        "pairs": (dict[str, str],),
        "whole": (int,),
        "number": (float,),
        "switch": (bool,),
        "flag": (bool,),
        "choice": (),
        "shard": (str,),
        "devices": (str,),
        "tables": (dict[str, EngineSettings] if name == "engines" else dict[str, ServerSettings],),
    }
    literal, union = (Literal, Union)
    parts = kinds[setting.kind] + ((literal[setting.choices],) if setting.choices else ())
    expected = union[(*parts, *((NoneType,) if setting.default is None else ()))]
    assert get_type_hints(Settings)[name] == expected
    assert getattr(Settings(), name) == setting.default


def test_the_settings_are_those_that_are_described() -> None:
    assert Settings.__struct_fields__ == tuple(SETTINGS)


def test_what_the_model_list_says_too_are_the_settings_that_an_entry_has() -> None:
    of_entries = {name for name, setting in SETTINGS.items() if setting.entry_default}
    assert of_entries == SETTINGS.keys() & set(ModelEntry.__struct_fields__)


def test_the_page_of_settings_is_up_to_date() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == run_path(str(ROOT / "docs" / "settings.py"))["page"]()


def test_option_over_environment_over_file_over_default(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, "max_new_tokens = 1\nseed = 1\nlimit = 1\n")
    environ = {"FADA_TUI_MAX_NEW_TOKENS": "2", "FADA_TUI_SEED": "2"}
    settings, _ = load_settings({"max_new_tokens": 3, "seed": None, "command": "models"}, environ, file)
    assert (settings.max_new_tokens, settings.seed, settings.limit, settings.per_category) == (3, 2, 1, None)


def test_what_is_given_is_told_from_what_is_so_by_default(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, "seed = 0\nunknown = 1\n")
    environ = {"FADA_TUI_LIMIT": "3", "FADA_TUI_FRAMES": ""}
    options = {"model": ["fada-demo"], "top_p": None, "command": "models"}
    assert names_given(options, environ, file) == {"seed", "limit", "model"}


def test_a_list_of_images_is_a_path_from_each_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    file = settings_toml(tmp_path, 'images_from = "~/list.txt"\n')
    assert load_settings({}, {}, file).settings.images_from == "/home/me/list.txt"
    environ = {"FADA_TUI_IMAGES_FROM": "splits.json:test"}
    assert load_settings({}, environ, file).settings.images_from == "splits.json:test"
    assert load_settings({"images_from": "a.csv"}, environ, file).settings.images_from == "a.csv"


def test_lists_from_each_source(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, 'model = "one"\ncategory = ["Brain", "Heart"]\n')
    environ = {"FADA_TUI_TRUST_REMOTE_CODE": "a, b", "FADA_TUI_QUESTION": "Fetal, or not?\nWhich plane?\n"}
    settings, _ = load_settings({}, environ, file)
    assert settings.model == ("one",)
    assert settings.category == ("Brain", "Heart")
    assert settings.trust_remote_code == ("a", "b")
    assert settings.question == ("Fetal, or not?", "Which plane?")


@pytest.mark.parametrize(("text", "expected"), [("8", 8), ("auto", "auto")])
def test_batch_size_is_a_number_or_auto(tmp_path: Path, text: str, expected: object) -> None:
    file = tmp_path / "none.toml"
    assert load_settings({}, {"FADA_TUI_BATCH_SIZE": text}, file).settings.batch_size == expected
    assert load_settings({"batch_size": text}, {}, file).settings.batch_size == expected


def test_a_question_by_option_takes_the_place_of_a_set_in_the_file(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, 'questions = "fada"\n')
    settings, _ = load_settings({"question": ["Which plane?"]}, {}, file)
    assert (settings.question, settings.questions) == (("Which plane?",), None)
    settings, _ = load_settings({"question": ["Which plane?"], "questions": "demo"}, {}, file)
    assert settings.question and settings.questions, "both by option: for the command to refuse"


def test_frames_and_a_frame_take_each_other_s_place(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, "frames = 5\n")
    assert load_settings({}, {}, file).settings.frames == 5
    settings, _ = load_settings({"frame": 3}, {}, file)
    assert (settings.frames, settings.frame) == (None, 3)
    settings, _ = load_settings({}, {"FADA_TUI_FRAMES": "2", "FADA_TUI_FRAME": "4"}, file)
    assert (settings.frames, settings.frame) == (2, 4), "both by the environment: for the command to refuse"
    settings, _ = load_settings({"frames": 7}, {"FADA_TUI_FRAME": "4"}, file)
    assert (settings.frames, settings.frame) == (7, None)
    with pytest.raises(UsageError, match="FADA_TUI_FRAMES: expected a whole number of at least 1, got '0'"):
        load_settings({}, {"FADA_TUI_FRAMES": "0"}, file)


def test_unknown_keys_are_warned_of_with_the_nearest_name(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, "max-new-token = 5\nzzz = 1\n")
    settings, warnings = load_settings({}, {}, file)
    assert settings == Settings()
    assert "'max-new-token'" in warnings[0] and "'max_new_tokens'" in warnings[0] and str(file) in warnings[0]
    assert "did you mean" not in warnings[1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('max_new_tokens = "5"', "a whole number of at least 1, got '5'"),
        ("max_new_tokens = 0", "of at least 1, got 0"),
        ("max_new_tokens = true", "a whole number"),
        ("temperature = nan", "a number from 0 to 100"),
        ("token_timeout = inf", "above 0 up to 1e+07"),
        ('dtype = "float8"', "one of auto, float32, float16, bfloat16"),
        ("batch_size = -1", "a whole number of at least 1 or 'auto'"),
        ('allow_pickle = "yes"', "true or false"),
        ("model = [1]", "text, or a list of texts"),
        ("device = 0", "text, got 0"),
    ],
)
def test_a_wrong_value_in_the_file_names_file_key_and_expectation(
    tmp_path: Path, line: str, words: str
) -> None:
    file = settings_toml(tmp_path, line)
    with pytest.raises(UsageError) as caught:
        load_settings({}, {}, file)
    message = str(caught.value)
    assert message.startswith(f"{file}: {line.split()[0]}: expected ")
    assert words in message


def test_a_wrong_value_elsewhere_names_variable_or_option(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    with pytest.raises(UsageError, match=r"^FADA_TUI_SEED: expected a whole number of at least 0, got 'x'"):
        load_settings({}, {"FADA_TUI_SEED": "x"}, file)
    with pytest.raises(UsageError, match=r"^--max-new-tokens: "):
        load_settings({"max_new_tokens": 0}, {}, file)


def test_a_file_that_is_no_toml_names_file_and_line(tmp_path: Path) -> None:
    file = settings_toml(tmp_path, "seed = 1\nlimit = = 2\n")
    with pytest.raises(UsageError, match=r"settings\.toml, line 2: not valid TOML"):
        load_settings({}, {}, file)
    file.write_bytes(b"assessor = '\xff'")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_settings({}, {}, file)
    with pytest.raises(UsageError, match="cannot be read: it is a folder, not a file"):
        load_settings({}, {}, tmp_path)


def test_paths_in_settings_know_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    file = settings_toml(tmp_path, 'images = "~/scans"\nassessor = "~"\n')
    settings, _ = load_settings({}, {}, file)
    assert (settings.images, settings.assessor) == ("/home/someone/scans", "~")


@pytest.mark.parametrize(
    "line",
    [
        "keymap = [1, 2]",
        "keymap = {quit = 3}",
        "keymap = [[[]]]",
        "seed = [[[1]]]",
        "results = 5",
        "model = {}",
    ],
)
def test_a_wrong_value_costs_itself_where_somebody_reads_the_warning(tmp_path: Path, line: str) -> None:
    file = settings_toml(tmp_path, f'{line}\nassessor = "ada"\n')
    settings, (warning,) = load_settings({}, {}, file, tolerant=True)
    assert settings == Settings(assessor="ada")
    assert names_given({}, {}, file) == {"assessor"}
    name = line.split()[0]
    assert warning.startswith(f"{file}: {name}: expected ") and warning.endswith("the default counts")
    with pytest.raises(UsageError, match=name):
        load_settings({}, {}, file)


@pytest.mark.parametrize("text", ["seed = = 2", "a = " + "[" * 5000, '"\\ud800" = 1', "a = 1" + "0" * 5000])
def test_a_file_that_cannot_be_read_costs_itself_where_somebody_reads_the_warning(
    tmp_path: Path, text: str
) -> None:
    file = settings_toml(tmp_path, text)
    settings, (warning,) = load_settings({"assessor": "ada"}, {}, file, tolerant=True)
    assert settings == Settings(assessor="ada")
    assert warning.startswith(str(file)) and "\n" not in warning and len(warning) < 500
    with pytest.raises(UsageError, match="FADA_TUI_SEED"):
        load_settings({}, {"FADA_TUI_SEED": "x"}, file, tolerant=True)


def test_the_results_folder_is_never_another_than_the_one_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path))
    settings_toml(tmp_path, 'keymap = [1, 2]\nresults = "/there"\n')
    assert results_folder(Namespace()) == Path("/there")
    assert "keymap" in capsys.readouterr().err
    settings_toml(tmp_path, "results = 3\n")
    with pytest.raises(UsageError, match="results"):
        results_folder(Namespace())
    assert results_folder(Namespace(results="here")) == Path("here")
    settings_toml(tmp_path, "results = \n")
    with pytest.raises(UsageError, match="line 1"):
        results_folder(Namespace())
