"""Runs about the images of a list: which, in which order, and what is recorded and told of it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from PIL import Image

from fada_tui.cli.headless import Request, run_batch
from fada_tui.config.settings import Settings
from fada_tui.core.errors import ExitCode, UsageError
from fada_tui.core.records import ImageList, decode_run, encode_run
from fada_tui.models.registry import load_registry
from fada_tui.report.command import reproducing_command
from fada_tui.report.summary import render_summary
from fada_tui.runs.job import Job, first_run
from fada_tui.runs.planning import jobs
from tests.conftest import write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for category in ("Abdomen", "Brain"):
        for number in (1, 2, 3):
            write_image(tmp_path / "images" / category / f"{category}_{number}.png")
    return tmp_path


def planned(folder: Path, text: str, **settings: Any) -> Job:
    (folder / "list.txt").write_text(text)
    given = {"images": str(folder / "images"), "images_from": str(folder / "list.txt")} | settings
    (job,), _ = jobs(Settings(**given), load_registry(folder / "models.toml"), None)
    return job


def names(job: Job) -> list[str]:
    return [image.image for image in job.plan.images]


LIST = "Brain_2.png\nAbdomen/Abdomen_3.png\nBrain_1.png\nnone.png\nimages/Brain/Brain_2.png\nAbdomen_1.png\n"


def test_a_run_asks_about_the_listed_images_in_their_order_within_the_other_choices(folder: Path) -> None:
    assert names(planned(folder, LIST)) == ["Brain_2.png", "Abdomen_3.png", "Brain_1.png", "Abdomen_1.png"]
    assert names(planned(folder, LIST, category=("brain",))) == ["Brain_2.png", "Brain_1.png"]
    assert names(planned(folder, LIST, per_category=1)) == ["Brain_2.png", "Abdomen_3.png"]
    assert names(planned(folder, LIST, limit=3)) == ["Brain_2.png", "Abdomen_3.png", "Brain_1.png"]
    shuffled = names(planned(folder, LIST, shuffle=1))
    assert shuffled != names(planned(folder, LIST)) and sorted(shuffled) == sorted(
        names(planned(folder, LIST))
    )


def test_what_of_the_list_was_there_is_recorded_with_the_run_and_on_its_page(folder: Path) -> None:
    run = first_run("1", planned(folder, LIST))
    assert decode_run(encode_run(run)).dataset.selection == run.dataset.selection
    one = run.dataset.selection.images_from
    assert one == ImageList(
        name="list.txt",
        source=str(folder / "list.txt"),
        sha256=hashlib.sha256(LIST.encode()).hexdigest(),
        entries=6,
        images=4,
        repeated=1,
        unmatched=1,
        remarks=(
            "not in the folder of images, left out (1): 'none.png'",
            "named again, asked about once (1): line 5",
        ),
    )
    page = render_summary(run, (), (), None)
    assert "(4 images, of the list list.txt, 1 of whose 6 entries is left out)" in page.replace("\\", "")
    command = reproducing_command(run, "fada-demo")
    assert command is not None and f"--images-from {folder / 'list.txt'} " in command


def test_a_key_is_recorded_and_part_of_the_command(folder: Path) -> None:
    (folder / "splits.json").write_text(json.dumps({"test": ["Brain_3.png"], "train": []}))
    job = planned(folder, "", images_from=f"{folder / 'splits.json'}:test")
    assert names(job) == ["Brain_3.png"]
    command = reproducing_command(first_run("1", job), "fada-demo")
    assert command is not None and f"--images-from {folder / 'splits.json'}:test " in command


def test_a_key_that_is_no_utf_8_is_recorded_too(folder: Path) -> None:
    (folder / "list.csv").write_bytes(b"caf\xe9\nBrain_3.png\n")
    run = first_run("1", planned(folder, "", images_from=f"{folder / 'list.csv'}:caf\udce9"))
    assert decode_run(encode_run(run)).dataset.selection.images_from.key == "caf\\xe9"  # type: ignore[union-attr]
    command = reproducing_command(run, "fada-demo")
    assert command is not None and "list.csv:caf\\351'" in command


def test_a_link_to_the_folder_of_images_leads_to_the_same_images(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "images")
    listed = f"{folder / 'images'}/Brain/Brain_1.png\n{folder / 'link'}/Brain/Brain_2.png\n"
    assert names(planned(folder, listed, images=str(folder / "link"))) == ["Brain_1.png", "Brain_2.png"]


def test_frames_are_named_as_in_results_and_files_give_the_frames_that_are_asked_for(folder: Path) -> None:
    pages = [Image.new("L", (8, 8), shade) for shade in (0, 80, 160, 240)]
    pages[0].save(folder / "images" / "Brain" / "clip.tif", save_all=True, append_images=pages[1:])
    listed = "clip.tif#3\nBrain_1.png\nclip.tif\nclip.tif#2\n"
    assert names(planned(folder, listed)) == ["clip.tif#3", "Brain_1.png", "clip.tif", "clip.tif#2"]
    in_frames = names(planned(folder, listed, frames=2))
    assert in_frames == ["clip.tif#3", "Brain_1.png", "clip.tif#2", "clip.tif#4"]


def test_a_list_of_which_nothing_is_there_is_refused_with_the_reason(folder: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^list.txt: its 2 entries name no image of /.*/images: not in the folder"
    ):
        planned(folder, "x.png\n../../etc/passwd\n")
    with pytest.raises(UsageError, match=r"^list.txt: it names no image; put a path on each line$"):
        planned(folder, "# nothing\n")


def test_images_that_are_given_themselves_need_no_list(folder: Path) -> None:
    chosen = planned(folder, LIST).plan.images[:1]
    settings = Settings(images=str(folder / "images"), images_from=str(folder / "gone.txt"))
    (job,), _ = jobs(settings, load_registry(folder / "models.toml"), None, chosen)
    assert (job.plan.images, job.selection.images_from) == (chosen, UNSET)


def test_a_batch_tells_how_many_of_the_list_are_asked_about(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "list.txt").write_text(LIST)
    settings = Settings(images=str(folder / "images"), images_from=str(folder / "list.txt"))
    registry = load_registry(folder / "models.toml")
    assert run_batch(settings, registry, Request(dry_run=True)) == ExitCode.OK
    out, err = capsys.readouterr()
    assert "  list       list.txt: 4 images of 6 entries; 1 left out, 1 again\n" in out
    assert err.splitlines() == [
        "list.txt: 4 images of 6 entries; 1 left out, 1 again",
        "list.txt: not in the folder of images, left out (1): 'none.png'",
        "list.txt: named again, asked about once (1): line 5",
    ]
    run_batch(settings, registry, Request(dry_run=True, json=True))
    (plan,) = json.loads(capsys.readouterr().out)["plan"]
    assert (plan["images"], plan["images_from"]["unmatched"]) == (4, 1)
