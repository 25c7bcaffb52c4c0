"""All settings with their types, meanings and defaults. Plain data, quick to import.

`Settings`, the options of the command line, the fields of *New run* and `docs/settings.md` are made from it.
"""

from fada_tui.config.answered_schema import ANSWERED
from fada_tui.config.asked_schema import ASKED
from fada_tui.config.setting import Setting

_LONGEST_WAIT = 1e7
"""Seconds."""

_ALL = (
    *ASKED,
    *ANSWERED,
    Setting(
        "assessor", "written", "text", None, "name of the assessor", metavar="NAME", unset="nobody named"
    ),
    Setting(
        "files",
        "written",
        "choice",
        None,
        "whom the files of new runs are for; umask: as the shell's umask says",
        choices=("owner", "group", "umask"),
        unset="owner; group in a results folder that has the setgid bit",
    ),
    Setting(
        "rubric",
        "written",
        "text",
        "fada",
        "what answers are scored by: a rubric, or a file of one",
        metavar="NAME_OR_FILE",
        path=True,
        label="Rubric",
    ),
    Setting(
        "graphics",
        "dashboard",
        "choice",
        "auto",
        "how pictures are drawn; auto finds out what the terminal can",
        choices=("auto", "kitty", "sixel", "octant", "sextant", "half", "off"),
    ),
    Setting("theme", "dashboard", "choice", "dark", "colours", choices=("dark", "light")),
    Setting(
        "viewer",
        "dashboard",
        "text",
        None,
        "what O opens an image with: a program and its options; the image's path comes last",
        metavar="COMMAND",
        unset="xdg-open; open on macOS",
    ),
    Setting("auto_advance", "dashboard", "switch", True, "a verdict moves on to the next unassessed answer"),
    Setting(
        "goal",
        "dashboard",
        "whole",
        None,
        "number of answers to judge in one session; 0 is none",
        metavar="N",
        least=0,
        unset="none",
    ),
    Setting(
        "low_bandwidth",
        "dashboard",
        "switch",
        False,
        "for slow links: fewer frames, no animation, pictures of characters",
    ),
    Setting(
        "hang_up",
        "dashboard",
        "choice",
        "stop",
        "what becomes of runs when the terminal hangs up; go_on: they go on without a screen",
        choices=("stop", "go_on"),
    ),
    Setting(
        "keymap",
        "dashboard",
        "pairs",
        {},
        "change a key; repeatable",
        metavar="ACTION=KEY",
        unset="the keys that ? shows",
    ),
    Setting(
        "load_timeout", "silence", "number", 1800.0, "while loading", metavar="S", above=0, most=_LONGEST_WAIT
    ),
    Setting(
        "first_token_timeout",
        "silence",
        "number",
        300.0,
        "before the first token",
        metavar="S",
        above=0,
        most=_LONGEST_WAIT,
    ),
    Setting(
        "token_timeout",
        "silence",
        "number",
        60.0,
        "between two tokens",
        metavar="S",
        above=0,
        most=_LONGEST_WAIT,
    ),
    Setting(
        "server_patience",
        "silence",
        "number",
        300.0,
        "while a server is down, before the run is interrupted",
        metavar="S",
        least=0,
        most=_LONGEST_WAIT,
    ),
    Setting("results", "everywhere", "text", "results", "folder of the runs", metavar="DIR", path=True),
)

SETTINGS = {setting.name: setting for setting in _ALL}
"""All settings by name, in the order in which help and docs have them."""

SAMPLING = frozenset(setting.name for setting in _ALL if setting.sampling)
"""Names of the settings that apply only when answers are sampled."""
