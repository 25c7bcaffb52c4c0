"""What lies outside of tmux: whether all terminals that show this pane know kitty's placeholders.

tmux itself is asked: it knows each terminal that is attached by its answer to XTVERSION. Where
`allow-passthrough` is on it hands on what is wrapped for it, to those who show the pane at that moment.
"""

import os
import re
import subprocess
from collections.abc import Mapping

from msgspec import Struct

_PANE = "\t".join(
    f"#{{{name}}}"
    for name in (
        "pane_tty",
        "allow-passthrough",
        "window_active_clients_list",
        "window_zoomed_flag",
        "pane_active",
    )
)
_CLIENT = "\t".join(f"#{{client_{name}}}" for name in ("name", "termname", "termtype", "termfeatures", "pid"))

_KITTY = re.compile(r"kitty\(([0-9]{1,4})\.([0-9]{1,4})")
_PLACEHOLDERS_SINCE = (0, 28)
_COLOURFUL = ("xterm-kitty", "xterm-ghostty", "ghostty")
"""Types of terminals whose description has 24-bit colours, which carry the pictures' numbers."""

LONGEST_NAME = 40
"""Characters that are told of what a terminal calls itself."""


class Outside(Struct, frozen=True):
    """Who shows a pane."""

    draws: bool
    """Whether all of them draw pictures that are handed on."""
    reason: str
    """Why, in a few words."""
    clients: tuple[str, ...] = ()
    """Those who show it, by what tells them apart."""


def ask(environ: Mapping[str, str], terminal: int | None, patience: float) -> Outside | None:
    """Ask tmux who shows this pane; None where it gives no answer.

    Args:
        environ: the environment, which names the pane.
        terminal: the file descriptor of the program's terminal.
        patience: seconds that it may take.
    """
    pane = environ.get("TMUX_PANE")
    if not pane or terminal is None:
        return None
    command = ["tmux", "display-message", "-p", "-t", pane, _PANE, ";", "list-clients", "-F", _CLIENT]
    try:
        tty = os.ttyname(terminal)
        done = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return understand(done.stdout.decode(errors="replace"), tty)


def understand(answer: str, tty: str) -> Outside | None:
    """Return what tmux's answer means: a line about the pane, and one for each client.

    Args:
        answer: what it printed.
        tty: the program's terminal by name: another than the pane's belongs to what runs between the two.
    """
    pane, *clients = [line.split("\t") for line in answer.splitlines()] or [[]]
    if len(pane) != 5:
        return None
    of_pane, passthrough, showing, zoomed, active = pane
    if of_pane != tty:
        return Outside(False, "something else lies between")
    if passthrough not in ("1", "on", "all"):
        return Outside(False, "allow-passthrough is off")
    if zoomed == "1" and active != "1":
        return Outside(False, "another pane is zoomed")
    names = set(filter(None, showing.split(",")))
    shown = [client for client in clients if len(client) == 5 and client[0] in names]
    if not shown or len(shown) != len(names):
        return Outside(False, "no terminal shows it")
    told = tuple("\t".join(client) for client in shown)
    for _, term, version, features, _ in shown:
        name = version[:LONGEST_NAME] or term[:LONGEST_NAME] or "its terminal"
        if not _knows_placeholders(version):
            return Outside(False, f"{name} is not known to draw pictures through it", told)
        if not (term.startswith(_COLOURFUL) or "RGB" in features.split(",")):
            return Outside(False, f"its terminal-features for {term[:LONGEST_NAME]} lack RGB", told)
    return Outside(True, f"{shown[0][2][:LONGEST_NAME]} draws pictures that tmux hands on", told)


def _knows_placeholders(version: str) -> bool:
    if match := _KITTY.match(version):
        return (int(match[1]), int(match[2])) >= _PLACEHOLDERS_SINCE
    return version.startswith("ghostty")
