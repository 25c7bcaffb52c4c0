"""The rubric: definitions of a study's verdicts, and the terms expected for its images."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from fada_tui.core.records import Verdict


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base class of the rubric's parts: an unknown key in the file is an error."""


class Tag(Part, frozen=True, kw_only=True):
    """A label that an assessor can attach with one key."""

    letter: str
    name: str
    meaning: str


class Context(Part, frozen=True, kw_only=True):
    """The subject of all images that every answer should recognise, whatever their category."""

    name: str
    """Name of the context flag on screens."""
    terms: tuple[str, ...]


class Maternal(Part, frozen=True, kw_only=True):
    """Terms for the mother's anatomy, used wrongly where the image shows the fetus."""

    terms: tuple[str, ...]


class Category(Part, frozen=True, kw_only=True):
    """The terms expected in answers about one category of images."""

    name: str
    aliases: tuple[str, ...] = ()
    """Folder names and file-name prefixes that mean this category."""
    terms: tuple[tuple[str, ...], ...]
    """Groups of synonyms, one group for each visible structure; the first synonym names the group."""
    planes: tuple[str, ...] = ()
    """Terms by which an answer identifies an image as one of this category."""
    near: tuple[str, ...] = ()
    """Categories that an answer may also name without error, as their organs lie in the same plane."""
    maternal: bool = False
    """Whether the image shows the mother, so that maternal terms are right."""


class Rubric(Part, frozen=True, kw_only=True):
    """A rubric, as read from its TOML file."""

    name: str
    title: str
    verdicts: dict[Verdict, str]
    context: Context
    maternal: Maternal
    tags: tuple[Tag, ...] = ()
    categories: tuple[Category, ...] = ()

    def category(self, name: str) -> Category | None:
        """Return the category of that name or alias; case, spaces, `_` and `-` make no difference."""
        wanted = normal(name)
        for category in self.categories:
            if any(normal(known) == wanted for known in (category.name, *category.aliases)):
                return category
        return None


def normal(name: str) -> str:
    """Return a category's name normalised for comparison."""
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def rubric_from(table: Mapping[str, Any]) -> Rubric:
    """Return the rubric that a TOML file's table holds.

    Raises:
        ValueError: it is not a rubric; the message says what is wrong.
        msgspec.ValidationError: a part of it is missing or of the wrong kind; the message says where.
    """
    rubric = msgspec.convert(table, Rubric)
    if fault := next(_faults(rubric), None):
        raise ValueError(fault)
    return rubric


def _faults(rubric: Rubric) -> Iterator[str]:
    letters: set[str] = set()
    for tag in rubric.tags:
        if len(tag.letter) != 1 or not tag.letter.isalpha():
            yield f"tag {tag.name!r} needs one letter, not {tag.letter!r}"
        if tag.letter in letters:
            yield f"two tags have the letter {tag.letter!r}"
        letters.add(tag.letter)
    known = {category.name for category in rubric.categories}
    owners: dict[str, str] = {}
    for category in rubric.categories:
        for alias in (category.name, *category.aliases):
            if owners.setdefault(normal(alias), category.name) != category.name:
                yield f"{alias!r} names two categories, {owners[normal(alias)]!r} and {category.name!r}"
        for near in category.near:
            if near not in known:
                yield f"category {category.name!r} is near {near!r}, which the rubric has not"
        if not all(category.terms):
            yield f"category {category.name!r} has an empty group of terms"
    for term in _terms(rubric):
        if not any(character.isalnum() for character in term):
            yield f"{term!r} is not a term"


def _terms(rubric: Rubric) -> Iterator[str]:
    yield from rubric.context.terms
    yield from rubric.maternal.terms
    for category in rubric.categories:
        yield from category.planes
        for group in category.terms:
            yield from group
