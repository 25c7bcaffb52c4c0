"""Text that others wrote is text on every screen: on a real terminal, none of its controls are ever sent."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import samples_dir
from fada_tui.core.records import (
    Assessment,
    Dataset,
    Failure,
    ModelFacts,
    Notes,
    Question,
    Result,
    Run,
    Timing,
    Tokens,
    Tool,
)
from fada_tui.images.catalogue import scan
from fada_tui.store.folder import write_run
from tests.tui.program import OnPty, Size

CONTROLS = (
    "\x1b[38;5;201mA"  # a colour
    "\x1b]52;c;RVZJTA==\x07B"  # the clipboard
    "\x1b]8;;http://evil\x1b\\C"  # a link
    "\x1b[6nD\x1b[cE"  # questions whose answers would be typed
    "\x1bP1$qm\x1b\\F\x1b_Ga=T;AAAA\x1b\\G"  # device control, a picture
    "\x9b31mH\x9d0;evil\x9cI\x90q\x9cJ"  # the same in C1
    "\x08\rK\x7f"
    "\u202eL\u2066M\u061cN\u2028O"  # order of reading, line ends
)
MARKUP = "[bold red]mark[/][@click=app.quit]up"
NAME = (MARKUP.replace("/", "") + CONTROLS).replace("http://evil", "evil")
TEXT = f"{MARKUP}{CONTROLS}\n\n# head\n* **bold** `code` <b>html</b> [link](file:///etc/passwd)\ttab"

OURS = re.compile(
    "|".join(
        [
            r"\x1b\[[0-9;]*H",  # where to write
            r"\x1b\[(?!38;5;201m)[0-9;]*m",  # colours
            r"\x1b\[\?(?:1049|1000|1003|1015|1006|2004|1004|2026|2048|25|7)[hl]",  # modes
            r"\x1b\[\?(?:2026|2048)\$p",  # modes it asks for
            r"\x1b\[>\d+u|\x1b\[<u",  # kitty's keyboard
            r"\x1b\[5n",  # whether what was drawn has arrived
            r"\x1b\]22;\w*\x07|\x1b\]22;\w*\x1b\\",  # the pointer's shape
            r"\x1b\[\?1049;1H|\x1b\[[0-9]*[ABCDGJK]",
        ]
    )
)
COPYING = r"\x1b\]52;c;[A-Za-z0-9+/=]+\x07"
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)

Start = Callable[..., OnPty]


def hostile_images(folder: Path) -> Path:
    """Two images and something that is none, in a folder, a category and under names that mean harm."""
    root = folder / f"images {NAME}"
    category = root / f"category {NAME}"
    category.mkdir(parents=True)
    sample = next(samples_dir().rglob("*.png"))
    for number in (1, 2):
        shutil.copy(sample, category / f"{number} {NAME}.png")
    (category / f"3 {NAME}.png").write_bytes(b"no image \x1b[31m")
    return root


def hostile_run(folder: Path, root: Path, name: str, model: str) -> None:
    """A run in whose every field there is harm."""
    images = scan(root).images
    judged = Assessment(
        assessor=f"someone {TEXT}", verdict="partial", tags=(f"tag {NAME}",), note=f"note {TEXT}", at="now"
    )
    results = [
        Result(
            image=image.image,
            category=image.category,
            path=image.path,
            question=f"question {TEXT}",
            question_id="q1",
            response=f"answer {TEXT}",
            time=0.5,
            timing=Timing(first_token=0.1, generate=0.5),
            tokens=Tokens(generated=10, per_second=20.0),
            finish="stop",
            assessments=(judged,) if number == 0 else (),
        )
        for number, image in enumerate(images)
    ]
    failure = Failure(kind="image_unreadable", message=f"message {TEXT}")
    results[-1] = Result(
        image=images[-1].image,
        category=images[-1].category,
        path=images[-1].path,
        question=f"question {TEXT}",
        question_id="q1",
        finish="error",
        error=failure,
    )
    run = Run(
        id=name,
        status="failed",
        error=Failure(kind="load", message=f"run's message {TEXT}"),
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:10:00Z",
        tool=Tool(name="fada-tui", version="0"),
        model=ModelFacts(name=model, source=f"/nowhere/{NAME}"),
        dataset=Dataset(
            name=f"data {NAME}",
            root=encode_name(str(root)),
            categories={images[0].category: len(images)},
            images=len(images),
        ),
        questions=(Question(id="q1", text=f"question {TEXT}"),),
        results=tuple(results),
        notes=Notes(
            strengths=(f"strength {TEXT}",),
            weaknesses=(f"weakness {TEXT}",),
            conclusion=f"conclusion {TEXT}",
            recommendation=TEXT,
        ),
    )
    place = folder / "results" / name
    place.mkdir(parents=True)
    write_run(place, run)


def check(program: OnPty, also: str = "") -> None:
    """See that nothing was sent but what the dashboard itself says to terminals, once it has ended."""
    written = program.written.decode("utf-8")
    rest = OURS.sub("", re.sub(also, "", written))
    found = UNSAFE.search(rest)
    assert found is None, ascii(rest[max(found.start() - 60, 0) : found.end() + 60])


@pytest.mark.parametrize(
    "size", [pytest.param((120, 36), marks=pytest.mark.slow), (80, 24)], ids=["120x36", "80x24"]
)
def test_no_control_reaches_the_terminal(size: Size, start: Start, tmp_path: Path) -> None:
    root = hostile_images(tmp_path)
    hostile_run(tmp_path, root, "20260101-000000_one", f"one {NAME}")
    hostile_run(tmp_path, root, "20260102-000000_two", f"two {NAME}")
    broken = tmp_path / "results" / f"20260103-000000_{NAME}".replace("/", "")
    broken.mkdir()
    (broken / "run.json").write_text('{"broken \x1b[38;5;201m')
    program = start("--images", root, "--assessor", f"me {TEXT}", "--graphics", "half", size=size)
    program.wait_for("0 of 2 judged")
    if size[0] < 100:
        program.press("tab")
    program.wait_for("red]mark[/][@click=app.quit]up")
    screens = {
        "m": ("{/} Image", "escape"),
        "t": ("hallucination", "escape"),
        "s": ("Notes", "escape"),
        "R": ("Resume", "escape"),
        "C": ("Reverse", "escape"),
        "e": ("JSON lines", "escape"),
        "z": ("+/- Size", "escape"),
        "?": ("Everywhere", "escape"),
        "r": ("Start", "escape"),
    }
    for key, (there, back) in screens.items():
        program.press(key)
        program.wait_for(there)
        program.press(back)
        program.wait_for(lambda text, there=there: there not in text and "? Help" in text)
    program.press("s")
    program.wait_for("Notes")
    program.press("v")
    program.wait_for("red\\]mark")
    program.press("G", "n")
    program.wait_for("Recommendation")
    program.press("escape")
    program.wait_for(lambda text: "Page" in text and "esc Drop" not in text)
    program.press("escape")
    program.wait_for("? Help")
    program.press("n")
    program.wait_for("New line")
    program.press("x", "ctrl+s")
    program.wait_for("“x")
    program.press("b")
    program.wait_for("blind mode")
    program.press("1", "u", "b")
    program.wait_for("blind mode ended")
    program.press("o")
    program.wait_for("copied:")
    copied = program.written.split(b"\x1b]52;c;")[1:]
    assert len(copied) == 1 and re.match(rb"[A-Za-z0-9+/=]+\x07", copied[0]), "one path, as we meant to"
    program.press("/")
    program.type("[/bold]")
    program.wait_for("[/bold]")
    program.press("escape")
    program.wait_for("? Help")
    program.press("q")
    assert program.wait_end() == 0
    check(program, COPYING)


def test_a_run_over_hostile_names_shows_them_as_text(start: Start, tmp_path: Path) -> None:
    root = hostile_images(tmp_path)
    program = start("--images", root, "--graphics", "half")
    program.wait_for("Press r to ask")
    program.press("r")
    program.wait_for("3 answers")
    program.press("r")
    program.wait_for("results/")
    program.wait_for("1 error")
    program.wait_for("Question 1 of 1")
    program.press("v")
    program.wait_for("Models")
    program.press("shift+tab", "j", "j", "j", "j")
    program.wait_for("image_unreadable")
    program.press("s")
    program.wait_for("Notes")
    program.press("escape")
    program.wait_for("? Help")
    program.press("q")
    assert program.wait_end() == 0
    check(program)


def test_what_is_refused_is_refused_as_text(start: Start, tmp_path: Path) -> None:
    for arguments in (
        ["--model", NAME],
        ["--images", f"nowhere {NAME}"],
        ["--resume", NAME],
        ["--rubric", NAME],
    ):
        program = start(*arguments)
        program.wait_for("red]mark")
        if program.process.poll() is None:
            program.press("q")
        program.wait_end()
        check(program)
