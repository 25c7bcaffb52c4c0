"""Runs over files of several frames, and over DICOM files: what is asked, what is written, what is not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.images.decode import decode
from fada_tui.images.formats import BURNED_IN
from fada_tui.store import journal
from tests.conftest import Program, kill_everything, load, run_folders, write_image
from tests.held import held_worker, hold
from tests.media import COLOURS, plain, save_dicom, save_frames, save_video

pytestmark = pytest.mark.worker


IDENTITY = {
    "PatientName": "Doemannsdottir^Iphigenia",
    "PatientID": "PID-90210-77",
    "PatientBirthDate": "19830517",
    "OtherPatientIDs": "OTHER-1337",
    "InstitutionName": "Hospital Zwanzigstern",
    "ReferringPhysicianName": "Quacksalver^Ignaz",
    "OperatorsName": "Zweifinger^Olga",
    "StationName": "CUBICLE-XIV",
    "DeviceSerialNumber": "SN-55512345",
    "StudyDate": "20240229",
    "StudyDescription": "Secretstudy",
    "AccessionNumber": "ACC-424242",
    "PatientComments": "Commentarium",
    "ImageComments": "Bildbemerkung",
}
SECRETS = [part for value in IDENTITY.values() for part in value.split("^")]


@pytest.fixture
def loops(tmp_path: Path) -> Path:
    """A still image, an animation of seven frames, a DICOM loop of four, a video of seven."""
    root = tmp_path / "loops"
    write_image(root / "A" / "a_still.png", 1)
    save_frames(root / "A" / "b_moves.gif", plain(COLOURS))
    loop = np.random.default_rng(1).integers(0, 256, (4, 40, 48), dtype=np.uint8)
    save_dicom(root / "B" / "c_loop.dcm", loop, frames=True, Manufacturer="ACME", **IDENTITY)
    save_video(root / "B" / "d_clip.mp4", plain(COLOURS, (64, 48)))
    return root


def paths(run: dict[str, Any]) -> list[str]:
    return [result["path"] for result in run["results"]]


def test_frames_are_taken_of_the_chosen_files(program: Program, tiny: Path, loops: Path) -> None:
    done, said = program.batch(
        "--model", tiny, "--images", loops, "--frames", "2", "--per-category", "2", "--limit", "3",
        "--max-new-tokens", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    run = load(folder)
    assert paths(run) == [
        "A/a_still.png", "A/b_moves.gif#2", "A/b_moves.gif#6", "B/c_loop.dcm#2", "B/c_loop.dcm#4",
    ]  # fmt: skip
    assert [result["image"] for result in run["results"]][1:3] == ["b_moves.gif#2", "b_moves.gif#6"]
    for result in run["results"]:
        assert result["sha256"] == decode(loops / result["path"]).sha256
    assert len({result["sha256"] for result in run["results"]}) == 5
    assert run["dataset"]["images"] == 5
    assert run["dataset"]["selection"]["frames"] == 2 and "frame" not in run["dataset"]["selection"]
    page = (folder / "summary.md").read_text()
    assert "  --frames 2 \\" in page.splitlines()
    assert "moves.gif\\#6" in page or "moves.gif#6" in page


def test_a_plan_counts_frames(program: Program, loops: Path) -> None:
    done = program.run("--dry-run", "--json", "--images", loops, "--frame", "3")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plan"][0]["images"] == 4
    done = program.run("--dry-run", "--json", "--images", loops, "--frames", "3", "--category", "B")
    assert json.loads(done.stdout)["plan"][0]["images"] == 6
    done = program.run("--dry-run", "--json", "--images", loops)
    assert json.loads(done.stdout)["plan"][0]["images"] == 4


def test_both_ways_of_choosing_frames_are_refused(program: Program, loops: Path) -> None:
    done = program.run("--batch", "--images", loops, "--frames", "3", "--frame", "2")
    assert done.returncode == 2
    assert done.stderr == "fada-tui: --frames and --frame exclude each other: give one of them\n"


def test_a_frame_that_a_file_lacks_is_an_error_of_its_own(program: Program, tiny: Path, loops: Path) -> None:
    done, said = program.batch("--model", tiny, "--images", loops, "--frame", "6", "--max-new-tokens", "2")
    assert done.returncode == 1
    errors = {r["path"]: r["error"] for r in load(Path(said["runs"][0]["path"]))["results"] if r["error"]}
    assert list(errors) == ["B/c_loop.dcm#6"]
    assert "has 4 frames" in errors["B/c_loop.dcm#6"]["message"]


@pytest.mark.slow
def test_resume_asks_of_the_frames_of_the_plan(program: Program, tiny: Path, loops: Path) -> None:
    hold(program, journal.JOURNAL_NAME, 2)
    process = program.start(
        "--batch", "--model", tiny, "--images", loops, "--frames", "4", "--max-new-tokens", "60",
    )  # fmt: skip
    held_worker(process)
    kill_everything(process)
    (folder,) = run_folders(program.cwd)
    planned = [image["path"] for image in load(folder)["plan"]["images"]]
    assert len(planned) == 1 + 4 + 4 + 4
    program.env["FADA_TUI_FRAMES"] = "2"
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    run = load(folder)
    assert run["status"] == "complete"
    assert paths(run) == planned


def test_nobody_s_name_gets_out_of_a_dicom_file(program: Program, tmp_path: Path) -> None:
    root = tmp_path / "scans"
    random = np.random.default_rng(2)
    for number in range(4):
        values = random.integers(0, 256, (3, 40, 48), dtype=np.uint8)
        path = root / "B" / f"{number}.dcm"
        save_dicom(path, values, frames=True, Manufacturer="ACME", ManufacturerModelName="Echo 9", **IDENTITY)
    (root / "B" / "cut.dcm").write_bytes(path.read_bytes()[:-9000])
    assert all(secret.encode() in path.read_bytes() for secret in SECRETS)
    told = []
    hold(program, journal.JOURNAL_NAME, 3)
    process = program.start(
        "--batch", "--debug", "--images", root, "--frames", "2", "--max-new-tokens", "90",
        "--temperature", "1",
    )  # fmt: skip
    held_worker(process)
    kill_everything(process)
    (folder,) = run_folders(program.cwd)
    lines = (folder / journal.JOURNAL_NAME).read_text()
    told.append(lines)
    assert '"manufacturer":"ACME"' in lines
    done = program.run("--batch", "--debug", "--resume", folder.name)
    told += [done.stdout, done.stderr]
    assert done.stderr.count(BURNED_IN) == 1
    assert done.returncode == 1, "one file is cut off"
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert files.keys() >= {"run.json", "summary.md", "telemetry.csv", "worker.log"}
    told += [data.decode() for data in files.values()]
    told += [(folder.parent / "comparison.md").read_text()]
    for format_ in ("csv", "jsonl", "html"):
        told.append(program.run("export", folder.name, "--format", format_).stdout)
    for text in told:
        assert not [secret for secret in SECRETS if secret in text]
    page = files["summary.md"].decode()
    assert f"**DICOM Images**: 9 of 9; ACME Echo 9 US 8. {BURNED_IN}." in page
    facts = load(folder)["results"][0]["dicom"]
    assert facts == {
        "modality": "US",
        "manufacturer": "ACME",
        "model": "Echo 9",
        "photometric_interpretation": "MONOCHROME2",
        "frames": 3,
    }


def test_dicom_by_another_name_is_warned_of_too(program: Program, tiny: Path, tmp_path: Path) -> None:
    root = tmp_path / "odd"
    for number in range(2):
        save_dicom(root / f"{number}.png", np.zeros((20, 20), np.uint8))
    done, said = program.batch("--model", tiny, "--images", root, "--max-new-tokens", "2")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(BURNED_IN) == 1
    assert BURNED_IN in (Path(said["runs"][0]["path"]) / "summary.md").read_text()


def test_without_dicom_nothing_is_said_of_it(program: Program, tiny: Path, images: Path) -> None:
    done, said = program.batch("--model", tiny, "--images", images, "--max-new-tokens", "2")
    folder = Path(said["runs"][0]["path"])
    assert "DICOM" not in done.stderr + (folder / "summary.md").read_text()
    assert all("dicom" not in result for result in load(folder)["results"])
    assert load(folder)["dataset"]["selection"].keys() == {"categories", "per_category", "limit", "shuffle"}


def test_without_the_extras_each_such_image_says_how_to_get_them(
    program: Program, tiny: Path, loops: Path, tmp_path: Path
) -> None:
    for name in ("pydicom", "av"):
        (tmp_path / "without" / name).mkdir(parents=True)
        (tmp_path / "without" / name / "__init__.py").write_text(f"raise ImportError('no {name}')\n")
    root = Path(__file__).parents[2]
    program.env["PYTHONPATH"] = f"{tmp_path / 'without'}:{root}"
    done, said = program.batch("--model", tiny, "--images", loops, "--frames", "3", "--max-new-tokens", "2")
    assert done.returncode == 1, done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert [result["path"] for result in run["results"] if not result["error"]] == [
        "A/a_still.png", "A/b_moves.gif#2", "A/b_moves.gif#4", "A/b_moves.gif#6",
    ]  # fmt: skip
    errors = {r["path"]: r["error"] for r in run["results"] if r["error"]}
    assert {path: error["kind"] for path, error in errors.items()} == {
        "B/c_loop.dcm": ErrorKind.MISSING_PACKAGE,
        "B/d_clip.mp4": ErrorKind.MISSING_PACKAGE,
    }
    assert "pip install 'fada-tui[dicom]'" in errors["B/c_loop.dcm"]["message"]
    assert "pip install 'fada-tui[video]'" in errors["B/d_clip.mp4"]["message"]
