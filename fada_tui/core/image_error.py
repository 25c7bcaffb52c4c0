"""The error of an image that cannot be used."""

from fada_tui.core.errors import ErrorKind, ExitCode, FadaError
from fada_tui.core.records import FileFacts


class ImageError(FadaError):
    """An image that cannot be decoded to pixels, or is another than the one that was asked about."""

    exit_code = ExitCode.SOME_RESULTS_ARE_ERRORS

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.file: FileFacts | None = None
        """Of the file's bytes, if they could be read."""
