"""Runs as somebody else may send them: whole folders, whatever their files allow, and a model that tells."""

import json
import shutil
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fada_tui.core.records import ModelEntry, Plan, PlannedImage
from fada_tui.store.folder import read_run, write_run
from tests.conftest import Program

CONFIGURATION = """
from pathlib import Path
from transformers import Idefics3Config
Path({mark!r}).touch()


class OwnConfig(Idefics3Config):
    pass
"""

MODELING = """
from transformers import Idefics3ForConditionalGeneration
from .configuration_own import OwnConfig


class OwnModel(Idefics3ForConditionalGeneration):
    config_class = OwnConfig
"""


def with_own_code(good: Path, folder: Path, mark: Path) -> Path:
    """Copy a checkpoint and give it code of its own, which leaves a file when it runs."""
    shutil.copytree(good, folder)
    file = folder / "config.json"
    config = json.loads(file.read_text())
    config["auto_map"] = {
        "AutoConfig": "configuration_own.OwnConfig",
        "AutoModelForImageTextToText": "modeling_own.OwnModel",
    }
    file.write_text(json.dumps(config))
    (folder / "configuration_own.py").write_text(CONFIGURATION.format(mark=str(mark)))
    (folder / "modeling_own.py").write_text(MODELING)
    return folder


def received(program: Program, model: Path, images: Path, **plan: Any) -> Path:
    """Make a run and put it back to where all but its first answer is missing, with this in its plan."""
    done, said = program.batch("--model", model, "--images", images, "--max-new-tokens", "3")
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    run = read_run(folder)
    entry = {"name": run.model.name, "source": run.model.source, "device": "cpu"} | plan
    images_of = tuple(
        PlannedImage(image=one.image, category=one.category, path=one.path) for one in run.results
    )
    unfinished = Plan(
        model=ModelEntry(name=entry.pop("name"), source=entry.pop("source")), images=images_of, **entry
    )
    facts = replace(run.model, name=unfinished.model.name, source=unfinished.model.source)
    run = replace(run, status="interrupted", results=run.results[:1], plan=unfinished, model=facts)
    write_run(folder, run)
    return folder
