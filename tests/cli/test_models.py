import json
import subprocess
import sys
import tomllib
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest

from fada_tui.cli.commands import models
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Dataset, ModelFacts, ModelMemory, Result, Run, Tool, encode_run
from fada_tui.report.figures import figures
from fada_tui.store import folder as store

SMOL = "SmolVLM-500M"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def run_of(name: str, load_time: float | None = None) -> Run:
    result = Result(
        image="a.png",
        category="Brain",
        question="?",
        question_id="q1",
        path="Brain/a.png",
        response="yes",
        time=2.5,
    )
    return Run(
        id=f"20260101-000000_{name}",
        status="complete",
        tool=Tool(name="fada-tui", version="0"),
        model=ModelFacts(name=name, load_time=load_time, memory=ModelMemory(weights=1_015_000_000)),
        dataset=Dataset(name="x", categories={"Brain": 1}, images=1),
        results=(result,),
    )


def call(action: str, runs: Sequence[Run] = (), **options: object) -> int:
    return models.run(
        Namespace(action=action, **options),
        lambda _: models.Tried([one.light() for one in runs], {one.id: figures(one) for one in runs}),
    )


def test_list_is_aligned_and_shows_what_runs_measured(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("list", [run_of(SMOL, load_time=8.6)]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if SMOL in line)
    assert line[header.index("STATUS") :].startswith("tested ")
    assert line[header.index("LOAD") :].startswith("8.60 s")
    assert line[header.index("MEMORY") :].startswith("1.01 GB (weights)") or "1.02 GB" in line
    assert line[header.index("SPEED") :].startswith("2.50 s")
    assert not config.exists(), "reading the list creates nothing"


def test_list_as_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("list", [run_of(SMOL)], json=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    row = next(row for row in json.loads(out)["models"] if row["name"] == SMOL)
    assert (row["order"], row["status"], row["runs"], row["mean_time"]) == (4, "tested", 1, 2.5)
    assert row["load_time"] is None, "unknown, never 0"
    assert row["memory"]["weights"] == 1_015_000_000


def test_runs_are_read_from_the_results_folder_of_the_option(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(SMOL)
    (tmp_path / "elsewhere" / run.id).mkdir(parents=True)
    (tmp_path / "elsewhere" / run.id / store.RUN_NAME).write_bytes(encode_run(run))
    models.run(Namespace(action="show", name="4", json=True, results="elsewhere"))
    assert json.loads(capsys.readouterr().out)["run"] == run.id


def test_show_by_name_hub_id_and_place(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (SMOL.lower(), "HuggingFaceTB/SmolVLM-500M-Instruct", "4"):
        call("show", name=name)
        assert "Size:       507.5M" in capsys.readouterr().out
    with pytest.raises(UsageError, match="no model 'SmolVML-500M' in the list; did you mean"):
        call("show", name="SmolVML-500M")
    with pytest.raises(UsageError, match="no model 'None'"):
        call("show", name="None")
    with pytest.raises(UsageError, match=r"'\./nowhere' is not a folder"):
        call("show", name="./nowhere")


def test_show_takes_a_folder_and_a_hub_id_that_the_list_lacks(
    config: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("show", name=str(tiny))
    out = capsys.readouterr().out
    assert f"Model:      tiny\nSource:     {tiny}\n" in out
    assert "Class:      Idefics3ForConditionalGeneration (type idefics3)\n" in out and "Cannot run" not in out
    call("show", name="some/model", json=True)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["status"], shown["runnable"]) == ("model", "untested", False)
    assert shown["requirements"]["weighed"]["parameters"] is None and shown["requirements"]["needs"] == {}
    assert shown["suggestion"] is None


def test_next_names_the_model_and_how_to_run_it(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("next", [run_of("BLIP-2"), run_of("SmolVLM-256M"), run_of(SMOL)])
    assert capsys.readouterr().out.endswith("fada-tui --batch --model DeepSeek-VL-1.3B\n")
    call("next", json=True)
    assert json.loads(capsys.readouterr().out)["next"]["order"] == 1


def test_add_change_and_remove(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weights").mkdir()
    call("add", name="mine", source="weights", dtype="float32")
    call("add", name="Mine", source="me/mine", license="mit")
    tables = tomllib.loads((config / "models.toml").read_text())["model"]
    assert tables == [
        {"name": "mine", "source": "me/mine", "dtype": "float32", "order": 21, "license": "mit"}
    ]
    out = capsys.readouterr().out
    assert "added mine" in out and "changed Mine" in out
    call("remove", name="mine")
    assert tomllib.loads((config / "models.toml").read_text()) == {"model": []}


def test_add_keeps_a_folder_s_absolute_path(config: Path, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    call("add", name="mine", source="./weights")
    tables = tomllib.loads((config / "models.toml").read_text())["model"]
    assert tables[0]["source"] == str(tmp_path / "weights")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "x", "source": "nowhere"}, "neither a folder nor a hub id"),
        ({"name": " ", "source": "a/b"}, "needs a name"),
        ({"name": "\x1b]0;x", "source": "a/b"}, "printable"),
        ({"name": "x", "source": "a/b", "order": 0}, "--order: expected"),
    ],
)
def test_add_refuses(config: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call("add", **options)
    assert not config.exists()


def test_removing_a_shipped_model_marks_it_skipped(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("remove", name=SMOL)
    assert "marked as skipped instead of removed" in capsys.readouterr().out
    call("show", name=SMOL, json=True)
    assert json.loads(capsys.readouterr().out)["status"] == "skipped"


def test_status_is_set_and_given_back_to_the_runs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("status", name=SMOL, status="failed", reason="nonsense only")
    call("show", [run_of(SMOL)], name=SMOL)
    out = capsys.readouterr().out
    assert "Status:     failed" in out and "Why:        nonsense only" in out
    call("status", name=SMOL, status=models.BY_RUNS)
    capsys.readouterr()
    call("show", [run_of(SMOL)], name=SMOL)
    assert "Status:     tested" in capsys.readouterr().out


def test_control_characters_never_reach_the_terminal(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.mkdir()
    (config / "models.toml").write_text(
        '[[model]]\nname = "evil\\u001b]0;x\\u0007"\nsource = "a/b"\n'
        'reason = "[bold]\\u202ex"\n"\\u001bk" = 1\n'
    )
    call("list")
    call("show", name="evil\x1b]0;x\x07")
    captured = capsys.readouterr()
    assert "evil\\x1b]0;x\\x07" in captured.out and "[bold]\\u202ex" in captured.out
    assert "\\x1bk" in captured.err
    assert not {"\x1b", "\x07", "\u202e"} & {*captured.out, *captured.err}


def test_a_terminal_gets_a_table_with_markup_shown_as_text(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config.mkdir()
    (config / "models.toml").write_text('[[model]]\nname = "m"\nsource = "a/b"\nreason = "[/INST]"\n')
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    call("list")
    assert "[/INST]" in capsys.readouterr().out


def test_listing_models_imports_nothing_heavy(config: Path) -> None:
    code = (
        "import sys; from argparse import Namespace; from fada_tui.cli.commands import models;"
        "models.run(Namespace(action='list', results='/nonexistent'));"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'numpy', 'PIL', 'rich'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
