"""What the keys of the queue call, and of the questions what becomes of it, on a stop and on leaving."""

from fada_tui.tui.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("queue.go_on", "w", "go_on", "Start", "Start the runs that were kept or left, in turn", "queue"),
    Command("queue.later", "J", "shift(1)", "Later", "Move the run down: it runs later", "queue"),
    Command("queue.earlier", "K", "shift(-1)", "Earlier", "Move the run up: it runs earlier", "queue"),
    Command("queue.drop", "d", "drop", "Drop", "Take the run off the queue; asks first", "queue"),
    Command("queue.stop", "x", "stop", "Stop", "Stop the run in progress", "queue"),
    Command("queue.down", "j,down", "move(1)", "Move", "The next run", "queue"),
    Command("queue.up", "k,up", "move(-1)", "", "The run before", "queue"),
    Command("queue.page_down", "pagedown,ctrl+f", "page(1)", "", "A page down", "queue", False),
    Command("queue.page_up", "pageup,ctrl+b", "page(-1)", "", "A page up", "queue", False),
    Command("queue.first", "home,g", "first", "", "The first", "queue", False),
    Command("queue.last", "end,G", "last", "", "The last", "queue", False),
    Command("queue.back", "escape,q,Q", "back", "Back", "Back to the main screen", "queue"),
    Command(
        "stop.keep",
        "s,y",
        "choose('keep')",
        "Keep them",
        "Stop; the runs that wait start when you say",
        "stop",
    ),
    Command("stop.next", "g", "choose('next')", "Go on", "Stop this run; the next one begins", "stop"),
    Command("stop.drop", "d", "choose('drop')", "Drop them", "Stop; the runs that wait never begin", "stop"),
    Command("stop.down", "down,j,tab", "turn(1)", "", "The next answer", "stop", False),
    Command("stop.up", "up,k,shift+tab", "turn(-1)", "", "The answer before", "stop", False),
    Command("stop.back", "n,escape,q", "back", "Don't stop", "Stop nothing", "stop"),
    Command(
        "leave.go_on", "g", "choose('go_on')", "Go on", "Leave; what runs goes on without a screen", "leave"
    ),
    Command(
        "leave.stop", "s", "choose('stop')", "Stop", "Leave; what runs stops, and what waits is kept", "leave"
    ),
    Command("leave.down", "down,j,tab", "turn(1)", "", "The next answer", "leave", False),
    Command("leave.up", "up,k,shift+tab", "turn(-1)", "", "The answer before", "leave", False),
    Command("leave.back", "n,escape,q", "back", "Stay", "Leave nothing", "leave"),
)
