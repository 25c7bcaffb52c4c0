"""What is asked when the dashboard is left while runs go on or wait: pure."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from fada_tui.report.units import count

Choice: TypeAlias = Literal["go_on", "stop", "stay"]
"""Runs go on without a screen; what runs is stopped, and what waits is kept; the dashboard isn't left."""


class Situation(Struct, frozen=True, kw_only=True):
    """What runs and what waits when the dashboard is to be left."""

    busy: bool = False
    """A run of this dashboard goes on."""
    stopping: bool = False
    """It has been asked to stop."""
    waiting: int = 0
    """Runs of this dashboard that wait."""
    kept: int = 0
    """How many of them wait until a person starts them."""
    ahead: int = 0
    """Runs that a process without a screen works through already."""
    before: int = 0
    """Runs that were left before and that nobody works through."""


class Question(Struct, frozen=True):
    """A question, and what each answer does."""

    question: str
    detail: str
    answers: Mapping[Choice, str]
    focused: Choice


def question(now: Situation) -> Question | None:
    """Return what is to be asked; `None` if nothing of this dashboard's runs or waits."""
    if now.busy and now.stopping:
        return Question(
            f"The run is stopping{_others(now.waiting)}. Leave?",
            _detail(now),
            {
                "stop": f"Stop it now and leave{_keeping(now.waiting)}",
                "go_on": "Let it go on without this screen, and leave",
                "stay": "Stay",
            },
            "stop",
        )
    if now.busy:
        them = "it" if now.waiting == now.kept else "them"
        return Question(
            f"A run goes on{_others(now.waiting)}. Leave {them} running?",
            _detail(now),
            {
                "go_on": f"Leave {them} running, without a screen",
                "stop": f"Stop it and leave{_keeping(now.waiting)}",
                "stay": "Stay",
            },
            "go_on",
        )
    if now.waiting:
        them = "it" if now.waiting == 1 else "them"
        return Question(
            f"{count(now.waiting, 'run waits', 'runs wait')} in the queue. Leave?",
            _detail(now),
            {
                "stop": f"Leave, and let {them} wait (Q starts {them})",
                "go_on": f"Start {them} without a screen, and leave",
                "stay": "Stay",
            },
            "stop",
        )
    return None


def _others(waiting: int) -> str:
    return f", and {count(waiting, 'waits', 'wait')}" if waiting else ""


def _keeping(waiting: int) -> str:
    return "; what waits is kept (Q)" if waiting else " (w resumes it)"


def _detail(now: Situation) -> str:
    told = []
    if now.busy:
        told.append("What is answered is kept.")
    told.append("What goes on without a screen is shown, and can be stopped, when fada-tui is opened again.")
    if now.busy and now.kept:
        waits = count(now.kept, "run that is kept waits on", "runs that are kept wait on")
        told.append(f"{waits}: Q starts {'it' if now.kept == 1 else 'them'}.")
    if now.ahead:
        come = "comes" if now.ahead == 1 else "come"
        told.append(f"{count(now.ahead, 'run goes', 'runs go')} on so already, and {come} first.")
    if now.before:
        waits = count(now.before, "run that was left before waits", "runs that were left before wait")
        told.append(f"{waits} on.")
    return " ".join(told)
