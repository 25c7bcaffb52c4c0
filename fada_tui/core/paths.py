"""Locations of files and folders. The functions only compute paths: nothing is created."""

import os
from collections.abc import Mapping
from pathlib import Path

from fada_tui.core.errors import UsageError

CONFIG_DIR_VARIABLE = "FADA_TUI_CONFIG_DIR"

_PACKAGE = Path(__file__).resolve().parents[1]


def expanded(text: str) -> Path:
    """Return a path with `~` replaced by the home folder; an unknown `~user` is left as it is."""
    return Path(os.path.expanduser(text))  # noqa: PTH111


def config_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the user's settings and models: `FADA_TUI_CONFIG_DIR`, else the system's.

    Raises:
        UsageError: neither is known, since nobody says where home is.
    """
    given = environ.get(CONFIG_DIR_VARIABLE)
    if given:
        return expanded(given)
    # Imported late: only commands that read settings pay for it.
    from platformdirs import user_config_path

    try:
        return user_config_path("fada-tui", appauthor=False)
    except RuntimeError as error:
        raise UsageError(
            f"the home folder is not known: set HOME, or {CONFIG_DIR_VARIABLE} to a folder for settings"
        ) from error


def settings_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's `settings.toml`."""
    return config_dir(environ) / "settings.toml"


def models_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's `models.toml`, which overrides the shipped model list."""
    return config_dir(environ) / "models.toml"


def state_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file in which the program keeps state between sessions."""
    return config_dir(environ) / "state.toml"


def own_presets(folder: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of a person's own presets of one kind, as of question sets."""
    return config_dir(environ) / folder


def faults_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file for details of what went wrong in the dashboard itself."""
    return config_dir(environ) / "faults.log"


def demo_weights() -> Path:
    """Return the folder of the embedded model."""
    return _PACKAGE / "models" / "demo" / "weights"


def samples_dir(package: Path = _PACKAGE) -> Path:
    """Return the folder of sample images: the package's own in a wheel, else the checkout's.

    Args:
        package: the package's folder.

    Raises:
        UsageError: the installation has neither.
    """
    checkout = package.parent
    if (package / "samples").is_dir():
        return package / "samples"
    # Beside an installed package, a folder of this name would be somebody else's.
    if (checkout / "pyproject.toml").is_file() and (checkout / "samples").is_dir():
        return checkout / "samples"
    raise UsageError(
        "the sample images are not installed: install fada-tui again, or name a folder with --images"
    )
