"""Whether a verdict can be meant for what is shown: the terminal must have said that it has it."""

from collections.abc import Callable

from fada_tui.tui.terminal.visibility import ANSWERING_SECONDS, EVER, Visibility


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal:
    """Answers when told to."""

    def __init__(self) -> None:
        self.questions: list[Callable[[], None]] = []

    def ask(self, answered: Callable[[], None]) -> None:
        self.questions.append(answered)


def begun(answers: bool = True) -> tuple[Visibility, Clock, Terminal]:
    clock, terminal = Clock(), Terminal()
    visibility = Visibility(terminal.ask, clock)
    visibility.begin()
    if answers:
        terminal.questions.pop()()
    return visibility, clock, terminal


def test_what_a_person_moved_to_is_in_sight_for_ever() -> None:
    assert begun()[0].seconds == EVER


def test_it_is_in_sight_only_since_the_terminal_answered() -> None:
    visibility, clock, terminal = begun()
    visibility.moved()
    clock.now += 1.0
    assert visibility.seconds == 0.0, "written perhaps, but not asked about"
    visibility.drawn()
    clock.now += 2.0
    assert visibility.seconds == 0.0, "still on its way over a slow link"
    terminal.questions.pop()()
    assert visibility.seconds == 0.0
    clock.now += 0.5
    assert visibility.seconds == 0.5


def test_a_terminal_that_never_answers_is_not_waited_for() -> None:
    visibility, clock, terminal = begun(answers=False)
    visibility.moved()
    visibility.drawn()
    clock.now += 0.5
    assert visibility.seconds == 0.5, "counted from the move"
    assert len(terminal.questions) == 1, "the one at the beginning"


def test_a_terminal_that_answers_no_longer_is_waited_for_once() -> None:
    visibility, clock, terminal = begun()
    visibility.moved()
    visibility.drawn()
    clock.now += ANSWERING_SECONDS
    assert visibility.seconds == ANSWERING_SECONDS
    visibility.moved()
    visibility.drawn()
    clock.now += 0.5
    assert visibility.seconds == 0.5
    assert len(terminal.questions) == 1


def test_a_late_answer_changes_nothing_but_is_heard() -> None:
    visibility, clock, terminal = begun()
    visibility.moved()
    visibility.drawn()
    clock.now += ANSWERING_SECONDS + 1
    assert visibility.seconds == ANSWERING_SECONDS + 1
    terminal.questions.pop()()
    assert visibility.seconds == ANSWERING_SECONDS + 1
    visibility.moved()
    assert visibility.seconds == 0.0
