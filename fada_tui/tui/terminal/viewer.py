"""An image in another program, beside the dashboard, where the machine has a display.

Which program that is stands in a person's settings and nowhere else.
"""

import shlex
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from fada_tui.core.errors import FadaError
from fada_tui.core.paths import expanded
from fada_tui.core.text import printable
from fada_tui.images.formats import DICOM_MARK, DICOM_MARK_AT
from fada_tui.images.frames import holds_many, split

FAILING_SECONDS = 1.0
"""How long a program is watched: what is wrong with its command shows by then."""

LONGEST_NAME = 40
"""Characters of an image's name in that of its copy."""

MACOS = "darwin"


class ViewerError(FadaError):
    """The image cannot be shown by another program."""


class Viewer:
    """Opens images in another program, as a process of its own.

    Args:
        command: the program and its options, as a shell would split them; `None` for the system's own.
        environ: the environment, which names the display.
        platform: as `sys.platform` names it.
    """

    def __init__(self, command: str | None, environ: Mapping[str, str], platform: str) -> None:
        self._command = command
        self._environ = environ
        self._platform = platform
        self._copies: TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def has_display(self) -> bool:
        """Whether there is a display that a program could open a window on."""
        named = self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY")
        return bool(named) or self._platform == MACOS

    def words(self) -> list[str]:
        """Return the program and its options.

        Raises:
            ViewerError: the setting is no command.
        """
        if self._command is None:
            return ["open"] if self._platform == MACOS else ["xdg-open"]
        try:
            words = shlex.split(self._command)
        except ValueError as error:
            raise ViewerError(f"the setting viewer cannot be read: {error}") from error
        if not words:
            raise ViewerError("the setting viewer is empty: it takes a program, and its options")
        return [str(expanded(words[0])), *words[1:]]

    def show(self, image: Path) -> str:
        """Open an image; return the program's name. Takes up to `FAILING_SECONDS`: call it in a thread.

        Args:
            image: path of its file, or of a frame of it (see `images.frames`).

        Raises:
            ViewerError: image or program is not there, or the program fails at once.
            ImageError: the image cannot be decoded.
        """
        words = self.words()
        name = printable(Path(words[0]).name)
        try:
            # An absolute path is never taken for an option.
            process = subprocess.Popen(
                [*words, str(self._file_of(image))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise ViewerError(f"{name} is not there: the setting viewer names the program") from error
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise ViewerError(f"{name} cannot be started: {why}; the setting viewer names it") from error
        with self._lock:
            self._processes = [one for one in self._processes if one.poll() is None] + [process]
        try:
            code = process.wait(FAILING_SECONDS)
        except subprocess.TimeoutExpired:
            return name
        if code:
            ended = f"ended with code {code}" if code > 0 else f"was ended by signal {-code}"
            what = printable(image.name)
            raise ViewerError(f"{name} {ended} on {what}: the setting viewer can name another program")
        return name

    def close(self) -> None:
        """Remove the copies; the programs stay open."""
        with self._lock:
            copies, self._copies = self._copies, None
        if copies is not None:
            copies.cleanup()

    def _file_of(self, image: Path) -> Path:
        """Return the image's file; of a DICOM file, or a frame of several, a PNG of the very pixels."""
        file, number = split(str(image))
        if number == 1 and not holds_many(Path(file).name) and not _is_dicom(Path(file)):
            if not Path(file).exists():
                raise ViewerError(f"{printable(Path(file).name)}: no such file")
            return Path(file).absolute()
        from fada_tui.images.decode import decode

        decoded = decode(image)
        stem = Path(file).stem[:LONGEST_NAME].lstrip("-.") or "image"
        copy = self._folder() / f"{stem}-{number}-{decoded.sha256[:12]}.png"
        if not copy.exists():
            decoded.pixels.save(copy, "PNG")
        return copy

    def _folder(self) -> Path:
        """The folder of the copies, which nobody else can read; removed at the program's end."""
        with self._lock:
            if self._copies is None:
                self._copies = TemporaryDirectory(prefix="fada-tui-", ignore_cleanup_errors=True)
            return Path(self._copies.name)


def _is_dicom(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            opened.seek(DICOM_MARK_AT)
            return opened.read(len(DICOM_MARK)) == DICOM_MARK
    except OSError:
        return False
