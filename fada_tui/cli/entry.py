"""The program's entry point: reads the command line, calls a front end or command, returns the exit code."""

import contextlib
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence

from fada_tui.cli.argument_parser import BadUsage
from fada_tui.cli.parser import parser

_COMPLETING = "_ARGCOMPLETE"
"""The environment variable by which argcomplete's shell code requests completions."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: the command line without the program's name; by default the process's own.

    Returns:
        The exit code, see `errors.ExitCode`.
    """
    options = Namespace()
    try:
        if _COMPLETING in os.environ:
            from fada_tui.cli.commands import completion

            completion.complete(parser())
        try:
            parser().parse_args(arguments, options)
        except BadUsage as error:
            return _fail(str(error), 2)
        return _dispatch(options)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:
        return 0
    except Exception as error:
        return _explain(error, debug=getattr(options, "debug", False))
    finally:
        _flush()


def _dispatch(options: Namespace) -> int:
    if command := getattr(options, "command", None):
        from fada_tui.cli import commands

        return commands.run(command, options)
    if getattr(options, "batch", False) or getattr(options, "dry_run", False):
        from fada_tui.cli.commands import batch

        return batch.run(options)
    from fada_tui.cli.commands import dashboard

    return dashboard.run(options)


def _explain(error: Exception, *, debug: bool) -> int:
    from fada_tui.core.errors import DISK_ERRORS, FadaError, reason

    if debug:
        traceback.print_exc()
    if isinstance(error, FadaError):
        return _fail(str(error), error.exit_code)
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file"
        return _fail(f"cannot read or write {name}: {error.strerror}", 2)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.name} ({os.path.basename(place.filename)}:{place.lineno})"  # noqa: PTH119
    said = f"{type(error).__name__} in {where}: {reason(error)}"
    return _fail(f"{said}; this is a fault of fada-tui, --debug shows more", 2)


def _fail(message: str, code: int) -> int:
    from fada_tui.core.text import printable

    with contextlib.suppress(OSError):
        sys.stderr.write(f"fada-tui: {printable(message)}\n")
    return code


def _flush() -> None:
    """Flush the output here: if the reader has gone, the interpreter's flush would change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
