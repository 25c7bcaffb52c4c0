"""All actions of the dashboard, each defined once: key, footer text, help and palette entry."""

from collections.abc import Iterable, Mapping

from textual.binding import Binding

from fada_tui.tui.commands import answers, judging, main, new_run, picture, queue, results
from fada_tui.tui.commands.command import Command

PLACES: Mapping[str, str] = {
    "app": "Everywhere",
    "main": "Main screen",
    "verdict": "Judging",
    "assess": "Wherever answers are judged",
    "models": "Models",
    "images": "Images",
    "answer": "Answer",
    "filter": "In the filter",
    "setup": "New run",
    "choice": "New run, at a choice",
    "field": "New run, in a field",
    "question_name": "New run, keeping questions",
    "needs": "What a model needs",
    "queue": "Queue",
    "stop": "Stopping a run while others wait",
    "leave": "Leaving while runs go on or wait",
    "models_on_image": "Models side by side",
    "answers": "Answers",
    "runs": "Runs",
    "comparison": "Comparison",
    "paired": "Paired comparison",
    "summary": "Summary",
    "notes": "Notes",
    "zoom": "Zoom",
    "window": "The picture's window",
    "context": "Context",
    "note": "Note",
    "assessor": "Assessor's name",
    "help": "Help",
    "tags": "Tags",
    "confirm": "Yes or no",
    "export": "Export",
}
"""Places and their headings, in the order of the help screen."""

WHILE_OPEN = ("window", "verdict", "assess", "app")
"""Places whose keys are shown while that of the picture's window is open."""

COMMANDS: tuple[Command, ...] = (
    *main.COMMANDS,
    *judging.COMMANDS,
    *picture.COMMANDS,
    *answers.COMMANDS,
    *new_run.COMMANDS,
    *results.COMMANDS,
    *queue.COMMANDS,
)


def commands(place: str) -> tuple[Command, ...]:
    """Return the commands of a place, in the order of the footer."""
    return tuple(command for command in COMMANDS if command.place == place)


def bindings(*places: str) -> list[Binding]:
    """Return the key bindings of places, for the `BINDINGS` of what owns them."""
    return [
        Binding(
            command.keys, command.action, command.label or command.help, show=command.footer, id=command.id
        )
        for place in places
        for command in commands(place)
    ]


def verdict_keys(keymap: Mapping[str, str]) -> frozenset[str]:
    """Return the keys that give a verdict, the keymap's where it has some."""
    verdicts = (one for one in commands("verdict") if one.action.startswith("judge('"))
    keys = (key.strip() for one in verdicts for key in keymap.get(one.id, one.keys).split(","))
    return frozenset(key for key in keys if key)


def bindings_below(*places: str) -> list[Binding]:
    """Return the key bindings of places for a screen that leaves their commands to the screen below.

    Each calls the screen's action `below` with the command's id.
    """
    return [
        Binding(command.keys, f"below({command.id!r})", command.label or command.help, id=command.id)
        for place in places
        for command in commands(place)
    ]


def bindings_while_open(place: str) -> list[Binding]:
    """Return the key bindings of a place that come before all others while it is open.

    Each calls the screen's action `while_open` with the command's id.
    """
    return [
        Binding(
            command.keys,
            f"while_open({command.id!r})",
            command.label or command.help,
            id=command.id,
            priority=True,
        )
        for command in commands(place)
    ]


def command_of(name: str) -> Command:
    """Return the command of this id."""
    return next(command for command in COMMANDS if command.id == name)


_SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "right_curly_bracket": "}",
    "left_curly_bracket": "{",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "⏎",
    "space": "␣",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "shift+tab": "⇧tab",
    "plus": "+",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "minus": "-",
    "asterisk": "*",
    "underscore": "_",
    "backspace": "⌫",
}


def shown_keys(command: Command, keymap: Mapping[str, str]) -> str:
    """Return a command's keys as people read them, the keymap's where it has some."""
    keys = keymap.get(command.id, command.keys)
    return " ".join(shown_key(key.strip()) for key in keys.split(",") if key.strip())


def shown_key(key: str) -> str:
    """Return a key as people read it: `^p` for `ctrl+p`."""
    return _SHOWN.get(key, key.replace("ctrl+", "^"))


def keymap_faults(keymap: Mapping[str, str]) -> Iterable[str]:
    """Return the errors in a user's keymap, one line each."""
    known = {command.id: command for command in COMMANDS}
    for name in keymap:
        if name not in known:
            yield f"keymap: unknown action {name!r} is ignored; see the help screen"
    told: set[tuple[str, str]] = set()
    for places in _together():
        taken: dict[str, str] = {}
        for command in (one for place in places for one in commands(place)):
            for key in keymap.get(command.id, command.keys).split(","):
                owner = taken.setdefault(key.strip(), command.id)
                if owner != command.id and (command.id, owner) not in told:
                    told.add((command.id, owner))
                    yield f"keymap: {command.id} and {owner} share the key {shown_key(key.strip())}"


def _together() -> Iterable[tuple[str, ...]]:
    """Return the places whose keys work at the same time."""
    for pane in ("models", "images", "answer"):
        yield ("app", "verdict", "assess", "main", pane)
    yield ("app", "verdict", "assess", "zoom")
    yield ("app", "verdict", "assess", "models_on_image")
    yield ("app", "verdict", "assess", "window")
    main = {"app", "verdict", "assess", "main", "models", "images", "answer"}
    yield from ((place,) for place in PLACES if place not in {*main, "zoom", "window", "models_on_image"})
