"""Writes `docs/keys.md` from the dashboard's own list of commands: `python docs/keys.py`."""

from pathlib import Path

from fada_tui.tui.keymap import PLACES, commands, shown_keys

HEAD = """# Keys

Every action of the dashboard has a key, an entry in the palette (`ctrl+p`) and a line on the help screen
(`?`). A key is changed in `settings.toml`, by the action's name:

```toml
[keymap]
undo = "ctrl+z"
"assess.correct" = "1,y"
```

Several keys are separated by commas. Names of keys: letters and digits as they are, `ctrl+x`, `space`,
`enter`, `escape`, `tab`, `up`, `full_stop`, `comma`, `slash`, `question_mark`, `left_square_bracket` …

⏎ is enter, ␣ the space bar, ⇧ shift, ^ control.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for place, heading in PLACES.items():
        if rows := commands(place):
            parts.append(f"## {heading}\n\n| key | what it does | action |\n|---|---|---|")
            parts[-1] += "".join(
                f"\n| {_keys(shown_keys(row, {}))} | {row.help} | `{row.id}` |" for row in rows
            )
            parts[-1] += "\n"
    return "\n".join(parts)


def _keys(shown: str) -> str:
    return " ".join(f"`{key}`" for key in shown.split()).replace("|", "\\|")


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
