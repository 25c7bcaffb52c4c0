"""What the keys of the answers table call."""

from fada_tui.tui.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command(
        "answers.open", "enter", "act('open')", "Open", "Look at the answer on the main screen", "answers"
    ),
    Command(
        "answers.filter", "slash", "filter", "Filter", "Filter the answers, and search their texts", "answers"
    ),
    Command(
        "answers.mark", "space", "act('mark')", "Mark", "Mark the answer, or take its mark away", "answers"
    ),
    Command(
        "answers.flag",
        "F",
        "act('flag')",
        "Flag",
        "Flag the marked answers for a second look, or remove it",
        "answers",
    ),
    Command(
        "answers.tags", "t", "act('tags')", "Tags", "Tags of the marked answers, by their letters", "answers"
    ),
    Command("answers.back", "escape", "back", "Back", "Leave the filter; without one, this table", "answers"),
    Command(
        "answers.all", "asterisk", "act('mark_all')", "All", "Mark all that are listed, or none", "answers"
    ),
    Command(
        "answers.range",
        "v",
        "act('mark_range')",
        "To here",
        "Mark all from the one marked last to this one",
        "answers",
    ),
    Command(
        "answers.context", "c", "act('context')", "Context", "Context flag of the marked answers", "answers"
    ),
    Command("answers.undo", "u", "undo", "Undo", "Take back the last change, of however many", "answers"),
    Command("answers.redo", "U,ctrl+r", "redo", "Redo", "Make it again", "answers", False),
    Command(
        "answers.left", "h,left,less_than_sign", "sort(-1)", "Sort", "Sort by the column before", "answers"
    ),
    Command(
        "answers.right", "l,right,greater_than_sign", "sort(1)", "", "Sort by the next column", "answers"
    ),
    Command("answers.reverse", "r", "reverse", "Reverse", "Turn the order round", "answers"),
    Command(
        "answers.models", "M", "widen", "All models", "All runs over these images, or this run", "answers"
    ),
    Command("answers.down", "j,down", "move(1)", "Move", "The next answer", "answers"),
    Command("answers.up", "k,up", "move(-1)", "", "The answer before", "answers"),
    Command("answers.page_down", "pagedown,ctrl+f", "page(1)", "", "A page down", "answers", False),
    Command("answers.page_up", "pageup,ctrl+b", "page(-1)", "", "A page up", "answers", False),
    Command("answers.first", "home,g", "first", "", "The first row", "answers", False),
    Command("answers.last", "end,G", "last", "", "The last row", "answers", False),
    Command("answers.leave", "q,a", "dismiss", "", "Back to the main screen", "answers", False),
)
