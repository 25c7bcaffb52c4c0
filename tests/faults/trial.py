"""One command under one fault, and what is wrong afterwards."""

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from fada_tui.core.records import decode_run
from tests.faults.library import KILLS, WORDS, Fault, faults_at
from tests.faults.place import Place
from tests.faults.scenes import Scene

ENDS = {2, 130}
"""Exit codes of a program that a disk stopped: before a run began, and in the middle."""
LOST_WORKER = 3
"""Exit code where the worker died before its model was loaded."""


@dataclass(frozen=True)
class Tried:
    """A trial's outcome."""

    fault: Fault
    reached: bool
    told: int
    """Answers, verdicts and others that were said to be durable."""
    lost: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    """What else was wrong."""

    @property
    def failed(self) -> bool:
        return bool(self.lost or self.wrong)


@dataclass
class Stage:
    """A scene with what is there before, and all faults that it can have."""

    scene: Scene
    before: Place
    calls: int = 0
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def set(cls, scene: Scene, place: Place) -> "Stage":
        """Prepare a scene and count its calls in a clean pass.

        Raises:
            AssertionError: the clean pass is not clean.
        """
        before = replace(place, folder=place.folder / "before")
        before.disk.mkdir(parents=True)
        scene.prepare(before)
        stage = cls(scene, before)
        clean = stage._copied(place.folder / "clean")
        done, guard = clean.guarded(scene.command(clean))
        wrong = [*scene.lost(clean, scene.told(done)), *halves(clean), *scene.finish(clean, True)]
        assert done.returncode == 0 and not wrong, (scene.name, done.stderr, wrong)
        stage.calls = len(guard.calls())
        stage.faults = scene.chosen(faults_at(sorted(guard.calls())))
        shutil.rmtree(clean.folder)
        return stage

    def attempt(self, fault: Fault, folder: Path) -> Tried:
        """Do the scene once under a fault; the folder is left where something was wrong."""
        place = self._copied(folder)
        scene = self.scene
        try:
            done, guard = place.guarded(scene.command(place), fault)
        except subprocess.TimeoutExpired:
            return Tried(fault, True, 0, wrong=("it did not end",))
        (folder / "stderr").write_text(done.stderr)
        if not guard.happened:
            shutil.rmtree(folder)
            return Tried(fault, False, 0)
        guard.cut_the_power()
        wrong = [] if guard.quiet else ["a process was left"]
        wrong += halves(place)
        wrong += said(done, fault)
        told = scene.told(done)
        lost: list[str] = []
        try:
            lost += scene.lost(place, told)
            wrong += scene.finish(place, done.returncode == 0)
            lost += scene.lost(place, told)
        except (OSError, ValueError, LookupError) as error:
            wrong.append(f"what is left is beyond judging: {error!r}")
        count = len(told) + scene.told_before
        tried = Tried(fault, True, count, tuple(dict.fromkeys(lost)), tuple(wrong))
        if not tried.failed:
            shutil.rmtree(folder)
        return tried

    def _copied(self, folder: Path) -> Place:
        folder.mkdir()
        place = replace(self.before, folder=folder)
        shutil.copytree(self.before.disk, place.disk, symlinks=True)
        return place


def said(done: subprocess.CompletedProcess[str], fault: Fault) -> Iterator[str]:
    """What is wrong with a command's last word and its exit code."""
    for sign in ("fault of fada-tui", "Traceback"):
        if sign in done.stderr:
            yield f"{sign}: {done.stderr.strip().splitlines()[-1]}"
            return
    lines = [line for line in done.stderr.splitlines() if line.startswith(("fada-tui: ", "error: "))]
    if done.returncode == 0:
        if lines:
            yield f"exit code 0, and {lines[0]}"
        return
    if fault.mode in KILLS:
        killed = done.returncode == -9 and (fault.mode != "kill" or fault.call.who == "program")
        worker = done.returncode == LOST_WORKER and fault.call.who == "worker" and len(lines) == 1
        if not (killed or worker):
            yield f"exit code {done.returncode} after a kill: {done.stderr.strip().splitlines()[-1:]}"
        return
    if done.returncode not in ENDS:
        yield f"exit code {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    elif len(lines) != 1:
        yield f"{len(lines)} lines say why: {lines}"
    elif not any(word in lines[0] for word in WORDS[fault.mode].split("|")):
        yield f"another error than the first is told: {lines[0]}"


def halves(place: Place) -> Iterator[str]:
    """The files that are half written."""
    for path in place.disk.rglob("*"):
        if path.is_dir() or path.name.startswith("."):
            continue
        data = path.read_bytes()
        try:
            if path.name == "run.json":
                decode_run(data)
            elif path.suffix == ".toml":
                tomllib.loads(data.decode())
            elif path.suffix == ".md" and not (data.startswith(b"#") and data.endswith(b"\n")):
                raise ValueError("no whole page")
        except ValueError as error:
            yield f"{path.name} is half written: {error}"
