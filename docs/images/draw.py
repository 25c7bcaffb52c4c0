"""Draw the README's pictures from a real run of the embedded model: `python docs/images/draw.py`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

HERE = Path(__file__).parent
PAGE_LINES = 46
"""Lines of the page that the picture shows."""


def main() -> None:
    """Run, then draw what the terminal showed and the top of the page."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "fada_tui.cli", "--batch", "--json", "--per-category", "2"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        (run,) = json.loads(done.stdout.splitlines()[-1])["runs"]
        page = Path(run["summary"]).read_text(encoding="utf-8")
    shown = done.stderr.splitlines()[1:]
    draw(
        "batch.svg",
        "fada-tui --batch",
        [Text("$ fada-tui --batch --per-category 2", "bold"), *map(Text, shown)],
    )
    top = "\n".join(page.splitlines()[:PAGE_LINES])
    draw("page.svg", "summary.md", [Markdown(top)])


def draw(name: str, title: str, parts: list[Text] | list[Markdown]) -> None:
    """Export one picture."""
    console = Console(record=True, width=118, file=Path("/dev/null").open("w"))  # noqa: SIM115
    for part in parts:
        console.print(part, overflow="ellipsis", no_wrap=isinstance(part, Text))
    (HERE / name).write_text(console.export_svg(title=title), encoding="utf-8")


if __name__ == "__main__":
    main()
