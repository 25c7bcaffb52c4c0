import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import PASSING, UsageError
from fada_tui.core.paths import demo_weights
from fada_tui.core.records import Dataset, Failure, ModelEntry, ModelFacts, Run, RunStatus, Tool
from fada_tui.models.registry import (
    EMBEDDED,
    Registry,
    is_hub_id,
    load_registry,
    located,
    next_model,
    resolve_model,
    statuses,
    with_models_of,
)
from fada_tui.models.user_list import override, save_user_entries
from tests.examples import error_result, result
from tests.noflock.preload import without_flock

SMOL = "SmolVLM-500M"
SMOL_SOURCE = "HuggingFaceTB/SmolVLM-500M-Instruct"


def registry_of(folder: Path, text: str = "") -> Registry:
    file = folder / "models.toml"
    file.write_text(text, encoding="utf-8")
    return load_registry(file)


def run_of(
    name: str,
    status: RunStatus,
    *,
    source: str | None = None,
    started: str = "2026-01-01T00:00:00Z",
    error: Failure | None = None,
) -> Run:
    run = Run(
        id=f"{started}_{name}",
        status=status,
        started=started,
        tool=Tool(name="fada-tui", version="0"),
        model=ModelFacts(name=name, source=source),
        dataset=Dataset(name="x", categories={}, images=0),
    )
    return (
        run
        if error is None
        else Run(**{**{f: getattr(run, f) for f in run.__struct_fields__}, "error": error})
    )


def row_of(registry: Registry, runs: list[Run], name: str = SMOL) -> tuple[str, str | None]:
    row = next(row for row in statuses(registry, runs) if row.entry.name == name)
    return row.status, row.reason


def test_the_shipped_list(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    assert registry.entries[0].source == EMBEDDED
    listed = registry.entries[1:]
    assert [entry.order for entry in listed] == list(range(1, len(listed) + 1))
    places = {entry.source: entry.order for entry in listed}
    assert places[SMOL_SOURCE] == 4
    assert places["deepseek-community/deepseek-vl-1.3b-chat"] == 5
    assert places["Salesforce/blip-vqa-base"] == 7
    assert all(is_hub_id(entry.source) for entry in listed)
    assert all(entry.reason for entry in listed if entry.status != "untested")
    assert len(listed) >= 20
    smol = registry.find("smolvlm-500M")
    assert smol is not None and (smol.parameters, smol.license) == (507_482_304, "apache-2.0")


def test_the_user_s_file_overrides_key_by_key_and_adds(tmp_path: Path) -> None:
    registry = registry_of(
        tmp_path,
        f'[[model]]\nname = "{SMOL.upper()}"\ndtype = "float32"\n'
        '[[model]]\nname = "mine"\nsource = "me/mine"\norder = 2\n',
    )
    smol = registry.find(SMOL)
    assert smol is not None and (smol.source, smol.dtype, smol.order) == (SMOL_SOURCE, "float32", 4)
    names = [entry.name for entry in registry.entries]
    assert names.index("FetalCLIP") < names.index("mine") < names.index("SmolVLM-256M")


def test_a_status_of_the_user_s_own_drops_the_shipped_reason(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[[model]]\nname = "Moondream2"\nstatus = "tested"\n')
    assert row_of(registry, [], "Moondream2") == ("tested", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[model]]\nname = "x"', "'x' needs a source"),
        ('[[model]]\nsource = "a/b"', "model 2 needs a name"),
        (
            '[[model]]\nname = "x"\nsource = "a/b"\nstatus = "great"',
            "'x': Invalid enum value 'great' in 'status'",
        ),
        ('[[model]]\nname = "x"\nsource = 1', "'x': Expected 'str', got 'int' in 'source'"),
        ('[[model]]\nname = "x"\nsource = "a/b"\n[[model]]\nname = "X"\nsource = "a/b"', "'X' comes twice"),
        ('[[model]]\nname = "x"\nsource = "a/b"\nparameters = [[[1]]]', "'x': Expected"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_and_left_out(tmp_path: Path, text: str, words: str) -> None:
    registry = registry_of(tmp_path, f'[[model]]\nname = "mine"\nsource = "me/mine"\n{text}')
    assert registry.find("mine") and registry.find(SMOL)
    (warning,) = registry.warnings
    assert words in warning and warning.startswith(str(tmp_path / "models.toml"))
    assert "\n" not in warning and registry.damage is None


def test_an_entry_that_cannot_be_used_is_no_other_one(tmp_path: Path) -> None:
    """Neither the shipped entry that it overrides, nor the rest of it, is what its person wrote."""
    text = f'[[model]]\nname = "{SMOL.upper()}"\ndtype = 3\n'
    registry = registry_of(tmp_path, text)
    assert registry.find(SMOL) is None
    with pytest.raises(UsageError, match="Expected"):
        resolve_model(SMOL, registry)
    save_user_entries(override(registry, "mine", {"source": "me/mine"}), tmp_path / "models.toml")
    assert tomllib.loads((tmp_path / "models.toml").read_text())["model"] == [
        {"name": SMOL.upper(), "dtype": 3},
        {"name": "mine", "source": "me/mine"},
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model = 3", "[[model]]"),
        ("model = [1]", "[[model]]"),
        ("[[model]\n", "line 1"),
        ("a = " + "[" * 5000, "nested"),
    ],
)
def test_a_list_that_cannot_be_read_leaves_the_shipped_one(tmp_path: Path, text: str, words: str) -> None:
    registry = registry_of(tmp_path, text)
    assert registry.find(SMOL)
    (warning,) = registry.warnings
    assert words in warning and str(tmp_path / "models.toml") in warning
    with pytest.raises(UsageError, match=str(tmp_path)):
        registry.check()


def test_unknown_keys_are_warned_of(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, 'top = 1\n[[model]]\nname = "x"\nsource = "a/b"\nlicence = "mit"\n')
    assert "'top'" in registry.warnings[0]
    assert "'licence' is ignored; did you mean 'license'?" in registry.warnings[1]


def test_resolving_a_name_a_hub_id_and_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = load_registry(tmp_path / "none.toml")
    assert resolve_model("smolvlm-500m", registry).source == SMOL_SOURCE
    assert resolve_model(SMOL_SOURCE, registry).order == 4
    assert resolve_model("some/model-1.5", registry) == ModelEntry(name="model-1.5", source="some/model-1.5")
    assert resolve_model("fada-demo", registry).source == "demo"
    assert located(resolve_model("fada-demo", registry)).source == str(demo_weights())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some" / "model-1.5").mkdir(parents=True)
    here = ModelEntry(name="model-1.5", source=str(tmp_path / "some" / "model-1.5"))
    assert resolve_model("some/model-1.5", registry) == here, "what is on disk comes before the hub"
    assert resolve_model("./some/../some/model-1.5/", registry) == here
    monkeypatch.chdir(here.source)
    assert resolve_model(".", registry) == here


def test_a_folder_of_the_user_s_list_is_its_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    registry = registry_of(
        tmp_path,
        f'[[model]]\nname = "a"\nsource = "{tmp_path}/weights"\n'
        '[[model]]\nname = "b"\nsource = "~/weights"\n',
    )
    assert resolve_model(f"{tmp_path}/weights", registry).name == "a"
    assert resolve_model("b", registry).source == f"{tmp_path}/weights"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SmolVML-500M", "unknown model 'SmolVML-500M'; did you mean 'SmolVLM-500M'"),
        ("qqqq", "unknown model 'qqqq': name one of the list"),
        ("./nowhere", "'./nowhere' is not a folder"),
        ("/no/where", "'/no/where' is not a folder"),
        ("~/no-such-folder-here", "is not a folder"),
        ("../..x/y", "is not a folder"),
        ("a/b/c", "unknown model 'a/b/c'"),
        ("a/", "unknown model"),
        ("own er/name", "unknown model"),
        ("x" * 5000, "unknown model"),
        ("", "not a folder"),
    ],
)
def test_what_is_no_model(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolve_model(text, load_registry(tmp_path / "none.toml"))


def test_a_file_and_a_path_that_is_not_utf8_are_refused(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(UsageError, match="is not a folder"):
        resolve_model(str(tmp_path / "model.safetensors"), registry)
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    Path(odd).mkdir()
    with pytest.raises(UsageError, match="not UTF-8: rename it"):
        resolve_model(odd, registry)


def test_statuses_follow_the_runs(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    oom = Failure(kind="out_of_memory", message="needs 2 GB, 1 GB free")
    failed = run_of(SMOL, "failed", source=SMOL_SOURCE, error=oom, started="2026-01-02T00:00:00Z")
    complete = run_of(SMOL, "complete", source=SMOL_SOURCE)
    assert row_of(registry, []) == ("untested", None)
    assert row_of(registry, [run_of(SMOL, "interrupted")]) == ("untested", None)
    assert row_of(registry, [failed]) == ("failed", "needs 2 GB, 1 GB free")
    assert row_of(registry, [failed, complete]) == ("tested", None), "a model that ran once is not untested"
    gated = Failure(kind="gated", message="accept its licence")
    assert row_of(registry, [run_of(SMOL, "failed", error=gated)]) == ("gated", "accept its licence")


def test_what_passes_is_a_reason_and_no_status(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    early, late = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    for kind in PASSING:
        passing = run_of(SMOL, "failed", error=Failure(kind=kind, message="later"), started=late)
        assert row_of(registry, [passing]) == ("untested", "later")
        missing = run_of(SMOL, "failed", error=Failure(kind="not_found", message="gone"), started=early)
        assert row_of(registry, [missing, passing]) == ("failed", "gone")
        assert row_of(registry, [run_of(SMOL, "complete", started=early), passing]) == ("tested", None)


def test_a_run_of_errors_alone_is_a_failure_of_its_model(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    complete = run_of(SMOL, "complete", source=SMOL_SOURCE)
    errors = (error_result("A/a.png", message="blind"), error_result("A/b.png", message="other"))
    assert row_of(registry, [replace(complete, results=errors)]) == ("failed", "blind")
    partly = replace(complete, results=(*errors, result("A/c.png")))
    assert row_of(registry, [partly]) == ("tested", None)
    row = next(
        row
        for row in statuses(registry, [partly, replace(complete, results=errors, started="3")])
        if row.runs
    )
    assert row.run == partly, "the figures are of the run that has some"


def test_the_figures_are_those_of_the_latest_complete_run(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    old, new = run_of(SMOL, "complete"), run_of(SMOL, "complete", started="2026-02-01T00:00:00Z")
    failed = run_of(SMOL, "failed", started="2026-03-01T00:00:00Z")
    row = next(row for row in statuses(registry, [new, failed, old]) if row.entry.name == SMOL)
    assert (row.run, row.runs) == (new, 3)


def test_a_folder_of_the_same_name_is_another_model(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    assert row_of(registry, [run_of(SMOL, "complete", source="/tmp/random")]) == ("untested", None)
    assert row_of(registry, [run_of("own name", "complete", source=SMOL_SOURCE)]) == ("tested", None)
    demo = run_of("fada-demo", "complete", source="/elsewhere/demo/weights")
    assert row_of(registry, [demo], "fada-demo") == ("tested", None)


def test_models_of_runs_that_the_list_lacks_come_last(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "none.toml")
    own = run_of("own", "complete", source="/models/own")
    twin = run_of(SMOL, "complete", source="/tmp/random")
    known = run_of(SMOL, "complete", source=SMOL_SOURCE)
    longer = with_models_of(registry, [own, known, twin, own])
    assert longer.entries[: len(registry.entries)] == registry.entries
    added = longer.entries[len(registry.entries) :]
    assert [(entry.name, entry.source) for entry in added] == [
        ("own", "/models/own"),
        ("/tmp/random", "/tmp/random"),
    ]
    assert row_of(longer, [own], "own") == ("tested", None)


def test_the_user_s_status_stands_against_the_runs(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, f'[[model]]\nname = "{SMOL}"\nstatus = "failed"\nreason = "nonsense"\n')
    assert row_of(registry, [run_of(SMOL, "complete")]) == ("failed", "nonsense")


def test_next_is_the_first_untested_that_waits_for_nothing(tmp_path: Path) -> None:
    skipped = "".join(
        f'[[model]]\nname = "{name}"\nstatus = "skipped"\n' for name in ("BLIP-2", "SmolVLM-256M")
    )
    registry = registry_of(tmp_path, skipped)
    first = next_model(registry, [])
    assert first is not None and first.entry.name == SMOL
    this = run_of(SMOL, "complete")
    beyond = next_model(load_registry(tmp_path / "none.toml"), [this], after=this)
    assert beyond is not None and beyond.entry.order == 5
    after = next_model(registry, [run_of(SMOL, "complete")])
    assert after is not None and after.entry.order == 5
    everything = [run_of(entry.name, "complete") for entry in registry.entries if not entry.reason]
    waiting = next_model(registry, everything)
    assert waiting is not None and waiting.entry.name == "FetalCLIP" and waiting.reason
    assert next_model(registry, [run_of(entry.name, "complete") for entry in registry.entries]) is None


def test_saving_keeps_unknown_keys_links_and_other_tables(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text('[[model]]\nname = "x"\nsource = "a/b"\nfuture = 1\n')
    file = tmp_path / "models.toml"
    file.symlink_to(real)
    registry = load_registry(file)
    save_user_entries(override(registry, SMOL, {"status": "skipped"}), file)
    assert file.is_symlink()
    tables = tomllib.loads(real.read_text())["model"]
    assert tables == [
        {"name": "x", "source": "a/b", "future": 1},
        {"name": SMOL, "status": "skipped"},
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dotfiles.toml", "models.toml"]


def test_an_override_that_says_nothing_any_more_is_left_out(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, f'[[model]]\nname = "{SMOL}"\nstatus = "skipped"\nreason = "x"\n')
    assert override(registry, SMOL, {"status": None, "reason": None}) == ()


def test_a_file_that_cannot_be_written_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "in the way").touch()
    with pytest.raises(UsageError, match="FADA_TUI_CONFIG_DIR"):
        save_user_entries([{"name": "x"}], tmp_path / "in the way" / "models.toml")
    assert (tmp_path / "in the way").read_bytes() == b""


CHANGE = """
import sys
from pathlib import Path
from fada_tui.models.user_list import change_user_entries, override
file, writer = Path(sys.argv[1]), sys.argv[2]
for number in range(4):
    name = f"model-{writer}-{number}"
    change_user_entries(file, lambda now: override(now, name, {"source": "owner/name"}))
"""


@pytest.mark.parametrize("flock", [True, False])
def test_no_change_is_lost_to_another_program(tmp_path: Path, flock: bool) -> None:
    file = tmp_path / "config" / "models.toml"
    environment = dict(os.environ) if flock else without_flock(tmp_path)
    writers = [
        subprocess.Popen([sys.executable, "-c", CHANGE, str(file), str(number)], env=environment)
        for number in range(6)
    ]
    assert [writer.wait() for writer in writers] == [0] * 6
    assert len(load_registry(file).user) == 24
    assert [path.name for path in file.parent.iterdir()] == ["models.toml"]


def test_a_killed_change_hinders_no_other(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    script = """
import os, signal, sys
from pathlib import Path
from fada_tui.models.user_list import change_user_entries
change_user_entries(Path(sys.argv[1]), lambda now: os.kill(os.getpid(), signal.SIGKILL))
"""
    for environment in (dict(os.environ), without_flock(tmp_path)):
        subprocess.run([sys.executable, "-c", script, str(file)], env=environment, check=False)
        subprocess.run([sys.executable, "-c", CHANGE, str(file), "0"], env=environment, check=True)
        assert len(load_registry(file).user) == 4
    assert not list(tmp_path.glob(".*"))
