"""A model with a LoRA from the command line: asked, told from its base, resumed and verified."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.conftest import load as read_run

pytest.importorskip("peft", reason="the extra `peft` is not installed")

from tests.loras import change_tensors, save_lora


@pytest.fixture
def lora(tiny: Path, tmp_path: Path) -> Path:
    return save_lora(tmp_path / "tuned", tiny, "q_proj", "v_proj", "fc1")


@pytest.mark.long
@pytest.mark.worker
def test_a_lora_is_a_model_of_its_own(
    program: Program, tiny: Path, lora: Path, images: Path, tmp_path: Path
) -> None:
    asked = ("--images", images, "--limit", "2", "--max-new-tokens", "6")
    merged = shutil.copytree(tiny, tmp_path / "merged")
    shutil.copytree(lora, merged, dirs_exist_ok=True)
    done, said = program.batch("--model", lora, "--model", tiny, "--model", merged, *asked)
    assert done.returncode == 0, done.stderr
    tuned, plain, whole = (read_run(Path(run["path"])) for run in said["runs"])

    def answers(run: dict) -> list[str]:  # type: ignore[type-arg]
        return [one["response"] for one in run["results"]]

    assert answers(plain) == answers(whole) != answers(tuned)
    assert "lora" not in plain["model"]
    assert (tuned["model"]["name"], tuned["model"]["source"]) == (f"{tiny.name}+tuned", str(tiny))
    assert tuned["model"]["lora"]["source"] == str(lora) and tuned["model"]["lora"]["rank"] == 4
    assert "the adapter is not applied" in done.stderr

    results = Path(said["runs"][0]["path"]).parent
    table = (results / "comparison.md").read_text()
    assert f"{tiny.name}+tuned" in table
    page = (Path(said["runs"][0]["path"]) / "summary.md").read_text()
    assert f"with the LoRA {lora}" in page and f"--lora {lora}" in page
    shown = program.run("models", "show", tiny, "--lora", lora, "--results", results)
    assert "rank 4, on fc1, q_proj, v_proj" in shown.stdout and "Runs:       1" in shown.stdout
    assert "Runs:       1" in program.run("models", "show", tiny, "--results", results).stdout

    verified = program.run("verify", tuned["id"], "--results", results)
    assert verified.returncode == 0, verified.stderr
    change_tensors(lora, lambda old: {name: 2 * one for name, one in old.items()})
    other = program.run("verify", tuned["id"], "--results", results)
    assert other.returncode != 0 and "is another than the one the run was made with" in other.stderr
