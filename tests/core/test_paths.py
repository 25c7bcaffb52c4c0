"""Where things lie on a machine that does not say where home is."""

import pwd

import pytest

from fada_tui.core import paths
from fada_tui.core.errors import UsageError


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom neither the environment nor the system's list of users knows."""

    def unknown(_: object) -> None:
        raise KeyError("no such user")

    for name in ("HOME", "XDG_CONFIG_HOME", paths.CONFIG_DIR_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_way_out_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="set HOME, or FADA_TUI_CONFIG_DIR"):
        paths.settings_file()
    monkeypatch.setenv(paths.CONFIG_DIR_VARIABLE, "/somewhere")
    assert str(paths.settings_file()) == "/somewhere/settings.toml"
    assert str(paths.expanded("~/models")) == "~/models"
