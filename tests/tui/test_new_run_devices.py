"""Several devices on "New run": the field, what is wrong with it, the hint of cards, what is remembered."""

from pathlib import Path

import pytest

from fada_tui.config.last_run import remember, remembered
from fada_tui.config.settings import Settings
from fada_tui.core.records import ModelEntry
from fada_tui.images.catalogue import Catalogue
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.tui.new_run.fields import faults_by_section, hints, inline_faults, unfolded
from fada_tui.tui.new_run.form import TOGETHER, faults, meaningless, request, with_typed
from tests.runs.test_preflight import smol  # noqa: F401
from tests.tui.dashboard import screen_text, wait_for
from tests.tui.test_form import form, offer
from tests.tui.test_new_run import Host, answer, catalogue, estimate, field, opened  # noqa: F401

CARDS = Sample(
    time="t",
    gpus=tuple(GpuReading(index=index, memory_used=10**9, memory_total=24 * 10**9) for index in range(4)),
    memory_used=4_000_000_000,
    memory_total=16_000_000_000,
)


def test_what_is_typed_is_what_is_asked_for() -> None:
    there = offer()
    assert request(form(there), there).settings.devices is None
    for listed in ("all", "0,1", "cuda:2", "cpu*2"):
        asked = with_typed(form(there), "devices", f" {listed} ")
        assert not faults(asked, there)
        assert request(asked, there).settings.devices == listed
    given = offer(Settings(devices="0,1"))
    assert form(given).typed["devices"] == "0,1"
    assert unfolded(form(given)) == "Devices 0,1"
    assert request(with_typed(form(given), "devices", ""), given).settings.devices is None


@pytest.mark.parametrize("listed", ["0,0", "gpu", "cpu*0", "cpu", ","])
def test_what_means_no_devices_is_told_with_what_is_expected(listed: str) -> None:
    there = offer()
    wrong = faults(with_typed(form(there), "devices", listed), there)
    assert list(wrong) == ["devices"] and "cpu*2" in wrong["devices"]
    assert faults_by_section(wrong)["answering"].startswith("Devices: all")
    assert inline_faults(wrong) == {"devices-hint": "! all, 0,1 or cpu*2"}


def test_one_device_and_several_exclude_each_other() -> None:
    there = offer()
    both = with_typed(with_typed(form(there), "device", "cuda:1"), "devices", "0,1")
    assert "exclude each other" in faults(both, there)[TOGETHER]


def test_the_hint_tells_which_cards_are_seen() -> None:
    for cards, told in ((None, ""), (0, "no GPU seen"), (1, "1 GPU here"), (4, "4 GPUs here")):
        assert hints(form(offer(cards=cards)), offer(cards=cards))["devices"] == told
    four, none = offer(cards=4), offer(cards=0)
    for there, listed, told in (
        (four, "all", "4 GPUs at once"),
        (four, "0,3", "2 GPUs at once"),
        (four, "0,4", "4 GPUs here"),
        (four, "cpu*2", "2 workers at once"),
        (none, "all", "no GPU seen"),
        (none, "0", "no GPU seen"),
    ):
        assert hints(with_typed(form(there), "devices", listed), there)["devices"] == told


def test_for_a_model_behind_a_server_there_is_no_such_field() -> None:
    from msgspec.structs import replace

    there = replace(offer(), models={"s": ModelEntry(name="s", source="http://h/v1#s")})
    asked = with_typed(form(there, models=("s",)), "devices", "0,1")
    assert request(asked, there).settings.devices is None


@pytest.mark.parametrize("settings", [Settings(engine="llama.cpp", devices="0,1"), Settings(devices="0,1")])
def test_what_has_no_field_is_not_asked_for_even_where_it_was_before(settings: Settings) -> None:
    from msgspec.structs import replace

    source = "/models/m" if settings.engine == "llama.cpp" else "http://h/v1#m"
    there = replace(offer(settings), models={"m": ModelEntry(name="m", source=source)})
    asked = form(there, models=("m",))
    assert asked.typed["devices"] == "0,1" and "devices" in meaningless(asked, there)
    assert request(asked, there).settings.devices is None
    assert not faults(asked, there)


def test_devices_are_remembered_unless_one_is_given(tmp_path: Path) -> None:
    state = tmp_path / "state.toml"
    remember(Settings(devices="0,1"), state)
    assert remembered(Settings(), state) == {"devices": "0,1"}
    assert remembered(Settings(device="cpu"), state) == {}
    assert remembered(Settings(), state, frozenset({"device"})) == {}
    remember(Settings(device="cuda:1"), state)
    assert remembered(Settings(devices="all"), state) == {}
    remember(Settings(devices="nonsense"), state)
    assert remembered(Settings(), state) == {}


def test_no_engine_is_given_together_with_devices_that_are_remembered(tmp_path: Path) -> None:
    state = tmp_path / "state.toml"
    remember(Settings(devices="0,1", max_new_tokens=7), state)
    assert remembered(Settings(engine="llama.cpp"), state) == {"max_new_tokens": 7}
    remember(Settings(engine="llama.cpp", max_new_tokens=7), state)
    assert remembered(Settings(devices="0,1"), state) == {"max_new_tokens": 7}
    assert remembered(Settings(), state) == {"engine": "llama.cpp", "max_new_tokens": 7}


async def test_the_estimate_is_of_each_card_and_all_share_the_answers(
    catalogue: Catalogue,  # noqa: F811
    smol: Path,  # noqa: F811
) -> None:
    app = Host(catalogue, settings=Settings(model=(str(smol),)), sample=CARDS)
    async with app.run_test(size=(120, 46)) as pilot:
        screen = await opened(pilot)
        assert "free in GPU 0" in estimate(screen)
        await wait_for(pilot, lambda: "4 GPUs here" in screen_text(app))
        field(screen, "devices").value = "cpu*3"
        await wait_for(pilot, lambda: "in main memory for each of 3" in estimate(screen))
        await wait_for(pilot, lambda: "3 workers at once" in screen_text(app))
        field(screen, "devices").value = "0,1"
        await wait_for(pilot, lambda: "2 GPUs at once" in screen_text(app))
        await pilot.press("ctrl+s")
        wanted = await answer(pilot)
        assert wanted is not None and wanted.settings.devices == "0,1"
