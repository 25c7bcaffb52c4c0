"""Pictures through a tmux of our own: what it says of the terminals outside, and what reaches them."""

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from fada_tui.tui.terminal.graphics import tmux
from fada_tui.tui.terminal.graphics.detect import detect
from fada_tui.tui.terminal.graphics.kitty import PLACEHOLDER
from fada_tui.tui.terminal.graphics.tmux import Outside, ask, understand
from tests.conftest import LONG_ENOUGH, wait_for
from tests.tui.pictures import kitty_commands
from tests.tui.terminal import PLAIN

TAB = "\t"
TTY = "/dev/pts/8"
KITTY = ("/dev/pts/1", "xterm-kitty", "kitty(0.35.2)", "bpaste,title", "100")
GHOSTTY = ("/dev/pts/2", "xterm-256color", "ghostty 1.2.0", "256,RGB,title", "101")
OLD = ("/dev/pts/1", "xterm-kitty", "kitty(0.26.5)", "bpaste,title", "100")
PALE = ("/dev/pts/1", "xterm-256color", "kitty(0.35.2)", "256,title", "100")
XTERM = ("/dev/pts/3", "xterm-256color", "XTerm(379)", "256,RGB", "102")
NESTED = ("/dev/pts/4", "tmux-256color", "tmux 3.3a", "256,RGB", "103")
MUTE = ("/dev/pts/5", "xterm-kitty", "", "", "104")


def said(
    *clients: tuple[str, ...], passthrough: str = "1", showing: str | None = None, pane: str = "0\t1"
) -> str:
    names = ",".join(client[0] for client in clients) if showing is None else showing
    return "\n".join([f"{TTY}\t{passthrough}\t{names}\t{pane}", *map(TAB.join, clients)]) + "\n"


@pytest.mark.parametrize("passthrough", ["1", "on", "all"])
@pytest.mark.parametrize("clients", [[KITTY], [GHOSTTY], [KITTY, GHOSTTY]], ids=len)
def test_terminals_that_know_placeholders_are_drawn_to(
    clients: list[tuple[str, ...]], passthrough: str
) -> None:
    outside = understand(said(*clients, passthrough=passthrough), TTY)
    assert outside is not None
    assert outside.draws
    assert len(outside.clients) == len(clients)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(KITTY, passthrough="0"), "allow-passthrough"),
        (said(KITTY, passthrough="off"), "allow-passthrough"),
        (said(KITTY, passthrough=""), "allow-passthrough"),
        (said(OLD), "kitty(0.26.5)"),
        (said(PALE), "RGB"),
        (said(KITTY, XTERM), "XTerm(379)"),
        (said(NESTED), "tmux 3.3a"),
        (said(MUTE), "xterm-kitty"),
        (said(KITTY, showing=""), "no terminal"),
        (said(KITTY, showing="/dev/pts/1,/dev/pts/9"), "no terminal"),
        (said(KITTY, pane="1\t0"), "zoomed"),
        (said(), "no terminal"),
        (said(("/dev/pts/1", "xterm-kitty", f"kitty({'9' * 6000}.1)", "RGB", "1")), "kitty(999"),
        (said(("/dev/pts/1", "xterm-kitty", "kitty(\u0663\u0665.\u0661)", "RGB", "1")), "kitty("),
        (said(("/dev/pts/1", "x" * 9000, "", "RGB", "1")), "xxx"),
    ],
)
def test_nothing_is_handed_on_to_others(answer: str, reason: str) -> None:
    outside = understand(answer, TTY)
    assert outside is not None
    assert not outside.draws
    assert reason in outside.reason
    assert len(outside.reason) < 100


@pytest.mark.parametrize("answer", ["", "\n", "1\n", "no server running", "a\tb\tc\td\te\tf\n"])
def test_what_is_no_answer_is_none(answer: str) -> None:
    assert understand(answer, TTY) is None


def test_what_runs_within_the_pane_and_passes_nothing_on_is_noticed() -> None:
    outside = understand(said(KITTY), "/dev/pts/9")
    assert outside == Outside(False, "something else lies between")


def test_who_looks_elsewhere_is_not_asked_about() -> None:
    outside = understand(said(KITTY, XTERM, showing="/dev/pts/1"), TTY)
    assert outside is not None
    assert outside.draws


def test_a_tmux_that_hangs_is_waited_for_no_longer_than_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "tmux"
    hanging.write_text("#!/bin/sh\nexec sleep 1000\n", encoding="utf-8")
    hanging.chmod(0o755)
    environ = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TMUX": "x,1,0",
        "TMUX_PANE": "%0",
        "TERM": "tmux-256color",
    }
    monkeypatch.setattr("fada_tui.tui.terminal.graphics.detect.PATIENCE", 0.2)
    began = time.monotonic()
    outer, inner = os.openpty()
    assert detect("auto", environ, inner).graphics == "half"
    assert time.monotonic() - began < LONG_ENOUGH
    assert ask({**environ, "PATH": str(tmp_path / "nowhere")}, inner, 1.0) is None
    assert ask({}, inner, 1.0) is None
    assert ask(environ, None, 1.0) is None
    os.close(outer)
    os.close(inner)


def test_what_a_terminal_calls_itself_is_made_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tmux, "ask", lambda *_: Outside(False, "evil\x1b[2J is not known"))
    detected = detect("auto", {"TERM": "tmux-256color", "TMUX": "x"}, None)
    assert detected.graphics == "half"
    assert detected.reason.isprintable()


APP = """
import os, sys
from pathlib import Path
from textual.app import App
from textual.widgets import Label
import fada_tui.tui.terminal.graphics.detect as detection
from fada_tui.tui.terminal.graphics.late import driver
from fada_tui.tui.terminal.graphics.tmux_watch import watched
from fada_tui.tui.themes import DARK
from fada_tui.tui.widgets.picture import Picture

class Main(App):
    CSS = "Picture { width: 40; height: 20; }"
    BINDINGS = [("q", "quit")]
    def __init__(self, **options):
        super().__init__(**options)
        self.register_theme(DARK)
        self.theme = DARK.name
    def compose(self):
        yield Label("by " + detected.graphics)
        yield Picture(detected)
    def on_mount(self):
        self.query_one(Picture).show(Path(os.environ["IMAGE"]), [], "Brain")

detection.PATIENCE = float(os.environ["PATIENCE"])
detected = detection.detect("auto", os.environ, 0)
with watched(os.environ, 0, detection.PATIENCE):
    Main(driver_class=driver(detected)).run()
print("left " + detected.reason, flush=True)
input()
"""


class Outer:
    """A terminal that attaches to tmux on a pty, and answers to XTVERSION with a name.

    The answer lies there before the question comes: tmux hears none that takes more than some seconds.
    """

    def __init__(self, environ: dict[str, str], term: str, version: bytes, *command: str) -> None:
        self.written = b""
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 1000, 600))
        os.write(self.master, b"\x1bP>|" + version + b"\x1b\\")
        self.process = subprocess.Popen(
            command,
            env={**environ, "TERM": term},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def wait_for(self, what: bytes | Callable[[bytes], object], after: int = 0) -> bytes:
        """Read until something was written; return all since."""
        holds = what if callable(what) else lambda written: what in written
        until = time.monotonic() + LONG_ENOUGH
        while not holds(self.written[after:]):
            assert time.monotonic() < until, f"not written: {what!r}; but {self.written[after:][:3000]!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.written += os.read(self.master, 1 << 16)
        return self.written[after:]

    def press(self, keys: bytes) -> None:
        """Send keys."""
        os.write(self.master, keys)

    def end(self) -> None:
        """Hang up."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class Tmux:
    """A tmux server of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        image = folder / "image.png"
        Image.new("L", (300, 300), 90).save(image)
        (folder / "app.py").write_text(APP, encoding="utf-8")
        self._environ = {
            **PLAIN,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path.cwd()),
            "IMAGE": str(image),
            "PATIENCE": str(LONG_ENOUGH),
            "SHELL": "/bin/sh",
            "TMUX_TMPDIR": str(folder),
        }
        self._outers: list[Outer] = []

    def attach(self, term: str, version: bytes, *more: str) -> Outer:
        """Start a session, or attach to the one there is."""
        command = more or ("new-session", "-s", "one", "/bin/sh")
        words = ("tmux", "-f", "/dev/null", *command)
        self._outers.append(Outer(self._environ, term, version, *words))
        return self._outers[-1]

    def do(self, *words: str) -> str:
        """Have tmux do something, and return what it says; nothing while it does not run."""
        environ = {**self._environ, "TERM": "xterm"}
        done = subprocess.run(["tmux", *words], env=environ, capture_output=True, text=True, check=False)
        return done.stdout

    def detach(self) -> None:
        """Have nobody look any more."""
        self.do("detach-client")
        wait_for(lambda: not self.do("list-clients"))

    def knows(self, version: str) -> bool:
        """Whether tmux has heard who its terminal is."""
        return version in self.do("list-clients", "-F", "#{client_termtype}")

    def open(self, outer: Outer) -> None:
        """Open the app in the session."""
        self.do("send-keys", "-t", "one", f"{sys.executable} {self.folder / 'app.py'}", "Enter")

    def end(self) -> None:
        """End server and clients."""
        subprocess.run(["tmux", "kill-server"], env=self._environ, capture_output=True, check=False)
        for outer in self._outers:
            outer.end()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("not installed: tmux")
    server = Tmux(tmp_path_factory.mktemp("t"))
    yield server
    server.end()


MARK = PLACEHOLDER.encode()


def pictures(written: bytes) -> list[str]:
    """Return the numbers of the pictures that were sent, as the terminal got them."""
    commands = kitty_commands(written.decode(errors="replace"))
    return [keys["i"] for keys, _ in commands if keys.get("a") == "T" and keys.get("U") == "1"]


def drawn(written: bytes) -> bool:
    """Whether a picture was sent, and its placeholders written in the colour of its number, in full."""
    if not pictures(written):
        return False
    number = int(pictures(written)[-1])
    colour = rf"38[:;]2[:;]+{number >> 16}[:;]{number >> 8 & 255}[:;]{number & 255}[m:;]"
    return bool(re.search(colour.encode(), written)) and written.count(MARK) > 300


@pytest.mark.long
def test_a_picture_is_handed_on_to_whoever_draws_it(server: Tmux) -> None:
    kitty = server.attach("xterm-256color", b"kitty(0.35.2)")
    kitty.wait_for(lambda _: server.knows("kitty(0.35.2)"))
    server.do("set", "-g", "allow-passthrough", "on")
    server.do("set", "-as", "terminal-features", ",xterm-256color:RGB")
    server.detach()
    kitty = server.attach("xterm-256color", b"kitty(0.35.2)", "attach")
    kitty.wait_for(lambda _: server.knows("kitty(0.35.2)"))
    server.open(kitty)
    kitty.wait_for(b"by kitty")
    kitty.wait_for(drawn)

    # Another terminal looks, too: cells for both.
    before = len(kitty.written)
    other = server.attach("xterm-256color", b"XTerm(379)", "attach")
    other.wait_for("▀".encode())
    assert not pictures(other.written)
    kitty.wait_for("▀".encode(), after=before)

    # It leaves: the picture again, sent again.
    before = len(kitty.written)
    other.process.terminate()
    kitty.wait_for(drawn, after=before)

    # Nobody looks, then a terminal of the same kind that was sent nothing.
    server.detach()
    another = server.attach("xterm-256color", b"kitty(0.40.0)", "attach")
    another.wait_for(drawn)

    before = len(another.written)
    another.press(b"q")
    left = another.wait_for(b"left kitty(0.35.2) draws pictures", after=before)
    assert b"a=d,d=I" in left


@pytest.mark.long
@pytest.mark.parametrize(
    ("term", "version", "passthrough", "reason"),
    [
        ("xterm-256color", b"kitty(0.35.2)", "off", "allow-passthrough is off"),
        ("xterm-256color", b"kitty(0.35.2)", "on", "lack RGB"),
        ("xterm-256color", b"WezTerm 20240203", "on", "WezTerm"),
    ],
)
def test_others_get_cells_through_tmux(
    term: str, version: bytes, passthrough: str, reason: str, server: Tmux
) -> None:
    outer = server.attach(term, version)
    outer.wait_for(lambda _: server.knows(version.decode().split()[0]))
    server.do("set", "-g", "allow-passthrough", passthrough)
    server.open(outer)
    outer.wait_for("▀".encode())
    outer.press(b"q")
    outer.wait_for(lambda _: reason in server.do("capture-pane", "-p", "-J", "-t", "one"))
    assert not pictures(outer.written)
    assert MARK not in outer.written
