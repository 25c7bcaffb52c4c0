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
    Command("setup.back", "escape,q", "back", "Cancel", "Cancel", "setup"),
    Command("field.start", "ctrl+s,ctrl+r", "start", "Start", "Start the run", "field"),
    Command("field.next", "tab", "section(1)", "Next", "The next field, or list", "field"),
    Command("field.leave", "escape", "back", "Done", "Leave the field for the start button", "field"),
)
