"""Writes `docs/settings.md` from the settings' own descriptions: `python docs/settings.py`."""

from pathlib import Path

from fada_tui.config.schema import SETTINGS
from fada_tui.config.setting import GROUPS, Group, Setting

HEAD = """# Settings

Each is an option of the command line (`--max-new-tokens 150`), an environment variable
(`FADA_TUI_MAX_NEW_TOKENS=150`) and a line of `settings.toml` (`max_new_tokens = 150`). An option wins over
the environment, that over the file, that over the default. `fada-tui doctor` says where the file is.

In a variable several texts are separated by commas, several questions by line ends. A name in brackets is a
table of `settings.toml` and stands nowhere else.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for group, heading in GROUPS.items():
        parts.append(f"## {heading[0].upper()}{heading[1:]}\n\n{_table(group)}\n")
    return "\n".join(parts)


def _table(group: Group) -> str:
    rows = [_row(setting) for setting in SETTINGS.values() if setting.group == group]
    return "\n".join(("| option | takes | default | meaning |", "|---|---|---|---|", *rows))


def _row(setting: Setting) -> str:
    default = setting.default_text if setting.unset else f"`{setting.default_text}`"
    name = f'`[{setting.name}."{setting.metavar}"]`' if setting.in_file_alone else f"`{setting.option}`"
    cells = (name, setting.expected, default, setting.help)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
