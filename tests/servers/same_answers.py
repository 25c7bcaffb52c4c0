"""Runs of the embedded model, here and at a server, whose answers should be the same."""

from pathlib import Path
from typing import Any

from tests.conftest import load

QUESTIONS = (
    "What anatomical structures can you see in this ultrasound image?",
    "Which anatomical plane is shown?",
    "Is this a fetal ultrasound image?",
    "On which side of the image is the stomach?",
    "How good is the image quality?",
    "What is shown here?",
)
ASKED = [part for text in QUESTIONS for part in ("--question", text)]


def answers_of(folder: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Each answer of a run, by image and question: its text, how it ended, and its tokens."""
    return {
        (result["path"], result["question_id"]): (
            result["response"],
            result["finish"],
            result["tokens"]["prompt"],
            result["tokens"]["generated"],
        )
        for result in load(folder)["results"]
    }
