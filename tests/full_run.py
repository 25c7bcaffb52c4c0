"""A run with every record that `run.json` can hold, for tests of the file itself."""

from fada_tui.core.records import (
    Assessment,
    AutoScore,
    ClassSet,
    DicomFacts,
    Environment,
    FileFacts,
    Generation,
    Gpu,
    ImageClass,
    ImageFound,
    ModelFacts,
    Notes,
    Plan,
    PlannedImage,
    Ranked,
    ResultMemory,
    Run,
    Timing,
    Tokens,
)
from tests import examples

PATHS = ("A/a.png", "A/b.png", "B/c.png")
CLASSES = ClassSet(
    name="planes", sha256="ab", classes=(ImageClass(name="A", prompts=("an A",), aliases=("Ä",)),)
)


def full_run() -> Run:
    """An unfinished run: an answer, an error, and an image that was not asked about yet."""
    auto = AutoScore(
        rubric="fada",
        context=True,
        context_terms=("fetal",),
        maternal_terms=(),
        category_terms=("head",),
        other_categories=(),
        score=0.5,
    )
    answer = examples.result(
        "A/a.png",
        sha256="cd",
        width=8,
        height=8,
        timing=Timing(load=1.0, generate=1e-6, share=0.3),
        tokens=Tokens(prompt=9, generated=3, per_second=1 / 3),
        memory=ResultMemory(worker_rss=2**40),
        ranking=(Ranked(label="A", probability=0.75), Ranked(label="B", probability=0.25)),
        auto=auto,
        assessments=(Assessment(assessor="ada", verdict="correct", tags=("x",), at="t1"),),
        dicom=DicomFacts(modality="US"),
        file=FileFacts(size=3, sha256="ef"),
    )
    images = tuple(
        PlannedImage(image=image, category=category, path=f"{category}/{image}")
        for category, image in (path.split("/") for path in PATHS)
    )
    return examples.run(
        PATHS,
        results=(answer, examples.error_result("A/b.png")),
        model=ModelFacts(name="tiny", source="/nowhere/tiny", device="cpu"),
        environment=Environment(python="3", gpus=(Gpu(index=0, name="G", uuid="u0"), Gpu(index=1, name="G"))),
        generation=Generation(max_new_tokens=8, seed=2**63, temperature=1.0),
        classes=CLASSES,
        images_found=(
            ImageFound(path="A/a.png", state="changed", file=FileFacts(size=4, sha256="ab"), at="t2"),
        ),
        notes=Notes(conclusion="“gut” \u2028 \U0001f642"),
        plan=Plan(model=examples.ENTRY, device="cpu", classes=CLASSES, images=images),
    )
