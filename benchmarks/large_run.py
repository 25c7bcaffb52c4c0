"""A run as large as real ones become: its images, `run.json` and page, without a model.

    python -m benchmarks.large_run FOLDER [RESULTS]

FOLDER/images and FOLDER/results are written: fourteen categories, eight questions about each image.
"""

import sys
from collections import Counter
from pathlib import Path

from PIL import Image

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import (
    Dataset,
    ModelFacts,
    PlannedImage,
    Question,
    Result,
    Run,
    Timing,
    Tokens,
    Tool,
)
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.publish import publish
from fada_tui.store.folder import write_run

CATEGORIES = 14
QUESTIONS = tuple(
    Question(id=f"q{number}", text=f"What does a sonographer see here? ({number})") for number in range(1, 9)
)


def large_run(root: Path, results: int, name: str, model: str = "large") -> Run:
    """Return a run with so many results.

    Args:
        root: folder of the images.
        results: how many, of eight questions about each image.
        name: the run's id.
        model: name of the model.
    """
    answers = tuple(
        Result(
            image=image.image,
            category=image.category,
            path=image.path,
            question=question.text,
            question_id=question.id,
            response=_response(number, image.category),
            time=0.5,
            timing=Timing(first_token=0.1, generate=0.5),
            tokens=Tokens(generated=30, per_second=60.0),
            finish="stop",
        )
        for number, image in enumerate(planned(results))
        for question in QUESTIONS
    )
    images = planned(results)
    return Run(
        id=name,
        status="complete",
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T01:00:00Z",
        tool=Tool(name="fada-tui", version="0"),
        model=ModelFacts(name=model, source=f"/nowhere/{model}"),
        dataset=Dataset(
            name="large",
            root=encode_name(str(root)),
            categories=dict(Counter(image.category for image in images)),
            images=len(images),
        ),
        questions=QUESTIONS,
        results=answers[:results],
    )


def planned(results: int) -> tuple[PlannedImage, ...]:
    """Return the images that so many results are about, sorted as they are listed."""
    count = -(-results // len(QUESTIONS))
    names = sorted(
        (f"Category_{number % CATEGORIES:02}", f"Image_{number:05}.png") for number in range(count)
    )
    return tuple(PlannedImage(image=image, category=group, path=f"{group}/{image}") for group, image in names)


def _response(number: int, category: str) -> str:
    """Return an answer: every other one of several lines, as models like lists."""
    said = f"This ultrasound image shows {category} of a fetus, number {number}; 30% **clear** [INST]."
    return said if number % 2 else f"{said}\n\n1. **Head**: in view\n2. `spine`: out of view"


def write_images(root: Path, results: int) -> None:
    """Write the images, small and grey."""
    for number, image in enumerate(planned(results)):
        file = root / image.path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (64, 48), number % 256).save(file)


def write_large_run(
    folder: Path, results: int, name: str = "20260101-000000_large", model: str = "large"
) -> Path:
    """Write a run and its page below `folder / "results"`; return the run's folder."""
    place = folder / "results" / name
    place.mkdir(parents=True)
    run = large_run(folder / "images", results, name, model)
    write_run(place, run)
    publish(place, run, load_registry(folder / "models.toml", SHIPPED))
    return place


if __name__ == "__main__":
    below, many = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    write_images(below / "images", many)
    print(write_large_run(below, many))
