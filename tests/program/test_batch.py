"""`fada-tui --batch` as a user starts it, on a real checkpoint: what it prints, writes and returns."""

import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.core.errors import ErrorKind
from fada_tui.core.records import decode_run
from tests.conftest import Program, load, run_folders, write_image
from tests.nvml.driver import build_driver

pytestmark = pytest.mark.worker


RUN_KEYS = [
    "schema", "id", "status", "started", "finished", "tool", "environment", "model", "generation",
    "questions", "dataset", "results", "looking", "scoring", "notes", "check",
]  # fmt: skip
RESULT_KEYS = [
    "image", "category", "question", "response", "time", "path", "sha256", "width", "height",
    "file", "question_id", "prompt", "timing", "tokens", "finish", "threads", "memory", "error", "auto",
    "assessments",
]  # fmt: skip


def test_a_run_from_the_first_image_to_the_page(program: Program, tiny: Path, images: Path) -> None:
    done, said = program.batch(
        "--model", tiny, "--images", images, "--question", "What is it?", "--question", "Why?",
        "--max-new-tokens", "8", "--name", "first try",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (shown,) = said["runs"]
    folder = Path(shown["path"])
    assert folder.name == shown["id"] and folder.name.endswith("_tiny_first-try")
    assert shown["status"] == "complete"
    assert len(done.stdout.splitlines()) == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        "run.json", "summary.md", "telemetry.csv", "worker.log",
    ]  # fmt: skip

    run = load(folder)
    assert list(run) == RUN_KEYS
    assert run["status"] == "complete"
    assert len(run["results"]) == 8
    for result in run["results"]:
        assert list(result) == RESULT_KEYS
        assert result["error"] is None
        assert result["finish"] in ("stop", "length")
        assert result["time"] == result["timing"]["generate"] > 0
        assert result["memory"]["worker_rss"] > 50e6
        assert result["memory"]["nvml_process"] is None
        assert len(result["sha256"]) == 64
        assert (result["width"], result["height"]) == (96, 64)
        assert result["auto"]["rubric"] == "fada"
        assert result["assessments"] == []
    assert [r["path"] for r in run["results"][::2]] == [
        "A/A_001.png", "A/A_002.png", "B/B_001.png", "B/B_002.png",
    ]  # fmt: skip
    assert run["dataset"]["categories"] == {"A": 2, "B": 2}
    assert run["model"]["architecture"] == "Idefics3ForConditionalGeneration"
    assert run["model"]["memory"]["worker_rss_peak"] >= max(r["memory"]["worker_rss"] for r in run["results"])
    assert run["environment"]["torch"] and run["environment"]["transformers"]
    page = (folder / "summary.md").read_text()
    assert "What is it?" in page and "A_001.png" in page
    assert (folder.parent / "comparison.md").read_text().count("tiny") >= 1
    with (folder / "telemetry.csv").open() as file:
        assert any(int(row["worker_rss [bytes]"] or 0) > 50e6 for row in csv.DictReader(file))

    legacy = [list(result)[:5] for result in run["results"]]
    assert legacy == [["image", "category", "question", "response", "time"]] * 8
    assert all(isinstance(r["response"], str) and isinstance(r["time"], float) for r in run["results"])

    again = program.run("report", folder)
    assert again.returncode == 0
    assert (folder / "summary.md").read_text() == page


def test_selection_and_lines_without_json(program: Program, tiny: Path, images: Path) -> None:
    done = program.run(
        "--batch", "--model", tiny, "--images", images, "--per-category", "1", "--category", "b", "A",
        "--max-new-tokens", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder,) = run_folders(program.cwd)
    assert done.stdout == f"complete: results/{folder.name}/summary.md\n"
    assert "1/2  A/A_001.png" in done.stderr and "2/2  B/B_001.png" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_dry_run_loads_and_writes_nothing(program: Program, tiny: Path, images: Path) -> None:
    done, said = program.batch("--dry-run", "--model", tiny, "--images", images, "--dtype", "bfloat16")
    assert done.returncode == 0, done.stderr
    (plan,) = said["plan"]
    assert plan["results"] == 4
    assert plan["weights_bytes"] == 2 * plan["parameters"] > 0
    assert not (program.cwd / "results").exists()


def test_two_models_one_of_them_broken(program: Program, tiny: Path, images: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text((tiny / "config.json").read_text())
    done, said = program.batch(
        "--model", broken, "--model", tiny, "--images", images, "--limit", "1", "--max-new-tokens", "2"
    )
    assert done.returncode == 3
    first, second = said["runs"]
    assert first["status"] == "failed" and first["error"]["kind"] == ErrorKind.PROCESSOR_MISSING
    assert second["status"] == "complete"
    assert "has no processor" in done.stderr
    assert "Traceback" not in done.stderr
    failed = load(Path(first["path"]))
    assert failed["error"]["kind"] == ErrorKind.PROCESSOR_MISSING
    assert "no processor" in (Path(first["path"]) / "summary.md").read_text()
    listed = program.run("runs", "list").stdout
    assert re.search(r"failed +broken +0/1 ", listed) and re.search(r"complete +\S+ +1/1 ", listed)


REFUSED = [
    (["--model", "fada-dmo"], "did you mean 'fada-demo'"),
    (["--model", "./nowhere"], "is not a folder"),
    (["--images", "nowhere"], "nowhere"),
    (["--images", "."], "no image"),
    (["--category", "Hart"], "Heart"),
    (["--questions", "no-such-set"], "no-such-set"),
    (["--question", "a", "--questions", "fada"], "--questions"),
    (["--max-new-tokens", "0"], "--max-new-tokens"),
    (["--batch-size", "0"], "--batch-size"),
    (["--rubric", "nowhere"], "nowhere"),
    (["--resume", "nothing"], "no run 'nothing'"),
    (["--frobnicate"], "--frobnicate"),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED)
def test_bad_usage_is_one_line_and_2(program: Program, arguments: list[str], words: str) -> None:
    done = program.run("--batch", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not (program.cwd / "results").exists()


def test_a_refusal_is_json_too(program: Program) -> None:
    done, said = program.batch("--model", "nothing-like-it")
    assert done.returncode == 2
    assert said["runs"] == [] and "unknown model" in said["error"]


def test_a_hub_model_while_offline(program: Program, images: Path) -> None:
    done, said = program.batch("--model", "owner/name", "--images", images)
    assert done.returncode == 3
    assert said["runs"][0]["error"]["kind"] == ErrorKind.OFFLINE_NOT_CACHED
    assert "HF_HUB_OFFLINE is set" in done.stderr


def test_every_kind_of_image_and_name(program: Program, tiny: Path, tmp_path: Path) -> None:
    root = tmp_path / "odd"
    write_image(root / "ok" / "space and\nnewline.png", 1)
    write_image(root / "ok" / "esc\x1b]52;c;aGk=\x07.png", 2)
    odd = os.fsdecode(b"bytes\xff.png")
    write_image(root / "ok" / odd, 3)
    write_image(root / "ok" / "one.png", 4, size=(1, 1))
    Image.new("CMYK", (20, 20), (0, 99, 9, 0)).save(root / "ok" / "cmyk.jpg")
    deep = np.linspace(0, 60000, 400).reshape(20, 20).astype(np.uint16)
    Image.fromarray(deep).save(root / "ok" / "deep.tiff")
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(root / "ok" / "moves.webp", save_all=True, append_images=frames[1:])
    bad = root / "bad"
    bad.mkdir()
    (bad / "zero.png").write_bytes(b"")
    whole = write_image(bad / "cut.png", 5, size=(200, 200)).read_bytes()
    (bad / "cut.png").write_bytes(whole[: len(whole) // 2])
    (bad / "text.png").write_text("words")
    Image.new("1", (14700, 14700)).save(bad / "bomb.png")
    assert (bad / "bomb.png").stat().st_size < 100_000
    (root / "notes.txt").write_text("not an image")

    done, said = program.batch("--model", tiny, "--images", root, "--max-new-tokens", "3")
    assert done.returncode == 1, done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert run["status"] == "complete"
    errors = {r["image"]: r["error"]["kind"] for r in run["results"] if r["error"]}
    assert errors == {
        "zero.png": ErrorKind.IMAGE_UNREADABLE,
        "cut.png": ErrorKind.IMAGE_UNREADABLE,
        "text.png": ErrorKind.IMAGE_UNREADABLE,
        "bomb.png": ErrorKind.IMAGE_TOO_LARGE,
    }
    names = {r["image"] for r in run["results"] if not r["error"]}
    assert len(names) == 7 and r"bytes\xff.png" in names
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr
    page = (Path(said["runs"][0]["path"]) / "summary.md").read_text()
    assert "\x1b" not in page
    assert decode_run((Path(said["runs"][0]["path"]) / "run.json").read_bytes()).status == "complete"


def test_an_unwritable_results_folder(program: Program, tiny: Path, images: Path) -> None:
    done = program.run("--batch", "--model", tiny, "--images", images, "--results", "/proc/nowhere")
    assert done.returncode == 2
    assert "cannot write /proc/nowhere" in done.stderr and "--results" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_settings_environment_and_options_in_order(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.toml").write_text(
        f'model = ["{tiny}"]\nimages = "{images}"\nmax_new_tokens = 9\nlimit = 3\nmax_new_tokns = 1\n'
    )
    program.env = {"FADA_TUI_CONFIG_DIR": str(config), "FADA_TUI_MAX_NEW_TOKENS": "4", "FADA_TUI_LIMIT": "2"}
    done, said = program.batch("--limit", "1")
    assert done.returncode == 0, done.stderr
    assert "did you mean 'max_new_tokens'" in done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert run["generation"]["max_new_tokens"] == 4
    assert run["dataset"]["images"] == 1


def test_import_report_compare_export(program: Program, tmp_path: Path) -> None:
    legacy = Path(__file__).parents[1] / "golden" / "legacy.json"
    done = program.run("import", legacy, "--model", "SmolVLM-500M")
    assert done.returncode == 0, done.stderr
    (folder,) = run_folders(program.cwd)
    page = (folder / "summary.md").read_text()
    assert "4.54 seconds/image" in page and "507.5M" in page
    assert load(folder)["id"] == folder.name
    assert program.run("runs", "list").stdout.count(folder.name) == 1
    assert program.run("runs", "show", folder.name).stdout == page
    assert "4.54" in program.run("compare").stdout
    assert len(program.run("compare", "--format", "json").stdout) > 10
    assert len(program.run("export", folder.name, "--format", "csv").stdout.splitlines()) > 5
    unknown = program.run("import", legacy, "--model", "A model of yesterday")
    assert unknown.returncode == 0, unknown.stderr
    broken = tmp_path / "broken.json"
    broken.write_text('[{"image": 1}]')
    refused = program.run("import", broken, "--model", "x")
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert len(run_folders(program.cwd)) == 2


def test_a_rubric_of_your_own_scores_the_answers(program: Program, tiny: Path, images: Path) -> None:
    shipped = (
        Path(__file__).parents[2] / "fada_tui" / "config" / "presets" / "rubrics" / "fada.toml"
    ).read_text()
    (program.cwd / "mine.toml").write_text(shipped.replace('name = "fada"', 'name = "mine"', 1))
    done, said = program.batch(
        "--model", tiny, "--images", images, "--limit", "1", "--max-new-tokens", "3", "--rubric", "mine.toml"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    assert [result["auto"]["rubric"] for result in load(folder)["results"]] == ["mine"]
    (program.cwd / "mine.toml").unlink()
    assert program.run("report", folder).returncode == 0


def test_gpu_figures_of_a_run_beside_a_driver(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    """The stand-in driver shows two GPUs; the model runs on the CPU, so no share of theirs is invented."""
    driver = build_driver(tmp_path)
    program.env = {"LD_LIBRARY_PATH": str(driver.folders["whole"])}
    done, said = program.batch("--model", tiny, "--images", images, "--max-new-tokens", "40")
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    run = load(folder)
    assert [gpu["name"] for gpu in run["environment"]["gpus"]] == ["Stand-in 0", "Stand-in 1"]
    assert run["environment"]["driver"]
    assert run["model"]["memory"]["nvml_process_peak"] is None
    assert all(result["memory"]["nvml_process"] is None for result in run["results"])
    with (folder / "telemetry.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["gpu_index"] for row in rows} == {"0", "1"}
    assert all(int(row["memory_total [bytes]"]) == 24 * 1024**3 for row in rows)
