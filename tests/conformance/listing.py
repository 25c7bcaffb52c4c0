"""Writes `docs/models.md`: every family that transformers lists as image-text-to-text, and where it stands.

python -m tests.conformance.listing
"""

from pathlib import Path

import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES

from fada_tui.models.architectures import UNSUPPORTED
from fada_tui.worker.generation.cacheable import FEATURES, PREFIX
from tests.conformance.elsewhere import NOT_CONSTRUCTIBLE
from tests.conformance.family import Family
from tests.conformance.test_families import FAMILIES

PAGE = Path(__file__).parents[2] / "docs" / "models.md"

HEADER = """# Models

Every family that transformers {version} lists as image-text-to-text, {count} in all. Written by the
conformance suite (`python -m tests.conformance.listing`).

- **run**: the suite builds a small checkpoint with the family's own processor, saves it, loads it as any
  other, and compares the answers with the plain transformers call, token for token: streamed, cancelled, and
  in batches. *With torchvision*: it does where that is installed (`fada-tui[vision]`); elsewhere the program
  refuses the family with that reason.
- **once**: what of an image is worked out once for all its questions: its *prompt*, the image included, where
  they are asked in a batch (asked one at a time they share the tower's outputs, but for Granite 4 and Fuyu);
  or the outputs of the vision *tower*. Each only where the suite has the same tokens with it.
- **refused**: the program says so within seconds, with the reason.
- **not built here**: nothing in the program stands against it, but the suite has not run it.

| family | class | stands | once | adapter, or why not | a published checkpoint |
|---|---|---|---|---|---|
"""

BESIDE = """
Beside these, other forms of families in the table and classes that the list leaves out:

| what | stands | adapter | a published checkpoint |
|---|---|---|---|
| vilt, which ranks the answers that it knows | run | vilt | `dandelin/vilt-b32-finetuned-vqa` |
"""


def stands() -> dict[str, tuple[str, str, str]]:
    """Return, by model type: where the family stands, its adapter or the reason, a published checkpoint."""
    by_type = {family.model_type: family for family in FAMILIES.values()}
    found: dict[str, tuple[str, str, str]] = {}
    for model_type, architecture in NAMES.items():
        if family := by_type.get(model_type):
            found[model_type] = (where(family), family.adapter, _published(family))
        elif why := UNSUPPORTED.get(architecture) or UNSUPPORTED.get(model_type):
            found[model_type] = ("refused", why, "")
        elif why := NOT_CONSTRUCTIBLE.get(model_type):
            found[model_type] = ("not built here", why, "")
    return found


def where(family: Family) -> str:
    """Return in which environments the suite runs a family."""
    return f"run, with {family.needs}" if family.needs else "run"


def _once(architecture: str) -> str:
    if architecture in PREFIX:
        return "prompt"
    return "tower" if architecture in FEATURES else ""


def _published(family: Family) -> str:
    return f"`{family.checkpoint}`" if family.checkpoint else ""


def page() -> str:
    """Return the page."""
    rows = stands()
    lines = [
        f"| {kind} | {NAMES[kind]} | {stand} | {_once(NAMES[kind])} | {words} | {checkpoint} |"
        for kind, (stand, words, checkpoint) in rows.items()
    ]
    beside = [
        f"| {family.model_type} | {where(family)} | {family.adapter} | {_published(family)} |"
        for family in FAMILIES.values()
        if family.model_type not in NAMES
    ]
    header = HEADER.format(version=transformers.__version__, count=len(NAMES))
    return header + "\n".join(lines) + "\n" + BESIDE + "\n".join(beside) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
