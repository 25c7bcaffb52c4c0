"""Folders as a file calls them, and the categories of a run that they mean."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from fada_tui.evaluation.rubric import Rubric, normal


class Folders:
    """What folders' names mean: by a person's word, then by a rubric.

    Args:
        aliases: categories by folder, a person's word.
        rubric: knows other names of its categories.
    """

    def __init__(self, aliases: Mapping[str, str], rubric: Rubric | None) -> None:
        self._aliases = {normal(folder): normal(category) for folder, category in aliases.items()}
        self._rubric = rubric

    def meaning(self, folder: str) -> str:
        """Return the category that a folder's name stands for, normalised."""
        name = normal(folder)
        name = self._aliases.get(name, name)
        known = self._rubric.category(name) if self._rubric else None
        return normal(known.name) if known else name

    def resolved(self, named: Iterable[str], categories: Iterable[str]) -> "Resolved":
        """Return the categories of a run that a file's folders mean.

        A folder that is called like a category means that one and no other; so of categories that the file
        calls by their own names none is meant by another folder, unless a person says so. Where several
        folders could mean the same category, none does.

        Args:
            named: all folders that the file names.
            categories: the run's.
        """
        own = {normal(category) for category in categories}
        folders = {normal(folder): folder for folder in named}
        free: dict[str, list[str]] = {}
        for category in sorted(own.difference(folders)):
            free.setdefault(self.meaning(category), []).append(category)
        meant: dict[str, tuple[str, ...]] = {}
        guessed: dict[str, list[str]] = {}
        for folder in folders:
            told = self._aliases.get(folder, folder)
            if folder in own:
                meant[folder] = (folder,)
            elif told in own:
                meant[folder] = (told,)
            elif (meaning := self.meaning(folder)) in free:
                guessed.setdefault(meaning, []).append(folder)
        meant |= {one[0]: tuple(free[meaning]) for meaning, one in guessed.items() if len(one) == 1}
        rivals = (one for one in guessed.values() if len(one) > 1)
        return Resolved(meant, tuple(tuple(folders[folder] for folder in one) for one in rivals))


class Resolved(Struct, frozen=True):
    """What a file's folders mean in a run."""

    meant: dict[str, tuple[str, ...]]
    """Normalised names of the run's categories, by the folder's normalised name."""
    rivals: tuple[tuple[str, ...], ...] = ()
    """Folders, as the file calls them, that could all mean one category."""
