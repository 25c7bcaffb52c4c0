"""What keys call that look at pictures in another way: of the screen alone, for pictures of all images."""

from fada_tui.tui.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command(
        "picture.window",
        "W",
        "toggle_window",
        "Window",
        "Keys for the picture's window, gamma and zoom; again closes them",
        "assess",
    ),
    Command(
        "picture.viewer",
        "O",
        "door('viewer')",
        "Viewer",
        "Open the image in another program, by the setting viewer",
        "assess",
    ),
    Command("window.back", "escape,q", "close_window", "Done", "Leave; what was set stays set", "window"),
    Command("window.narrower", "left", "tone('wider', -1)", "Window", "Fewer greys: more contrast", "window"),
    Command("window.wider", "right", "tone('wider', 1)", "", "More greys: less contrast", "window"),
    Command("window.brighter", "up", "tone('brighter', 1)", "Level", "Brighter", "window"),
    Command("window.darker", "down", "tone('brighter', -1)", "", "Darker", "window"),
    Command("window.gamma_down", "g", "tone('gamma_by', -1)", "Gamma", "Middle greys darker", "window"),
    Command("window.gamma_up", "G", "tone('gamma_by', 1)", "", "Middle greys brighter", "window"),
    Command("window.invert", "i", "invert", "Invert", "Exchange black and white, or back", "window"),
    Command("window.in", "plus,equals_sign", "zoom(1)", "Size", "A step larger", "window"),
    Command("window.out", "minus", "zoom(-1)", "", "A step smaller", "window"),
    Command("window.left", "h", "pan(-1, 0)", "Move", "Look further left", "window"),
    Command("window.down", "j", "pan(0, 1)", "", "Look further down", "window"),
    Command("window.up", "k", "pan(0, -1)", "", "Look further up", "window"),
    Command("window.right", "l", "pan(1, 0)", "", "Look further right", "window"),
    Command("window.reset", "r", "reset_view", "Reset", "See pictures as they are again", "window"),
)
