"""An action of the dashboard that a key calls."""

from typing import NamedTuple


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
