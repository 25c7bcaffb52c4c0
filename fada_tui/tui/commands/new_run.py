"""What the keys of *New run* call."""

from fada_tui.tui.commands.command import Command

COMMANDS: tuple[Command, ...] = (
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
    Command("setup.more", "m", "more", "More", "Unfold the rarer fields, or fold them", "setup"),
    Command("setup.keep", "S,ctrl+o", "keep_questions", "", "Keep the questions by a name", "setup", False),
    Command("setup.forget", "X", "forget", "", "Forget what was chosen last", "setup", False),
    Command("setup.back", "escape,q", "back", "Cancel", "Cancel", "setup"),
    Command("choice.start", "r,enter,ctrl+r,ctrl+s", "start", "Start", "Start the run", "choice"),
    Command("choice.turn", "space,right,l", "turn(1)", "Change", "The next value", "choice"),
    Command("choice.turn_back", "left,h", "turn(-1)", "", "The value before", "choice"),
    Command("choice.next", "tab", "section(1)", "Next", "The next field, or list", "choice"),
    Command("choice.more", "m", "more", "More", "Unfold the rarer fields, or fold them", "choice"),
    Command("choice.back", "escape,q", "back", "Cancel", "Cancel", "choice"),
    Command("field.start", "ctrl+s,ctrl+r", "start", "Start", "Start the run", "field"),
    Command("field.next", "tab", "section(1)", "Next", "The next field, or list", "field"),
    Command("field.keep", "ctrl+o", "keep_questions", "", "Keep the questions by a name", "field", False),
    Command("field.leave", "escape", "back", "Done", "Leave the field for the start button", "field"),
    Command("question_name.keep", "enter", "keep", "Keep", "Keep the questions", "question_name"),
    Command("question_name.back", "escape", "back", "Cancel", "Keep nothing", "question_name"),
)
