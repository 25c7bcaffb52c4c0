"""An argument parser that says what is wrong in one line, with the nearest option or command."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

_HELP_WIDTH = 100
"""Columns."""


class BadUsage(Exception):
    """An error in the command line, in one line."""


class ArgumentParser(argparse.ArgumentParser):
    """A parser that raises instead of printing its usage and exiting, and whose help is wide.

    Unknown options and commands are looked for before argparse reads the line: it would take the value of an
    unknown option for a command, and miss what is required before it says what it does not know.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", _wide)
        super().__init__(argument_default=argparse.SUPPRESS, allow_abbrev=False, **options)
        self.lenient = False
        """Whether errors are left to argparse: shell completion parses incomplete lines."""

    def error(self, message: str) -> NoReturn:
        """Raise the error in the command line.

        Raises:
            BadUsage: always.
        """
        raise BadUsage(f"{message}; see {self.prog} --help")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse the arguments and refuse unknown ones; a command's options are left to its own parser.

        Raises:
            BadUsage: the line cannot be understood.
        """
        words = list(sys.argv[1:] if args is None else args)
        if not self.lenient:
            self._refuse_unknown(words)
        return super().parse_known_args(words, namespace)

    def _refuse_unknown(self, words: Sequence[str]) -> None:
        """Raise `BadUsage` for the first unknown option before a command, or an unknown command."""
        actions = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        commands = next((action.choices for action in actions), None)
        options, place = self._option_string_actions, 0
        while place < len(words):
            word, place = words[place], place + 1
            name, is_, _ = word.partition("=")
            if word == "--":
                return
            if not _is_option(word):
                if commands is None:
                    continue
                if word not in commands:
                    self._unknown("command", word, commands)
                return
            if (action := options.get(word) or options.get(name)) is None:
                self._unknown("option", name, options)
            if isinstance(action, argparse._HelpAction | argparse._VersionAction):
                return
            if not is_:
                place += _values(action, words[place:])

    def _unknown(self, what: str, given: str, known: Iterable[str]) -> NoReturn:
        import difflib

        plain = {name.lstrip("-"): name for name in known}
        near = difflib.get_close_matches(given.lstrip("-"), plain, n=1)
        raise BadUsage(
            f"unknown {what} {given}; "
            + (f"did you mean {plain[near[0]]}?" if near else f"see {self.prog} --help")
        )


class Once(argparse.Action):
    """Stores a value, and refuses another one: who gives two wants both, and the last would win."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: Any = None
    ) -> None:
        """Store the value.

        Raises:
            BadUsage: the option has another value already.
        """
        given = getattr(namespace, self.dest, values)
        if given != values:
            parser.error(f"{option} takes one value, and {given!r} and {values!r} are given")
        setattr(namespace, self.dest, values)


def _wide(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=34, width=_HELP_WIDTH)


def _values(action: argparse.Action, words: Sequence[str]) -> int:
    """Return how many of the words after an option are its values."""
    if action.nargs is None:
        return 1
    if action.nargs != argparse.ONE_OR_MORE:
        return 0
    return next((count for count, word in enumerate(words) if _is_option(word)), len(words))


def _is_option(word: str) -> bool:
    """Return whether argparse reads a word as an option: not a negative number, nor a name with spaces."""
    if not word.startswith("-") or word == "-" or " " in word.partition("=")[0]:
        return False
    try:
        float(word)
    except ValueError:
        return True
    return False
