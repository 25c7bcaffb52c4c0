"""The description of a setting, and texts made from it. Quick to import: the parser needs it."""

from typing import Literal, NamedTuple, TypeAlias

from fada_tui.core.device_list import EXPECTED

Kind: TypeAlias = Literal[
    "text", "texts", "pairs", "whole", "number", "switch", "flag", "choice", "shard", "devices", "tables"
]
"""What values look like: a text, several, pairs of a key and a value, a whole number, any number, on or off,
one of some words. A flag is on or off, too, but the command line only turns it on. Tables stand in the file
alone: no option and no variable sets them. A shard is two numbers, as `core.shards` reads them, and
devices are as `core.device_list` does.
"""

Group: TypeAlias = Literal["asked", "answered", "written", "dashboard", "silence", "everywhere"]

GROUPS: dict[Group, str] = {
    "asked": "what is asked",
    "answered": "how it is answered",
    "written": "what is written",
    "dashboard": "the dashboard",
    "silence": "how long the model may be silent, in seconds",
    "everywhere": "everywhere",
}
"""Headings, in the order in which help and docs have them."""


class Setting(NamedTuple):
    """One setting."""

    name: str
    group: Group
    kind: Kind
    default: str | int | float | tuple[str, ...] | dict[str, str] | None
    help: str
    metavar: str = ""
    least: float | None = None
    """The smallest number allowed; `above`: every number above it."""
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    """The words allowed; for a whole number, the words allowed beside numbers."""
    unset: str = ""
    """The effective default, in words, where the default value does not show it."""
    label: str = ""
    """Its label on *New run*; empty if it has no field there."""
    sampling: bool = False
    """Whether it applies only when answers are sampled."""
    entry_default: str = ""
    """What applies, in words, if a model's entry has no value; empty if entries cannot set it."""
    path: bool = False
    """Whether it is a path, or a name in place of one: `~` is the home folder."""
    many: bool = False
    """Whether several values may follow one option; otherwise the option is repeated."""

    @property
    def option(self) -> str:
        """The option, for instance `--max-new-tokens`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def words(self) -> tuple[str, ...]:
        """The words that can be typed for it on *New run*."""
        return ("on", "off") if self.kind == "switch" else self.choices

    @property
    def in_file_alone(self) -> bool:
        """Whether it is neither an option nor an environment variable."""
        return self.kind == "tables"

    @property
    def default_text(self) -> str:
        """The default in words."""
        if self.unset:
            return self.unset
        if isinstance(self.default, bool):
            return "on" if self.default else "off"
        if isinstance(self.default, tuple):
            return ", ".join(self.default)
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    @property
    def expected(self) -> str:
        """Return the allowed values in words, for messages after "expected"."""
        words = {
            "text": "text",
            "texts": "text, or a list of texts",
            "pairs": f"{self.metavar.lower()}, or a table of them",
            "switch": "true or false",
            "flag": "true or false",
            "tables": "a table for each",
            "shard": "K/N with K from 1 to N, as 3/8 for the third of eight shards",
            "devices": EXPECTED,
            "choice": f"one of {', '.join(self.choices)}",
            "whole": f"a whole number{self._bounds}",
            "number": f"a number{self._bounds}",
        }[self.kind]
        beside = self.choices if self.kind == "whole" else ()
        return " or ".join((words, *(f"'{choice}'" for choice in beside)))

    def allows(self, number: float) -> bool:
        """Return whether a number is within the bounds."""
        return (
            (self.least is None or number >= self.least)
            and (self.above is None or number > self.above)
            and (self.most is None or number <= self.most)
        )

    @property
    def _bounds(self) -> str:
        if self.least is not None and self.most is not None:
            return f" from {self.least:g} to {self.most:g}"
        known = (("of at least", self.least), ("above", self.above), ("up to", self.most))
        return "".join(f" {words} {bound:g}" for words, bound in known if bound is not None)
