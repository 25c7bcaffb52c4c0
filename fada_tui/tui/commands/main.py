"""What the main screen's keys call: everywhere, in its panes, and in the filter."""

from fada_tui.report.export_formats import LISTED
from fada_tui.tui.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("help", "question_mark", "app.help", "Help", "All keys, by pane", "app"),
    Command("palette", "ctrl+p", "app.command_palette", "Palette", "Find any action by its name", "app"),
    Command(
        "screenshot", "P", "app.screenshot", "Screenshot", "Save the screen as an SVG picture", "app", False
    ),
    Command("theme", "D", "app.toggle_theme", "Dark/light", "Switch between dark and light", "app"),
    Command(
        "suspend", "ctrl+z", "app.suspend_process", "Suspend", "To the shell; fg comes back", "app", False
    ),
    Command("run", "r", "door('run')", "Run", "Set up a run: models, images, questions", "main"),
    Command("stop", "x", "door('stop')", "Stop", "Stop after this image; again: stop now", "main"),
    Command(
        "restart", "w", "restart", "Resume", "Resume this run: ask for the answers that are missing", "main"
    ),
    Command("queue", "Q", "door('queue')", "Queue", "What runs and waits: reorder, drop, start", "main"),
    Command("filter", "slash", "filter", "Filter", "Filter the images by their answers", "main"),
    Command(
        "filter.leave",
        "escape",
        "unfilter",
        "Back",
        "End the second look, or leave the filter",
        "main",
    ),
    Command("follow", "f", "follow", "Follow", "Follow the worker from image to image", "main"),
    Command("arrange", "v", "arrange", "View", "Arrange the screen for judging, or for running", "main"),
    Command("pane.fill", "Z", "fill", "Fill", "The focused pane on the whole screen, or no longer", "main"),
    Command("pane.larger", "plus,equals_sign", "resize(1)", "Size", "The focused pane larger", "main"),
    Command("pane.smaller", "minus", "resize(-1)", "", "The focused pane smaller", "main"),
    Command(
        "pane.fold",
        "underscore",
        "fold",
        "Fold",
        "Fold the focused pane, or unfold it for good",
        "main",
    ),
    Command("zoom", "z", "door('zoom')", "Zoom", "The picture on the whole screen, to judge by", "main"),
    Command(
        "models_on_image",
        "m",
        "door('models_on_image')",
        "Side by side",
        "All models' answers to this image",
        "main",
    ),
    Command("answers", "a", "door('answers')", "Answers", "All answers in a table", "main"),
    Command("summary", "s", "door('summary')", "Summary", "The page of this run, and its notes", "main"),
    Command("runs", "R", "door('runs')", "Runs", "All runs: open, resume, delete, export", "main"),
    Command("comparison", "C", "door('comparison')", "Compare", "All runs in one table", "main"),
    Command("export", "e", "door('export')", "Export", f"Write this run as {LISTED}", "main"),
    Command("path", "o", "path", "Path", "Copy the image's path, and show it", "main"),
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
    Command("answer.down", "j,down", "scroll_down", "Move", "Scroll down", "answer"),
    Command("answer.up", "k,up", "scroll_up", "", "Scroll up", "answer"),
    Command(
        "answer.left",
        "h,left",
        "screen.beside(-1)",
        "",
        "The answer before, in the arrangement for judging; else the pane to the left",
        "answer",
    ),
    Command(
        "answer.right",
        "l,right",
        "screen.beside(1)",
        "",
        "The answer after it, in the arrangement for judging; else the pane to the right",
        "answer",
    ),
    Command("filter.keep", "enter", "keep", "Keep", "Keep the filter, and go to the images", "filter"),
    Command("filter.clear", "escape", "cancel", "Clear", "Clear the filter, and go to the images", "filter"),
)
