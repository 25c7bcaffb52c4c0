"""What a run's file allows allows nothing: consent is this command's, or one's own settings'."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.config.last_run import remember, with_remembered
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Dataset, ModelEntry, ModelFacts, Plan, PlannedImage, Run, Tool
from fada_tui.models.registry import Registry
from fada_tui.runs.consent import NOTHING, Consent, allowed_now, check, consent_of, wants
from tests.conftest import Program, load
from tests.examples import result
from tests.received import received, with_own_code

OWN = ModelEntry(name="own", source="owner/own")
IMAGE = PlannedImage(image="a.png", category="A", path="A/a.png")


def registry(*entries: ModelEntry) -> Registry:
    return Registry(entries=entries)


def unfinished(entry: ModelEntry = OWN, images: tuple[PlannedImage, ...] = (IMAGE,), **plan: bool) -> Run:
    return Run(
        id="a-run",
        status="interrupted",
        tool=Tool(name="fada-tui", version="0"),
        model=ModelFacts(name=entry.name, source=entry.source),
        dataset=Dataset(name="d", root="/images", categories={"A": 1}, images=1),
        plan=Plan(model=entry, device="cpu", images=images, **plan),
    )


def refusal(run: Run, consent: Consent = NOTHING) -> str:
    with pytest.raises(UsageError) as caught:
        check(run, consent)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_code_and_pickles_are_refused_by_a_line_that_names_the_option() -> None:
    said = refusal(unfinished(trust_remote_code=True))
    assert "own's own code from owner/own" in said and "--trust-remote-code owner/own" in said
    assert "--allow-pickle" in refusal(unfinished(allow_pickle=True))
    check(unfinished(), NOTHING)


def test_a_name_that_one_trusts_is_not_another_source_of_that_name() -> None:
    settings = Settings(trust_remote_code=("own",))
    mine = registry(ModelEntry(name="own", source="me/own"))
    stolen = unfinished(replace(OWN, source="evil/own"), trust_remote_code=True)
    assert "evil/own" in refusal(stolen, consent_of(settings, mine))
    check(unfinished(replace(OWN, source="me/own"), trust_remote_code=True), consent_of(settings, mine))
    with pytest.raises(UsageError, match="names me/own, which is not loaded"):
        consent_of(settings, mine, ("own",), (replace(OWN, source="evil/own"),))


def test_settings_trust_the_revision_of_the_list_and_a_command_the_one_that_is_named() -> None:
    settings = Settings(trust_remote_code=("owner/own",))
    other = unfinished(replace(OWN, revision="refs/pr/1"), trust_remote_code=True)
    assert "at revision refs/pr/1" in refusal(other, consent_of(settings, registry()))
    assert other.plan
    check(other, consent_of(settings, registry(), ("owner/own",), (other.plan.model,)))


def test_a_name_that_only_the_run_has_is_its_model_in_this_command_and_nowhere_else() -> None:
    run = unfinished(trust_remote_code=True)
    assert run.plan
    check(run, consent_of(Settings(), registry(), ("own",), (run.plan.model,)))
    refusal(run, consent_of(Settings(trust_remote_code=("own",)), registry()))


def test_a_model_that_is_not_loaded_is_not_trusted_by_a_command_and_may_be_by_settings() -> None:
    settings = Settings(trust_remote_code=("owner/other", "no such thing"))
    assert not consent_of(settings, registry()).runs_code_of(OWN)
    with pytest.raises(UsageError, match="names owner/other, which is not loaded"):
        consent_of(settings, registry(), ("owner/other",), (OWN,))


def test_what_was_agreed_to_is_that_source_at_that_revision_alone() -> None:
    (code,) = wants(unfinished(trust_remote_code=True), NOTHING)
    agreed = code.granted(NOTHING)
    check(unfinished(trust_remote_code=True), agreed)
    refusal(unfinished(replace(OWN, revision="other"), trust_remote_code=True), agreed)
    refusal(unfinished(trust_remote_code=True, allow_pickle=True), agreed)
    (pickles,) = wants(unfinished(allow_pickle=True), NOTHING)
    refusal(unfinished(replace(OWN, source="owner/two"), allow_pickle=True), pickles.granted(NOTHING))


def test_code_that_the_answers_did_not_need_stays_out_of_the_rest() -> None:
    consent = Consent(code=frozenset({("owner/own", None)}))
    fresh = allowed_now(unfinished(), consent, registry())
    assert fresh.plan and fresh.plan.trust_remote_code
    begun = allowed_now(replace(unfinished(), results=(result(),)), consent, registry())
    assert begun.plan and not begun.plan.trust_remote_code


def test_which_variable_holds_a_key_is_the_own_lists_word() -> None:
    served = ModelEntry(name="s", source="http://localhost:1/v1#m", adapter="server", api_key_env="HF_TOKEN")
    with pytest.raises(UsageError, match=r"from HF_TOKEN, .* models add s .*--api-key-env HF_TOKEN"):
        allowed_now(unfinished(served), NOTHING, registry())
    mine = allowed_now(unfinished(served), NOTHING, registry(replace(served, api_key_env="MY_KEY")))
    assert mine.plan and mine.plan.model.api_key_env == "MY_KEY"


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/a.png", "A/../../a.png", "\\x2e\\x2e/a.png"])
def test_images_outside_the_runs_folder_are_refused(path: str) -> None:
    assert "outside its folder" in refusal(unfinished(images=(IMAGE, replace(IMAGE, path=path))))


def test_what_is_remembered_never_consents(tmp_path: Path) -> None:
    file = tmp_path / "state.toml"
    remember(Settings(trust_remote_code=("own",), allow_pickle=True, allow_host=("h",), seed=3), file)
    assert not any(word in file.read_text() for word in ("trust", "pickle", "host"))
    file.write_text(
        '[last_run]\nseed = 3\ntrust_remote_code = ["own"]\nallow_pickle = true\nallow_host = ["h"]\n'
    )
    assert with_remembered(Settings(), file) == Settings(seed=3)


def test_a_received_run_runs_no_code_until_this_command_or_the_settings_allow_it(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    mark, config = tmp_path / "mark", Path(program.cwd / "config")
    own = with_own_code(tiny, tmp_path / "own", mark)
    program.env["FADA_TUI_CONFIG_DIR"] = str(config)
    folder = received(program, tiny, images, name="own", source=str(own), trust_remote_code=True)
    before = (folder / "run.json").read_bytes()
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert f"--trust-remote-code {own}" in done.stderr

    config.mkdir()
    (config / "state.toml").write_text('[last_run]\ntrust_remote_code = ["own"]\n')
    (config / "settings.toml").write_text('trust_remote_code = ["own"]\n')
    (config / "models.toml").write_text(f'[[model]]\nname = "own"\nsource = "{tiny}"\n')
    assert program.run("--batch", "--resume", folder.name).returncode == 2
    done = program.run("verify", folder.name)
    assert done.returncode in (0, 1, 3), done.stderr
    assert not mark.exists(), "code ran by a run's word"
    assert (folder / "run.json").read_bytes() == before

    (config / "models.toml").write_text(f'[[model]]\nname = "own"\nsource = "{own}"\n')
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    run = load(folder)
    assert mark.exists() and run["status"] == "complete" and run["model"]["remote_code"] is True
    assert "--trust-remote-code" in (folder / "summary.md").read_text()


def test_a_received_run_reads_no_pickle_until_this_command_allows_it(
    program: Program, tiny: Path, images: Path
) -> None:
    folder = received(program, tiny, images, allow_pickle=True)
    done, said = program.batch("--resume", folder.name)
    assert done.returncode == 2 and "--allow-pickle" in said["error"]
    done, _ = program.batch("--resume", folder.name, "--allow-pickle")
    assert done.returncode == 0 and load(folder)["status"] == "complete"


def test_settings_that_trust_a_model_leave_runs_of_others_alone(
    program: Program, tiny: Path, images: Path
) -> None:
    program.env["FADA_TUI_TRUST_REMOTE_CODE"] = "owner/other"
    done, said = program.batch("--model", tiny, "--images", images, "--limit", "1", "--max-new-tokens", "2")
    assert done.returncode == 0, done.stderr
    assert "remote_code" not in json.loads(Path(said["runs"][0]["run_json"]).read_text())["model"]
