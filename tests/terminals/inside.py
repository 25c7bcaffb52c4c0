"""What runs in the terminal's window: marks the first and the last cell, then starts the dashboard.

Run as a script, with a folder and a command as arguments. In the folder it keeps `size` (columns, rows, width
and height in pixels, as the driver tells them), and `stage`: `marked`, `blank`, `left CODE`. It goes on to
the next stage when the file `go` names it.
"""

import fcntl
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

MARK = "\x1b[48;2;255;0;255m \x1b[0m"


def size() -> tuple[int, int, int, int]:
    """Return the terminal's columns, rows, width and height."""
    rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
    return columns, rows, width, height


def main(folder: Path, command: list[str]) -> None:
    """Mark the corners, leave a blank screen, run the command; each when it is told to."""

    def write(name: str, text: str) -> None:
        (folder / f"{name}.new").write_text(text, encoding="utf-8")
        (folder / f"{name}.new").rename(folder / name)

    def wait(stage: str) -> None:
        while not (folder / "go").exists() or (folder / "go").read_text(encoding="utf-8") != stage:
            time.sleep(0.05)

    def watch() -> None:
        while True:
            write("size", " ".join(map(str, size())))
            time.sleep(0.1)

    threading.Thread(target=watch, daemon=True).start()
    wait("mark")
    columns, rows, _, _ = size()
    print(f"\x1b[?25l\x1b[2J\x1b[H{MARK}\x1b[{rows};{columns}H{MARK}\x1b[H", end="", flush=True)
    write("stage", "marked")
    wait("clear")
    print("\x1b[2J\x1b[HThe shell.", end="", flush=True)
    write("stage", "blank")
    wait("start")
    code = subprocess.run(command, check=False).returncode
    print("\x1b[?25l", end="", flush=True)
    write("stage", f"left {code}")
    time.sleep(3600)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
