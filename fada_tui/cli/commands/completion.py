"""Shell completion: the words that fit at a place of the command line. Imported only for completion.

argcomplete finds the place with the parser itself; here are the names that stand in lists and folders.
"""

import argparse
import io
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr

import argcomplete
from argcomplete.completers import DirectoriesCompleter, FilesCompleter
from argcomplete.shell_integration import shellcode

from fada_tui.cli.argument_parser import ArgumentParser
from fada_tui.cli.commands.common import results_folder
from fada_tui.config.class_sets import CLASS_SETS
from fada_tui.config.questions import QUESTION_SETS
from fada_tui.config.rubrics import RUBRICS
from fada_tui.core.errors import FadaError
from fada_tui.core.paths import models_file
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import load_registry
from fada_tui.store.folder import folders

Names = Callable[[argparse.Namespace], Iterable[str]]
"""Returns the names that fit at a place, given the rest of the line."""


def shell_code(shell: str) -> str:
    """Return the code by which a shell (`bash`, `zsh` or `fish`) asks the program for completions."""
    return shellcode(["fada-tui"], shell=shell)


def complete(parser: argparse.ArgumentParser) -> None:
    """Print the completions for the cursor's place to the shell that asks, and end the process."""
    _prepare(parser)
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=_Nothing())


def _models(_: argparse.Namespace) -> Iterable[str]:
    return (entry.name for entry in load_registry(models_file()).entries)


def _servers(_: argparse.Namespace) -> Iterable[str]:
    entries = load_registry(models_file()).entries
    return (entry.name for entry in entries if is_endpoint(entry.source))


def _runs(options: argparse.Namespace) -> Iterable[str]:
    with redirect_stderr(io.StringIO()):  # what stands there would stand in the middle of the line
        results = results_folder(options)
    return (folder.name for folder in folders(results))


class _NamesOrFiles(FilesCompleter):
    """A completer that offers names, or files where no name has the typed prefix."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __call__(self, prefix: str, **given: object) -> list[str]:
        options = given["parsed_args"]
        assert isinstance(options, argparse.Namespace)
        try:
            names = [name for name in self._names(options) if name.startswith(prefix)]
        except (FadaError, OSError):
            names = []
        return super().__call__(prefix, **given) if prefix and not names else names


class _Nothing(FilesCompleter):
    """A completer that offers nothing, for values that only the user knows."""

    def __call__(self, prefix: str, **given: object) -> list[str]:
        return []


_COMPLETERS: dict[str, Callable[..., Iterable[str]]] = {
    "--model": _NamesOrFiles(_models),
    "--trust-remote-code": _NamesOrFiles(_models),
    "name": _NamesOrFiles(_models),
    "url": _NamesOrFiles(_servers),
    "--resume": _NamesOrFiles(_runs),
    "run": _NamesOrFiles(_runs),
    "runs": _NamesOrFiles(_runs),
    "--questions": _NamesOrFiles(lambda _: QUESTION_SETS.names()),
    "--classes": _NamesOrFiles(lambda _: CLASS_SETS.shipped()),
    "--rubric": _NamesOrFiles(lambda _: RUBRICS.shipped()),
    "--images": DirectoriesCompleter(),
    "--images-from": FilesCompleter(),
    "--results": DirectoriesCompleter(),
    "--source": FilesCompleter(),
    "--from": FilesCompleter(),
    "file": FilesCompleter(),
}
"""Completers by option, or by an argument's name."""


def _prepare(parser: argparse.ArgumentParser) -> None:
    """Attach the completers to a parser and its commands, and make them accept incomplete lines."""
    if isinstance(parser, ArgumentParser):
        parser.lenient = True
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _prepare(inner)
        for name in action.option_strings or (action.dest,):
            if name in _COMPLETERS:
                action.completer = _COMPLETERS[name]  # type: ignore[attr-defined]
