"""An hour at the desk in small: sixty answers judged while a model of 4 s an answer goes on answering."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fada_tui.core.paths import samples_dir
from tests.conftest import run_folders
from tests.endpoint_server import Asked, Behaviour, serving, stream
from tests.tui.program import Link, Looked, OnPty, Size
from tests.tui.test_story import REAL_SECONDS, SETTLED_SECONDS, SLOW, VERDICTS, shown_image

Start = Callable[..., OnPty]
Answer = tuple[str, int]
"""An image's path, and the number of a question."""

ANSWERS = 60
QUESTIONS = ("Which plane is this?", "Which organs can you see?", "Is anything unusual?")

REFUSALS = ("look, then judge", "held down", "no answer to judge")


IMAGES = sorted(path.relative_to(samples_dir()).as_posix() for path in samples_dir().glob("*/*.png"))


def slow_model() -> Callable[[Asked], Behaviour]:
    """A model whose answers end with the numbers of their image and question."""
    pictures: list[bytes] = []

    def behave(asked: Asked) -> Behaviour:
        if (picture := asked.image.tobytes()) not in pictures:
            pictures.append(picture)
        time_taken = f"time_{pictures.index(picture) + 1}_{QUESTIONS.index(asked.question) + 1}"
        words = ("an ", "answer ", "of ", "a ", "slow ", "model ", "that ", "takes ", "its ", time_taken)
        return stream(words, pace=REAL_SECONDS / len(words))

    return behave


def shown_answer(screen: str) -> Answer | None:
    """The answer that stands beside its own picture, whole; none while a part of them is another's still."""
    image = shown_image(screen)
    question = re.search(rf"Question (\d) of {len(QUESTIONS)}", screen)
    said = re.search(r"\btime_(\d+)_(\d)\b", screen)
    if not (image and question and said and "ended by" in screen):
        return None
    whole = (IMAGES[int(said[1]) - 1], said[2]) == (image, question[1])
    return (image, int(question[1])) if whole else None


def settled_answer(program: OnPty, other_than: set[Answer]) -> Answer:
    """Wait until one answer, not of these, is shown for a while: a slow link brings a frame in pieces."""
    answer: Answer | None = None
    looked = Looked()

    def stays(screen: str) -> bool:
        nonlocal answer, looked
        now = shown_answer(screen)
        if now != answer:
            answer, looked = now, Looked()
        long = looked.again() > SETTLED_SECONDS and not program.behind
        return long and answer is not None and answer not in other_than

    program.wait_for(stays)
    assert answer
    return answer


def refused(text: str) -> list[str]:
    """The refusals of a verdict that stand in a text."""
    return [line for line in REFUSALS if line in text]


def judged_or_refused(number: int) -> Callable[[str], bool]:
    """Whether a screen says that so many are judged, or that a verdict is refused."""
    return lambda screen: f"{number} of 72 judged" in screen or bool(refused(screen))


def verdicts_in(folder: Path) -> dict[Answer, str]:
    """The verdict in force of each answer in `run.json`."""
    run = json.loads((folder / "run.json").read_bytes())
    numbers = {text: number for number, text in enumerate(QUESTIONS, start=1)}
    return {
        (result["path"], numbers[result["question"]]): result["assessments"][-1]["verdict"]
        for result in run["results"]
        if result.get("assessments")
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("size", "link"),
    [((120, 36), None), ((80, 24), None), ((80, 24), SLOW)],
    ids=["120x36", "80x24", "80x24 over a slow link"],
)
def test_sixty_answers_are_judged_while_the_model_answers(
    size: Size, link: Link | None, start: Start, tmp_path: Path
) -> None:
    """None is lost, refused or misplaced; every tenth is taken back and judged again."""
    questions = [f"--question={text}" for text in QUESTIONS]
    with serving(slow_model()) as server:
        program = start(
            "--model",
            server.source,
            "--concurrency",
            "1",
            *questions,
            size=size,
            link=link,
            environ={"FADA_TUI_ASSESSOR": ""},
        )
        program.wait_for("Press r to ask")
        program.press("r")
        program.wait_for("24 images × 3 questions")
        program.press("r")
        given: dict[Answer, str] = {}
        for number in range(1, ANSWERS + 1):
            answer = settled_answer(program, set(given))
            key, verdict = VERDICTS[number % 3]
            program.press(key)
            if number == 1:
                program.wait_for("Who judges?")
                program.press("4", "2")  # digits are a name's here, and no verdicts
                program.press("enter")
            screen = program.wait_for(judged_or_refused(number))
            assert not refused(screen), screen
            given[answer] = verdict
            if number % 10 == 0:
                program.press("u")
                program.wait_for(f"{number - 1} of 72 judged")
                assert settled_answer(program, set(given) - {answer}) == answer
                program.press("2")
                program.wait_for(f"{number} of 72 judged")
                given[answer] = "partial"
        assert refused(said(program)) == []
        program.press("q")
        program.wait_for("Leave it running?")
        program.press("s")
        assert program.wait_end() == 0
    (folder,) = run_folders(tmp_path)
    assert len(given) == ANSWERS
    assert verdicts_in(folder) == given
    assessors = {
        one["assessor"]
        for result in json.loads((folder / "run.json").read_bytes())["results"]
        for one in result.get("assessments", ())
    }
    assert assessors == {"42"}


def said(program: OnPty) -> str:
    """All that the program wrote, without what moves the cursor and colours."""
    return re.sub(r"\x1b\[[0-9;?<>=]*[A-Za-z]", "", program.written.decode("utf-8", "replace"))
