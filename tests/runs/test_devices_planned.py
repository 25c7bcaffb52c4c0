"""Several devices for a run: what goes into its plan, and what they do not go with."""

from pathlib import Path

import pytest
from msgspec import UNSET

from fada_tui.config.settings import load_settings
from fada_tui.core.errors import UsageError
from fada_tui.models.registry import load_registry
from fada_tui.runs.planning import jobs

NOWHERE = Path("no-such-settings.toml")


def test_the_plan_has_them_as_they_were_listed() -> None:
    settings = load_settings({"devices": "cpu*2", "limit": 1}, {}, NOWHERE).settings
    made, _ = jobs(settings, load_registry(NOWHERE), None)
    assert made[0].plan.devices == "cpu*2"
    alone, _ = jobs(load_settings({"limit": 1}, {}, NOWHERE).settings, load_registry(NOWHERE), None)
    assert alone[0].plan.devices is UNSET


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"devices": "all", "device": "cpu"}, "--device and --devices exclude each other"),
        *(({"device": one}, "names one device.* a list is for --devices") for one in ("all", "0", "cpu*2")),
        *(
            ({"device": one}, f"--device '{one}': expected auto")
            for one in ("gpu", "CUDA", "cuda 1", "cuda:x")
        ),
        ({"devices": "all", "engine": "vllm"}, "and vllm runs once: leave --devices out"),
        (
            {"devices": "all", "model": ["http://127.0.0.1:9/v1#m"]},
            "which devices it runs; leave --devices",
        ),
    ],
)
def test_neither_one_device_nor_a_server_goes_with_them(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        jobs(load_settings(options, {}, NOWHERE).settings, load_registry(NOWHERE), None)


@pytest.mark.parametrize(("text", "said"), [("gpu", "expected all"), ("0,0", "cuda:0 is there twice")])
def test_a_list_that_means_nothing_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"^FADA_TUI_DEVICES: .*{said}.*, got '{text}'"):
        load_settings({}, {"FADA_TUI_DEVICES": text}, NOWHERE)


def test_an_option_for_one_device_wins_over_a_list_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('devices = "all"\n')
    settings = load_settings({"device": "cpu"}, {}, file).settings
    assert (settings.device, settings.devices) == ("cpu", None)
