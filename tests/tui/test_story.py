"""The whole story on a real terminal: open, run, judge, note, undo, leave, come back, find it all."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fada_tui.core.paths import samples_dir
from fada_tui.store.journal import JOURNAL_NAME
from tests.conftest import run_folders
from tests.endpoint_server import serving, stream
from tests.held import held_worker, holding
from tests.tui.program import Link, Looked, OnPty, Size, ended, slowed

Start = Callable[..., OnPty]

SLOW = Link(delay=0.15, rate=256_000 / 8)


REAL_SECONDS = 4.0
"""What a real model takes for an answer."""

VERDICTS = (("1", "correct"), ("2", "partial"), ("3", "incorrect"))

SETTLED_SECONDS = 0.5
"""Longer than a frame takes over the slow link."""

REFUSED_SECONDS = 5.0
"""After these a verdict that is told to be refused was the last one, and not one before it."""


def shown_image(screen: str) -> str:
    """The image by the line below its picture, the last that is drawn; empty while a frame is half drawn."""
    found = re.search(r"\b(\w+)_\d{3}\.png(?= · \d+ ×)", screen)
    path = f"{found[1]}/{found[0]}" if found else ""
    return path if (samples_dir() / path).is_file() else ""


def begin_run(program: OnPty) -> None:
    """From an open dashboard to a run, as the hint says."""
    program.wait_for("Press r to ask fada-demo about the sample images (24).")
    program.press("r")
    program.wait_for("24 images × 1 question")
    program.press("r")


def see_it_stream(program: OnPty) -> None:
    """Wait for a part of an answer that isn't whole, and for more of it."""
    program.wait_for(lambda screen: "running fada-demo" in screen)
    part, following = "", False

    def grows(screen: str) -> bool:
        nonlocal part, following
        if "ended by" in screen and not following:  # before the worker was slowed: the next ones are slower
            program.press("f")
            following = True
        before, part = part, streamed(screen)
        return bool(before) and part != before and part.startswith(before)

    with slowed(program.process.pid):
        program.wait_for(grows)
    if following:
        program.press("f")


def streamed(screen: str) -> str:
    """What stands of an answer that has not ended."""
    found = re.search(r"ultrasound image\?.*\n.*\n.*│ (\S[^│]+?) +│", screen)
    return found[1] if found and "ended by" not in screen and "waiting" not in found[1] else ""


def judge(program: OnPty, key: str, counted: str) -> str:
    """Judge what is shown; return its image."""
    image = settled_image(program)
    program.press(key)
    program.wait_for(lambda text: counted in text and shown_image(text) not in ("", image))
    return image


def settled_image(program: OnPty, holds: Callable[[str], object] = bool) -> str:
    """Wait until one image is shown for a while, and this holds: a slow link brings a frame in pieces."""
    image, looked = "", Looked()

    def stays(screen: str) -> bool:
        nonlocal image, looked
        if (now := shown_image(screen) if holds(screen) else "") != image:
            image, looked = now, Looked()
        return looked.again() > SETTLED_SECONDS and bool(image) and not program.behind

    program.wait_for(stays)
    return image


def until_judged(program: OnPty, key: str, counted: str) -> None:
    """Judge again if the picture had just changed when the key went down."""
    refused = True
    while refused:
        settled_image(program)
        program.press(key)
        looked = Looked()

        def told(text: str) -> bool:
            late = looked.again() > REFUSED_SECONDS  # noqa: B023
            return counted in text or (late and "look, then judge" in text)

        refused = counted not in program.wait_for(told)


def standing(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    """The last assessment of each image in `run.json`: verdict and note."""
    run = json.loads((folder / "run.json").read_bytes())
    found = {}
    for result in run["results"]:
        if result.get("assessments"):
            last = result["assessments"][-1]
            found[result["path"]] = (last.get("verdict"), last.get("note"))
    return found


def leave(program: OnPty) -> None:
    program.press("q")
    assert program.wait_end() == 0
    assert program.restored, program.left_on()
    assert b"Traceback" not in program.written


def test_the_whole_story(start: Start, tmp_path: Path) -> None:
    program = start(environ=holding(tmp_path, JOURNAL_NAME, 2))
    begin_run(program)
    held_worker(program.process)
    see_it_stream(program)
    program.wait_for("24 answers: results/")
    first = judge(program, "1", "1 of 24 judged")
    assert program.pressed <= 5, "from the first start to the first judged answer"
    second = judge(program, "2", "2 of 24 judged")
    third = judge(program, "3", "3 of 24 judged")
    noted = settled_image(program)
    program.press("n")
    program.wait_for(f"Note on {noted}")
    program.type("a näse note")
    program.press("enter")
    program.wait_for("“a näse note”")
    program.press("u")
    program.wait_for(f"undone: {noted}: no note")
    program.press("U")
    program.wait_for(f"done again: {noted}: note “a näse note”")
    program.press("u", "u")
    program.wait_for(f"undone: {third}: no verdict")
    program.press("n")
    program.wait_for(f"Note on {third}")
    program.type("why [/not]?")
    program.press("enter")
    program.wait_for("“why [/not]?”")
    leave(program)

    (folder,) = run_folders(tmp_path)
    expected = {first: ("correct", None), second: ("partial", None), third: (None, "why [/not]?")}
    assert len({first, second, third, noted}) == 4
    assert standing(folder) == {**expected, noted: (None, None)}
    results = json.loads((folder / "run.json").read_bytes())["results"]
    verdicts = [a.get("verdict") for r in results if r["path"] == third for a in r["assessments"]]
    assert verdicts == ["incorrect", None, None], "what is undone is history, not gone"
    page = (folder / "summary.md").read_text()
    assert "why \\[/not\\]?" in page or "why [/not]?" in page
    assert not (folder / "journal.jsonl").exists()

    again = start()
    screen = again.wait_for("2 of 24 judged")
    assert "✓" in screen and "◐" in screen
    again.press("/")
    again.type("correct")
    again.press("enter")
    again.wait_for(lambda text: "1 of 24" in text and shown_image(text) == first)
    leave(again)
    assert standing(folder) == {**expected, noted: (None, None)}


@pytest.mark.slow
def test_leaving_in_mid_run_and_taking_it_up_again(start: Start, tmp_path: Path) -> None:
    questions = [f"--question=Question {number}?" for number in range(5)]
    program = start(*questions)
    program.wait_for("Press r to ask")
    program.press("r")
    program.wait_for("120 answers")
    program.press("r")
    program.wait_for(lambda text: re.search(r"[1-9]\d*/120", text))
    with slowed(program.process.pid):
        image = shown_image(program.wait_for("ended by"))
        until_judged(program, "1", "1 of 120 judged")
        program.press("q")
        program.wait_for("A run goes on. Leave it running?")
        program.press("n")
        program.wait_for(lambda text: "Stop it and leave" not in text)
        program.press("q")
        program.wait_for("A run goes on. Leave it running?")
        worker = program.worker()
        program.press("s")
        assert program.wait_end() == 0
    assert program.restored, program.left_on()
    assert ended(worker)
    (folder,) = run_folders(tmp_path)
    run = json.loads((folder / "run.json").read_bytes())
    assert run["status"] == "interrupted" and 0 < len(run["results"]) < 120
    assert standing(folder) == {image: ("correct", None)}

    again = start("--resume", folder.name)
    again.wait_for("120 answers: results/")
    again.wait_for("1 of 120 judged")
    leave(again)
    run = json.loads((folder / "run.json").read_bytes())
    assert run["status"] == "complete" and len(run["results"]) == 120
    assert standing(folder) == {image: ("correct", None)}


@pytest.mark.parametrize(
    ("size", "link"),
    [
        pytest.param((120, 36), None, marks=pytest.mark.slow),
        pytest.param((80, 24), SLOW, marks=pytest.mark.slow),
    ],
    ids=["120x36", "80x24 over a slow link"],
)
def test_verdicts_at_the_pace_of_a_real_model(
    size: Size, link: Link | None, start: Start, tmp_path: Path
) -> None:
    """Each of six verdicts, given a second after its answer of 4 s has ended, lands on that answer."""
    words = ("an ", "answer ", "of ", "a ", "slow ", "model ", "that ", "takes ", "its ", "time ")
    with serving(lambda asked: stream(words, pace=REAL_SECONDS / len(words))) as server:
        program = start("--model", server.source, "--concurrency", "1", size=size, link=link)
        program.wait_for("Press r to ask")
        program.press("r")
        program.wait_for("24 images × 1 question")
        program.press("r")
        judged: dict[str, str] = {}
        for number, (key, verdict) in enumerate([*VERDICTS, *VERDICTS], start=1):
            image = settled_image(
                program, lambda text: "ended by" in text and shown_image(text) not in judged
            )
            time.sleep(1 - SETTLED_SECONDS)
            assert shown_image(program.text()) == image, "the answer stays"
            program.press(key)
            program.wait_for(f"{number} of 24 judged")
            judged[image] = verdict
        program.press("q")
        program.wait_for("Leave it running?")
        program.press("s")
        assert program.wait_end() == 0
    (folder,) = run_folders(tmp_path)
    assert standing(folder) == {path: (verdict, None) for path, verdict in judged.items()}


@pytest.mark.parametrize(
    ("size", "link", "options"),
    [
        ((80, 24), None, ()),
        pytest.param((120, 36), SLOW, (), marks=pytest.mark.slow),
        pytest.param((80, 24), SLOW, ("--low-bandwidth",), marks=pytest.mark.slow),
    ],
    ids=["80x24", "slow link", "slow link, low bandwidth"],
)
def test_a_short_story(
    size: Size, link: Link | None, options: tuple[str, ...], start: Start, tmp_path: Path
) -> None:
    """Verdicts land on the image that was on the screen when the key went down, also while it follows."""
    program = start(*options, size=size, link=link)
    program.wait_for("Press r to ask fada-demo")
    program.press("r")
    program.wait_for("24 images × 1 question")
    program.press("r")
    seen = shown_image(program.wait_for(lambda text: "ended by itself" in text and shown_image(text)))
    program.press("1")
    counted = re.compile(r"\b1 of \d+ judged")
    screen = program.wait_for(lambda text: counted.search(text) or "look, then judge" in text)
    judged = {seen: "correct"} if counted.search(screen) else {}
    program.wait_for("24 answers: results/")
    for key, verdict in (("2", "partial"), ("3", "incorrect"), ("1", "correct")):
        judged[judge(program, key, f"{len(judged) + 1} of 24 judged")] = verdict
    noted = settled_image(program)
    program.press("n", *"as fast as one types", "enter")
    program.wait_for("“as fast as one types”")
    leave(program)
    (folder,) = run_folders(tmp_path)
    expected: dict[str, tuple[str | None, str | None]] = {path: (word, None) for path, word in judged.items()}
    assert standing(folder) == {**expected, noted: (None, "as fast as one types")}
