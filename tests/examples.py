"""Small records that tests share."""

from typing import Any

from fada_tui.core.records import (
    Dataset,
    Failure,
    ModelEntry,
    ModelFacts,
    Plan,
    PlannedImage,
    Question,
    Result,
    Run,
    Tool,
)

ENTRY = ModelEntry(name="tiny", source="/nowhere/tiny")


def result(path: str = "A/a.png", question: str = "q1", **fields: Any) -> Result:
    """A finished result."""
    fields.setdefault("response", "a fetal head")
    fields.setdefault("time", 1.0)
    fields.setdefault("finish", "stop")
    return Result(
        image=path.rpartition("/")[2],
        category=path.partition("/")[0],
        question=f"text of {question}",
        path=path,
        question_id=question,
        **fields,
    )


def error_result(path: str, question: str = "q1", message: str = "broken") -> Result:
    """A result without an answer."""
    failure = Failure(kind="image_unreadable", message=message)
    return result(path, question, response=None, time=None, finish="error", error=failure)


def run(paths: tuple[str, ...] = ("A/a.png", "A/b.png", "B/c.png"), **fields: Any) -> Run:
    """An unfinished run over these images and one question."""
    images = tuple(
        PlannedImage(image=path.rpartition("/")[2], category=path.partition("/")[0], path=path)
        for path in paths
    )
    fields.setdefault("id", "20260101-000000_tiny")
    fields.setdefault("status", "interrupted")
    fields.setdefault("questions", (Question(id="q1", text="text of q1"),))
    fields.setdefault("plan", Plan(model=ENTRY, device="cpu", images=images))
    fields.setdefault("model", ModelFacts(name="tiny"))
    return Run(
        tool=Tool(name="fada-tui", version="0"),
        dataset=Dataset(name="d", root="/nowhere", categories={"A": 2, "B": 1}, images=3),
        **fields,
    )
