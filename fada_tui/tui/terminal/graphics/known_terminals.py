"""The terminals that are known to draw pictures, and how they are known: by the environment alone."""

from collections.abc import Mapping

from msgspec import Struct


class KnownTerminal(Struct, frozen=True):
    """A terminal that may draw pictures; it is asked before it is sent any."""

    name: str
    kitty: bool = False
    """Whether it knows kitty's protocol."""
    terms: tuple[str, ...] = ()
    """What `TERM` begins with."""
    programs: tuple[str, ...] = ()
    """`TERM_PROGRAM` or `LC_TERMINAL`."""
    variables: tuple[str, ...] = ()
    """Of which one is set."""
    placeholders: bool = True
    """Whether its word on Unicode placeholders is worth anything: some accept keys that they don't know."""
    any_height: bool = False
    """As in `Detected`; of those that were tried."""


TERMINALS = (
    # Its sixels have a column too many, in the colour of its own background. It is before kitty, whose
    # variable it inherits where it is started there, and whose placeholders it only says that it knows.
    KnownTerminal("Konsole", True, ("konsole",), ("konsole",), ("KONSOLE_VERSION",), placeholders=False),
    KnownTerminal("kitty", True, ("xterm-kitty",), ("kitty",), ("KITTY_WINDOW_ID",)),
    KnownTerminal("ghostty", True, ("xterm-ghostty", "ghostty"), ("ghostty",), ("GHOSTTY_RESOURCES_DIR",)),
    KnownTerminal("WezTerm", False, ("wezterm",), ("WezTerm",), ("WEZTERM_PANE",)),
    KnownTerminal("foot", False, ("foot",), ("foot",)),
    KnownTerminal("iTerm2", False, (), ("iTerm.app", "iTerm2"), ("ITERM_SESSION_ID",)),
    KnownTerminal("contour", False, ("contour",), ("contour",), ("CONTOUR_PROFILE",)),
    KnownTerminal("mlterm", False, ("mlterm",), ("mlterm",), ("MLTERM",), any_height=True),
    KnownTerminal("Windows Terminal", False, (), (), ("WT_SESSION",)),
    KnownTerminal("mintty", False, ("mintty",), ("mintty",)),
    KnownTerminal("Rio", False, ("rio",), ("rio",)),
    KnownTerminal("VS Code", False, (), ("vscode",)),
    KnownTerminal("xterm", False, (), (), ("XTERM_VERSION",), any_height=True),
)


def multiplexer(environ: Mapping[str, str]) -> str | None:
    """Return what lies between the program and its terminal, if something does that is known."""
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return "tmux"
    if environ.get("STY") or term.startswith("screen"):
        return "screen"
    return "mosh" if environ.get("MOSH_CONNECTION") or environ.get("MOSH_IP") else None


def known_terminal(environ: Mapping[str, str]) -> KnownTerminal | None:
    """Return the terminal that the environment names: by its type first, since the rest is inherited."""
    term = environ.get("TERM", "")
    programs = (environ.get("TERM_PROGRAM"), environ.get("LC_TERMINAL"))
    for one in TERMINALS:
        if one.terms and term.startswith(one.terms):
            return one
    for one in TERMINALS:
        if any(program in one.programs for program in programs):
            return one
    if programs[0]:
        return None
    for one in TERMINALS:
        if any(environ.get(variable) for variable in one.variables):
            return one
    return None
