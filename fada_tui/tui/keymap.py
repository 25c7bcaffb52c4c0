"""All actions of the dashboard, each defined once: key, footer text, help and palette entry."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from textual.binding import Binding

from fada_tui.report.export_formats import EXPORT_FORMATS, LISTED


class Command(NamedTuple):
    """An action that a key calls."""

    id: str
    """What the keymap in `settings.toml` calls it."""
    keys: str
    """Keys by default, separated by commas, as Textual names them."""
    action: str
    """Textual's action, on the screen or pane that owns the command."""
    label: str
    """In the footer."""
    help: str
    """On the help screen and in the palette."""
    place: str
    """Where it works; see `PLACES`."""
    footer: bool = True
    """Whether it is in the footer; with no label of its own it shares that of the command before it."""


PLACES: Mapping[str, str] = {
    "app": "Everywhere",
    "main": "Main screen",
    "verdict": "Judging",
    "assess": "Assessing",
    "models": "Models",
    "images": "Images",
    "answer": "Answer",
    "filter": "In the filter",
    "setup": "New run",
    "field": "New run, in a field",
    "needs": "What a model needs",
    "models_on_image": "Models on one image",
    "runs": "Runs",
    "comparison": "Comparison",
    "paired": "Paired comparison",
    "summary": "Summary",
    "notes": "Notes",
    "zoom": "Zoom",
    "note": "Note",
    "help": "Help",
    "tags": "Tags",
    "confirm": "Question",
    "export": "Export",
}
"""Places and their headings, in the order of the help screen."""

COMMANDS: tuple[Command, ...] = (
    Command("help", "question_mark", "app.help", "Help", "All keys, by pane", "app"),
    Command("palette", "ctrl+p", "app.command_palette", "Palette", "Find any action by its name", "app"),
    Command(
        "screenshot", "P", "app.screenshot", "Screenshot", "Save the screen as an SVG picture", "app", False
    ),
    Command("theme", "D", "app.toggle_theme", "Dark/light", "Switch between dark and light", "app", False),
    Command(
        "suspend", "ctrl+z", "app.suspend_process", "Suspend", "To the shell; fg comes back", "app", False
    ),
    Command("run", "r", "door('run')", "Run", "Set up a run: models, images, questions", "main"),
    Command("stop", "x", "door('stop')", "Stop", "Stop after this image; again: stop now", "main"),
    Command("restart", "w", "restart", "Restart worker", "Resume the run whose worker died", "main", False),
    Command("assess.correct", "1", "judge('correct')", "Correct", "Judge the answer correct", "verdict"),
    Command("assess.partial", "2", "judge('partial')", "Partial", "Judge the answer partly right", "verdict"),
    Command("assess.incorrect", "3", "judge('incorrect')", "Wrong", "Judge the answer incorrect", "verdict"),
    Command("assess.clear", "0", "judge(None)", "Clear", "Take the verdict back", "verdict"),
    Command(
        "assess.anyway",
        "A",
        "door('judge_anyway')",
        "Judge anyway",
        "Judge though the image was changed since",
        "verdict",
        False,
    ),
    Command("assess.context", "c", "context", "Context", "Context flag: yes, no, unset", "verdict"),
    Command("assess.tags", "t", "door('tags')", "Tags", "Tags of the rubric, by their letters", "assess"),
    Command("assess.note", "n", "door('note')", "Note", "Write a note on this answer", "assess"),
    Command("undo", "u", "undo", "Undo", "Take back the last assessment", "verdict"),
    Command("redo", "U,ctrl+r", "redo", "Redo", "Make it again", "verdict", False),
    Command("next", "right_square_bracket", "step(1)", "Next", "Next unassessed answer", "assess"),
    Command("previous", "left_square_bracket", "step(-1)", "", "Previous unassessed answer", "assess"),
    Command(
        "question.next",
        "full_stop",
        "question(1)",
        "Question",
        "Next question of this image",
        "assess",
        False,
    ),
    Command("question.previous", "comma", "question(-1)", "", "Previous question", "assess", False),
    Command(
        "blind", "b", "door('blind')", "Blind", "Blind mode: no names, no auto scores, shuffled", "assess"
    ),
    Command(
        "thoughts",
        "T",
        "thoughts",
        "Thoughts",
        "Show or hide what the model thought before its answer",
        "assess",
        False,
    ),
    Command("filter", "slash", "filter", "Filter", "Filter the images", "main"),
    Command("follow", "f", "follow", "Follow", "Follow the worker from image to image", "main", False),
    Command("zoom", "z", "door('zoom')", "Zoom", "The picture on the whole screen", "main"),
    Command(
        "models_on_image",
        "m",
        "door('models_on_image')",
        "Models",
        "All models' answers to this image",
        "main",
    ),
    Command("summary", "s", "door('summary')", "Summary", "The page of this run, and its notes", "main"),
    Command("runs", "R", "door('runs')", "Runs", "All runs: open, resume, delete, export", "main"),
    Command("comparison", "C", "door('comparison')", "Compare", "All runs in one table", "main", False),
    Command("export", "e", "door('export')", "Export", f"Write this run as {LISTED}", "main"),
    Command("path", "o", "path", "Path", "Copy the image's path, and show it", "main", False),
    Command("quit", "q", "quit", "Quit", "Leave; asks while a run goes on", "main"),
    Command("pane.next", "tab", "pane(1)", "Pane", "Next pane", "main"),
    Command("pane.previous", "shift+tab", "pane(-1)", "", "Previous pane", "main", False),
    Command("models.open", "enter", "open", "Open", "Open this model's latest run", "models"),
    Command("models.mark", "space", "mark", "Mark", "Mark the model for the next run", "models"),
    Command(
        "models.needs",
        "i",
        "screen.door('needs')",
        "Needs",
        "What this model needs, before loading",
        "models",
    ),
    Command("models.down", "j,down", "down", "Move", "Down", "models"),
    Command("models.up", "k,up", "up", "", "Up", "models"),
    Command("models.left", "h,left", "pane(-1)", "", "The pane to the left", "models"),
    Command("models.right", "l,right", "pane(1)", "", "The pane to the right", "models"),
    Command(
        "images.open", "enter", "open", "Open", "Open or fold a category; show an image's answer", "images"
    ),
    Command("images.mark", "space", "mark", "Mark", "Mark an image or a category for the next run", "images"),
    Command("images.down", "j,down", "down", "Move", "Down", "images"),
    Command("images.up", "k,up", "up", "", "Up", "images"),
    Command("images.left", "h,left", "left", "", "Fold the category, or the pane to the left", "images"),
    Command("images.right", "l,right", "right", "", "Unfold, or the pane to the right", "images"),
    Command("images.page_up", "pageup,ctrl+b", "page(-1)", "", "A page up", "images", False),
    Command("images.page_down", "pagedown,ctrl+f", "page(1)", "", "A page down", "images", False),
    Command("images.first", "home,g", "first", "", "The first", "images", False),
    Command("images.last", "end,G", "last", "", "The last", "images", False),
    Command("setup.start", "r,enter,ctrl+r,ctrl+s", "start", "Start", "Start the run", "setup"),
    Command("setup.mark", "space", "mark", "Mark", "Mark a model or category; choose images", "setup"),
    Command("setup.next", "tab", "section(1)", "Next", "The next section", "setup"),
    Command("setup.previous", "shift+tab", "section(-1)", "", "The section before", "setup", False),
    Command("setup.down", "j,down", "down", "Move", "Down", "setup"),
    Command("setup.up", "k,up", "up", "", "Up", "setup"),
    Command("setup.page_up", "pageup", "page(-1)", "", "A page up", "setup", False),
    Command("setup.page_down", "pagedown", "page(1)", "", "A page down", "setup", False),
    Command("setup.first", "home,g", "page(-1000)", "", "The first", "setup", False),
    Command("setup.last", "end,G", "page(1000)", "", "The last", "setup", False),
    Command("setup.back", "escape,q", "back", "Cancel", "Cancel", "setup"),
    Command("field.start", "ctrl+s,ctrl+r", "start", "Start", "Start the run", "field"),
    Command("field.next", "tab", "section(1)", "Next", "The next field, or list", "field"),
    Command("field.leave", "escape", "back", "Done", "Leave the field for the start button", "field"),
    Command("filter.keep", "enter", "keep", "Keep", "Keep the filter, and go to the images", "filter"),
    Command("filter.clear", "escape", "cancel", "Clear", "Clear the filter, and go to the images", "filter"),
    Command("needs.down", "j,down", "scroll('down')", "Scroll", "A line down", "needs"),
    Command("needs.up", "k,up", "scroll('up')", "", "A line up", "needs"),
    Command("needs.page_down", "space,pagedown", "scroll('page_down')", "Page", "A page down", "needs"),
    Command("needs.page_up", "pageup", "scroll('page_up')", "", "A page up", "needs", False),
    Command("needs.back", "escape,q,i", "back", "Back", "Back to the main screen", "needs"),
    Command(
        "column.left", "h,left,shift+tab", "column(-1)", "Model", "The model to the left", "models_on_image"
    ),
    Command("column.right", "l,right,tab", "column(1)", "", "The model to the right", "models_on_image"),
    Command(
        "column.tags", "t", "door('tags')", "Tags", "Tags of the rubric, by their letters", "models_on_image"
    ),
    Command("column.note", "n", "door('note')", "Note", "Write a note on this answer", "models_on_image"),
    Command(
        "column.thoughts",
        "T",
        "thoughts",
        "Thoughts",
        "Show or hide what the models thought before their answers",
        "models_on_image",
        False,
    ),
    Command("column.zoom", "z", "door('zoom')", "Zoom", "The picture on the whole screen", "models_on_image"),
    Command("column.back", "escape,q,m", "back", "Back", "Back to the main screen", "models_on_image"),
    Command("zoom.in", "plus,equals_sign", "zoom(1)", "Size", "A step larger", "zoom"),
    Command("zoom.out", "minus", "zoom(-1)", "", "A step smaller", "zoom"),
    Command("zoom.fit", "0", "fit", "Fit", "All of the picture", "zoom"),
    Command("zoom.left", "h,left", "pan(-1, 0)", "Look", "Look further left", "zoom"),
    Command("zoom.down", "j,down", "pan(0, 1)", "", "Look further down", "zoom"),
    Command("zoom.up", "k,up", "pan(0, -1)", "", "Look further up", "zoom"),
    Command("zoom.right", "l,right", "pan(1, 0)", "", "Look further right", "zoom"),
    Command("zoom.back", "escape,q,z", "back", "Back", "Back to the main screen", "zoom"),
    Command("runs.open", "enter", "open", "Open", "Look at the run", "runs"),
    Command("runs.resume", "w", "resume", "Resume", "Resume an unfinished run", "runs"),
    Command("runs.summary", "s", "summary", "Summary", "The run's page, and its notes", "runs"),
    Command("runs.export", "e", "export", "Export", f"Write the run as {LISTED}", "runs"),
    Command("runs.delete", "d", "delete", "Delete", "Delete the run for good; asks first", "runs"),
    Command("runs.down", "j,down", "move(1)", "Move", "The next run", "runs"),
    Command("runs.up", "k,up", "move(-1)", "", "The run before", "runs"),
    Command("runs.page_down", "pagedown,ctrl+f", "page(1)", "", "A page down", "runs", False),
    Command("runs.page_up", "pageup,ctrl+b", "page(-1)", "", "A page up", "runs", False),
    Command("runs.first", "home,g", "first", "", "The newest run", "runs", False),
    Command("runs.last", "end,G", "last", "", "The oldest run", "runs", False),
    Command("runs.comparison", "C", "compare", "Compare", "All runs in one table", "runs"),
    Command("runs.back", "escape,q,R", "back", "Back", "Back to the main screen", "runs"),
    Command("comparison.open", "enter", "open", "Open", "Look at the run", "comparison"),
    Command(
        "comparison.left",
        "h,left,less_than_sign",
        "sort(-1)",
        "Sort",
        "Sort by the column before",
        "comparison",
    ),
    Command(
        "comparison.right",
        "l,right,greater_than_sign",
        "sort(1)",
        "",
        "Sort by the next column",
        "comparison",
    ),
    Command("comparison.reverse", "space", "reverse", "Reverse", "Turn the order round", "comparison"),
    Command(
        "comparison.mark", "m", "mark", "Mark", "Mark a run for the paired comparison, or not", "comparison"
    ),
    Command(
        "comparison.paired",
        "p",
        "paired",
        "Paired",
        "Test the marked runs on what they have in common",
        "comparison",
    ),
    Command("comparison.down", "j,down", "move(1)", "Move", "The next run", "comparison"),
    Command("comparison.up", "k,up", "move(-1)", "", "The run before", "comparison"),
    Command("comparison.page_down", "pagedown,ctrl+f", "page(1)", "", "A page down", "comparison", False),
    Command("comparison.page_up", "pageup,ctrl+b", "page(-1)", "", "A page up", "comparison", False),
    Command("comparison.first", "home,g", "first", "", "The first row", "comparison", False),
    Command("comparison.last", "end,G", "last", "", "The last row", "comparison", False),
    Command("comparison.back", "escape,q,C", "back", "Back", "Back to the main screen", "comparison"),
    Command("paired.down", "j,down", "move(1)", "Move", "The next row", "paired"),
    Command("paired.up", "k,up", "move(-1)", "", "The row before", "paired"),
    Command("paired.page_down", "pagedown,ctrl+f", "page(1)", "", "A page down", "paired", False),
    Command("paired.page_up", "pageup,ctrl+b", "page(-1)", "", "A page up", "paired", False),
    Command("paired.first", "home,g", "first", "", "The first row", "paired", False),
    Command("paired.last", "end,G", "last", "", "The last row", "paired", False),
    Command("paired.back", "escape,q,p", "back", "Back", "Back to the comparison", "paired"),
    *(
        Command(
            f"export.{one.name}", one.key, f"write('{one.name}')", one.label, f"Write {one.written}", "export"
        )
        for one in EXPORT_FORMATS
    ),
    Command("export.choose", "enter", "choose", "Write", "Write the format under the cursor", "export"),
    Command("export.down", "j,down", "move(1)", "Move", "The next format", "export"),
    Command("export.up", "k,up", "move(-1)", "", "The format before", "export"),
    Command("export.back", "escape,q,e", "back", "Back", "Write nothing", "export"),
    Command("answer.down", "j,down", "scroll_down", "Move", "Scroll down", "answer"),
    Command("answer.up", "k,up", "scroll_up", "", "Scroll up", "answer"),
    Command("answer.left", "h,left", "screen.pane(-1)", "", "The pane to the left", "answer"),
    Command("answer.right", "l,right", "screen.pane(1)", "", "The pane to the right", "answer"),
    Command("confirm.yes", "y", "answer(True)", "Yes", "Agree", "confirm"),
    Command("confirm.no", "n,escape,q", "answer(False)", "No", "Don't", "confirm"),
    Command("confirm.turn", "tab,left,right,h,l", "turn", "Other", "The other answer", "confirm", False),
    Command("tags.back", "escape,enter,q", "back", "Back", "Back; a letter toggles its tag", "tags"),
    Command("note.save", "enter,ctrl+s", "save", "Save", "Keep the note", "note"),
    Command("note.break", "ctrl+j", "break", "New line", "Begin another line", "note"),
    Command(
        "note.back",
        "escape",
        "back",
        "Drop",
        "Go back; a changed note is dropped only when asked twice",
        "note",
    ),
    Command("notes.save", "ctrl+s", "save", "Save", "Write the notes into the run and its page", "notes"),
    Command("notes.next", "tab", "app.focus_next", "Next", "The next field", "notes"),
    Command(
        "notes.back",
        "escape",
        "back",
        "Drop",
        "Go back; changed notes are dropped only when asked twice",
        "notes",
    ),
    Command("summary.notes", "n", "notes", "Notes", "Edit the notes on this run", "summary"),
    Command("summary.raw", "v", "raw", "Text", "The page's Markdown, or the page rendered", "summary"),
    Command("summary.export", "e", "export", "Export", "Write the run in another format", "summary"),
    Command("summary.path", "o", "path", "Path", "Copy the page's path, and show it", "summary"),
    Command("summary.down", "j,down", "scroll('down')", "Scroll", "A line down", "summary"),
    Command("summary.up", "k,up", "scroll('up')", "", "A line up", "summary"),
    Command("summary.page_down", "space,pagedown", "scroll('page_down')", "Page", "A page down", "summary"),
    Command("summary.page_up", "pageup", "scroll('page_up')", "", "A page up", "summary", False),
    Command("summary.first", "g,home", "scroll('first')", "", "The beginning", "summary", False),
    Command("summary.last", "G,end", "scroll('last')", "", "The end", "summary", False),
    Command("summary.back", "escape,q,s", "back", "Back", "Back", "summary"),
    Command("help.down", "j,down", "scroll('down')", "Scroll", "A line down", "help"),
    Command("help.up", "k,up", "scroll('up')", "", "A line up", "help"),
    Command("help.back", "escape,q,question_mark", "back", "Back", "Back", "help"),
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


_SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
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
    main = {"app", "verdict", "assess", "main", "models", "images", "answer"}
    yield from ((place,) for place in PLACES if place not in main)
