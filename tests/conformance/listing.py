"""Writes `docs/models.md`: every family that transformers lists as image-text-to-text, and where it stands.

python -m tests.conformance.listing
"""

from pathlib import Path

import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES

from fada_tui.architectures import UNSUPPORTED
from tests.conformance.elsewhere import NOT_CONSTRUCTIBLE
from tests.conformance.test_families import FAMILIES

PAGE = Path(__file__).parents[2] / "docs" / "models.md"

HEADER = """# Models

Every family that transformers {version} lists as image-text-to-text, {count} in all. Written by the
conformance suite (`python -m tests.conformance.listing`).

- **run**: the suite builds a small checkpoint with the family's own processor, saves it, loads it as any
  other, and compares the answers with the plain transformers call, token for token: streamed, cancelled, and
  in batches. *With torchvision*: it does where that is installed (`fada-tui[vision]`); elsewhere the program
  refuses the family with that reason.
- **refused**: the program says so within seconds, with the reason.
- **not built here**: nothing in the program stands against it, but the suite has not run it.

| family | class | stands | adapter, or why not | a published checkpoint |
|---|---|---|---|---|
"""


def stands() -> dict[str, tuple[str, str, str]]:
    """Return, by model type: where the family stands, its adapter or the reason, a published checkpoint."""
    by_type = {family.model_type: family for family in FAMILIES.values()}
    found: dict[str, tuple[str, str, str]] = {}
    for model_type, architecture in NAMES.items():
        if family := by_type.get(model_type):
            where = f"run, with {family.needs}" if family.needs else "run"
            found[model_type] = (where, family.adapter, f"`{family.checkpoint}`")
        elif why := UNSUPPORTED.get(architecture) or UNSUPPORTED.get(model_type):
            found[model_type] = ("refused", why, "")
        elif why := NOT_CONSTRUCTIBLE.get(model_type):
            found[model_type] = ("not built here", why, "")
    return found


def page() -> str:
    """Return the page."""
    rows = stands()
    lines = [
        f"| {model_type} | {NAMES[model_type]} | {where} | {words} | {checkpoint} |"
        for model_type, (where, words, checkpoint) in rows.items()
    ]
    return HEADER.format(version=transformers.__version__, count=len(NAMES)) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
