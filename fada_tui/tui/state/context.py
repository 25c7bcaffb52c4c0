"""The inputs of the dashboard, collected before it opens."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path

from msgspec import Struct

from fada_tui.config.assessor import remembered_assessor
from fada_tui.config.last_run import with_remembered
from fada_tui.config.settings import Settings
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import samples_dir, settings_file, state_file
from fada_tui.core.records import Question
from fada_tui.evaluation.rubric import Rubric
from fada_tui.images.catalogue import Catalogue
from fada_tui.images.expand import Frames
from fada_tui.models.registry import Registry
from fada_tui.runs.image_list import ListedImages, listed_images
from fada_tui.runs.planning import frames_of, questions_of
from fada_tui.tui.terminal.graphics.detect import Detected

DRAWN = {"kitty": "kitty's protocol", "half": "half blocks", "sextant": "sextants", "octant": "octants"}
"""How pictures are drawn, in words; sixel and off are words."""


class AppContext(Struct, frozen=True, kw_only=True, dict=True):
    """Settings, lists and places."""

    settings: Settings
    registry: Registry
    rubric: Rubric
    graphics: Detected
    warnings: tuple[str, ...] = ()
    """Parts of the settings and lists that were not understood."""
    resume: str | None = None
    """A run to resume at once."""
    given: frozenset[str] = frozenset()
    """Names of the settings that a person gave, also those given the value of their default."""
    label: str | None = None
    """Added to the folder names of new runs."""

    @cached_property
    def results(self) -> Path:
        """The results folder, wherever this program's own folder is by now."""
        path = Path(self.settings.results).absolute()
        return path.resolve() if ".." in path.parts else path

    @property
    def images(self) -> Path:
        """The folder of images; raises `UsageError` where the samples are not installed."""
        return Path(self.settings.images).absolute() if self.settings.images else samples_dir()

    def questions(self) -> tuple[Question, ...]:
        """The questions that a run would ask, shown before there is one."""
        return questions_of(self.next_run())

    def frames(self) -> Frames:
        """Which frames are shown, and asked about, of files that have several."""
        return frames_of(self.settings)

    def listing(self) -> Callable[[Catalogue], ListedImages] | None:
        """What finds the images that a person's list names; `None` if there is no list."""
        if not self.settings.images_from:
            return None
        aliases = {encode_name(folder): encode_name(to) for folder, to in self.settings.alias.items()}
        return partial(listed_images, self.settings.images_from, aliases=aliases, rubric=self.rubric)

    def next_run(self) -> Settings:
        """The settings with what was chosen last, as a new run begins with them."""
        return with_remembered(self.settings, state_file(), self.given)

    @property
    def assessor(self) -> str | None:
        """Who judges: by the settings, else the name that was given last; `None` where nobody is named."""
        return self.settings.assessor or remembered_assessor(state_file())

    def facts(self, assessor: str | None) -> tuple[tuple[str, str], ...]:
        """Return the facts on this session for the help screen, such as who judges."""
        drawn = self.graphics.graphics
        return (
            ("pictures", f"{DRAWN.get(drawn, drawn)} ({self.graphics.reason})"),
            ("assessor", f"{assessor}; N changes it" if assessor else "none yet; N names one"),
            ("rubric", self.rubric.title),
            ("results", str(self.results)),
            ("settings", str(settings_file())),
        )
