import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from fada_tui.config.last_run import remember
from fada_tui.config.settings import Settings
from fada_tui.core.paths import samples_dir, state_file
from fada_tui.core.records import Generation, ModelFacts, ModelMemory, PlannedImage
from fada_tui.images.catalogue import Catalogue, scan
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.walk import Skipped
from fada_tui.models.registry import load_registry, statuses
from fada_tui.report.figures import figures
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.tui.closing import OrderlyApp
from fada_tui.tui.new_run.choice_field import ChoiceField
from fada_tui.tui.new_run.estimate import EstimateText
from fada_tui.tui.new_run.form import RunRequest
from fada_tui.tui.new_run.screen import NewRunScreen
from fada_tui.tui.new_run.sections import Sections
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.themes import THEMES
from fada_tui.tui.widgets.picklist import PickList
from tests.examples import result, run
from tests.runs.test_preflight import smol  # noqa: F401
from tests.tui.dashboard import screen_text, wait_for

REGISTRY = load_registry(Path("/nowhere/models.toml"))
SAMPLE = Sample(time="t", memory_used=4_000_000_000, memory_total=16_000_000_000)
NAMES = [entry.name for entry in REGISTRY.entries]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return scan(samples_dir())


class Host(OrderlyApp[None]):
    def __init__(self, catalogue: Catalogue, **given: Any) -> None:
        super().__init__()
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = "fada-dark"
        self.given: dict[str, Any] = {
            "registry": REGISTRY,
            "rows": statuses(REGISTRY, []),
            "catalogue": catalogue,
            "marked_models": (),
            "marked_images": (),
            "settings": Settings(),
            "given": frozenset(),
            "disk_index": DiskIndex(),
            "sample": SAMPLE,
        } | given
        self.answers: list[RunRequest | None] = []

    def on_mount(self) -> None:
        self.open()

    def open(self) -> None:
        self.push_screen(NewRunScreen(**self.given), self.answers.append)


async def opened(pilot: Pilot[None]) -> NewRunScreen:
    """The screen, once it shows what there is to choose from and what it will take."""
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, NewRunScreen))
    screen = pilot.app.screen
    assert isinstance(screen, NewRunScreen)
    await wait_for(pilot, lambda: re.search("Memory|In all|cannot be run", estimate(screen)))
    await wait_for(pilot, lambda: "looking" not in estimate(screen))
    return screen


async def answer(pilot: Pilot[None]) -> RunRequest | None:
    app = pilot.app
    assert isinstance(app, Host)
    await wait_for(pilot, lambda: app.answers)
    return app.answers.pop()


def estimate(screen: NewRunScreen) -> str:
    return screen.query_one(EstimateText).text


def field(screen: NewRunScreen, name: str) -> Input:
    screen.query_one(Sections).open_more()
    return screen.query_one(f"#{name}", Input)


def choice(screen: NewRunScreen, name: str) -> ChoiceField:
    screen.query_one(Sections).open_more()
    return screen.query_one(f"#{name}", ChoiceField)


def fault(screen: NewRunScreen, section: str) -> str:
    shown = screen.query_one(f"#{section} .fault", Static)
    return str(shown.content) if shown.display else ""


@pytest.mark.parametrize("key", ["r", "enter", "ctrl+r", "ctrl+s"])
async def test_starts_with_the_defaults_at_once(catalogue: Catalogue, key: str) -> None:
    async with Host(catalogue).run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        assert await answer(pilot) == RunRequest(Settings(), None)


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_cancels(catalogue: Catalogue, key: str) -> None:
    async with Host(catalogue).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(key)
        assert await answer(pilot) is None
        assert not state_file().exists()


async def test_marked_images_are_exactly_those(catalogue: Catalogue) -> None:
    marked = (catalogue.images[1], catalogue.images[9])
    async with Host(catalogue, marked_images=marked).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "2 images × 1 question = 2 answers" in estimate(screen)
        await pilot.press("r")
        asked = await answer(pilot)
        assert asked is not None
        assert asked.images == marked


async def test_categories_and_a_number_of_each(catalogue: Catalogue) -> None:
    async with Host(catalogue).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("tab", "down", "j", "space", "j", "space", "j", "j", "space")
        await wait_for(pilot, lambda: "8 images" in estimate(screen))
        await pilot.press("tab", "tab", "2")
        await wait_for(pilot, lambda: "4 images" in estimate(screen))
        tails = {row.key: row.tail for row in screen.query_one("#images-list", PickList).rows}
        assert (tails["all"], tails["categories"]) == ("12", "4")
        await pilot.press("ctrl+r")
        asked = await answer(pilot)
        assert asked is not None
        assert (asked.settings.category, asked.settings.per_category) == (("Abdomen", "Brain"), 2)
        assert asked.images is None


async def test_own_question_and_numbers_are_remembered(catalogue: Catalogue) -> None:
    app = Host(catalogue)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        text = screen.query_one(TextArea)
        text.focus()
        await pilot.press("f7", *"r q?", "enter", *"Why")
        assert text.text == "r q?\nWhy"
        await wait_for(pilot, lambda: "24 images × 2 questions = 48 answers" in estimate(screen))
        tokens = field(screen, "max_new_tokens")
        tokens.focus()
        await pilot.press("3", "2", "ctrl+s")
        first = await answer(pilot)
        assert first is not None
        assert (first.settings.question, first.settings.max_new_tokens) == (("r q?", "Why"), 32)

        app.call_later(app.open)
        await wait_for(pilot, lambda: pilot.app.screen is not screen)
        again = await opened(pilot)
        assert again.query_one(TextArea).text == "r q?\nWhy"
        await pilot.press("r")
        assert await answer(pilot) == first


async def test_what_is_given_wins_over_what_is_remembered_though_it_is_the_default(
    catalogue: Catalogue,
) -> None:
    remember(Settings(model=(NAMES[2],), max_new_tokens=7, seed=5), state_file())
    given = frozenset({"model", "max_new_tokens"})
    async with Host(catalogue, given=given).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        assert await answer(pilot) == RunRequest(Settings(seed=5), None)


async def test_control_pictures_are_off_and_once_asked_for_remembered(catalogue: Catalogue) -> None:
    app = Host(catalogue)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        control = screen.query_one("#control", ChoiceField)
        assert control.value == "off" and "‹ off ›" in screen_text(app)
        control.focus()
        await pilot.press("space")
        assert control.value == "on"
        await wait_for(pilot, lambda: "+ 3 on control pictures" in estimate(screen))
        await pilot.press("r")
        wanted = await answer(pilot)
        assert wanted and wanted.settings == Settings(control=True)
    async with Host(catalogue).run_test(size=(80, 24)) as pilot:
        assert choice(await opened(pilot), "control").value == "on"


async def test_answers_are_made_in_batches_of_a_size_that_is_remembered_and_forecast(
    catalogue: Catalogue,
) -> None:
    answers = tuple(result(f"A/{n}.png", time=2.0) for n in range(12))
    made = run(id="20260101-000000_fada-demo", results=answers, generation=Generation(max_new_tokens=100))
    made = replace(made, model=ModelFacts(name="fada-demo", source="demo"))
    disk_index = DiskIndex(runs=(made,), figures={made.id: figures(made)})
    app = Host(catalogue, disk_index=disk_index)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        field(screen, "batch_size")
        await wait_for(pilot, lambda: "one by one" in screen_text(app))
        assert "from 12 answers" in estimate(screen) and "batch size" not in estimate(screen)
        sizes = field(screen, "batch_size")
        sizes.focus()
        await pilot.press("8")
        await wait_for(pilot, lambda: "in batches" in screen_text(app))
        await wait_for(pilot, lambda: ", batch size 1" in estimate(screen))
        await pilot.press("backspace", *"auto", "ctrl+s")
        first = await answer(pilot)
        assert first is not None and first.settings.batch_size == "auto"

        app.call_later(app.open)
        await wait_for(pilot, lambda: pilot.app.screen is not screen)
        again = await opened(pilot)
        assert field(again, "batch_size").value == "auto"
        await wait_for(pilot, lambda: "as memory allows" in screen_text(app))


async def test_a_set_is_chosen_and_editing_it_makes_it_ones_own(catalogue: Catalogue) -> None:
    async with Host(catalogue).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        screen.query_one("#sets").focus()
        await pilot.press("G", "k", "space")
        await wait_for(pilot, lambda: "168 answers" in estimate(screen))
        assert screen.query_one(TextArea).text.count("\n") == 6
        screen.query_one(TextArea).focus()
        await pilot.press("f7", "right", "backspace")
        await wait_for(pilot, lambda: screen.query_one("#sets", PickList).rows[0].on)
        await pilot.press("ctrl+r")
        asked = await answer(pilot)
        assert asked is not None
        assert asked.settings.questions is None
        assert len(asked.settings.question) == 7
        assert asked.settings.question[-1].endswith("you can see")


async def test_bad_tokens_are_refused_where_they_stand(catalogue: Catalogue) -> None:
    app = Host(catalogue)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        field(screen, "max_new_tokens").focus()
        await pilot.press("backspace", "x")
        assert fault(screen, "answering") == "! Max new tokens: a whole number of at least 1"
        screen.query_one("#models-list").focus()
        await pilot.press("r")
        await wait_for(pilot, lambda: field(screen, "max_new_tokens").has_focus)
        assert not app.answers
        await pilot.press("ctrl+a", "ctrl+k", "5", "enter", "enter")
        asked = await answer(pilot)
        assert asked is not None
        assert asked.settings.max_new_tokens == 5


async def test_number_fields_take_no_letters_and_say_what_is_wrong_with_themselves(
    catalogue: Catalogue,
) -> None:
    app = Host(catalogue)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        field(screen, "temperature").focus()
        await pilot.press(*"1x-2.5.e")
        assert field(screen, "temperature").value == "12.5"
        field(screen, "batch_size").focus()
        await pilot.press(*"8ka")
        assert field(screen, "batch_size").value == "8"
        await pilot.press("backspace", *"qau8to")
        assert field(screen, "batch_size").value == "auto"
        field(screen, "seed").focus()
        await pilot.press("delete")
        for name in ("limit", "max_new_tokens", "max_tiles"):
            field(screen, name).focus()
            await pilot.press("0")
        wrong = {one.id: str(one.content) for one in screen.query(".hint.-wrong").results(Static)}
        assert wrong == dict.fromkeys(("limit-hint", "max_new_tokens-hint", "max_tiles-hint"), "! ≥ 1") | {
            "seed-hint": "! ≥ 0"
        }
        assert fault(screen, "answering").startswith("! Max tiles: "), "of the field that one is in"
        field(screen, "temperature").focus()
        await pilot.press(*"101")
        assert "! 0 to 100" in screen_text(app)


async def test_the_keys_at_the_bottom_are_those_that_work_where_one_types(catalogue: Catalogue) -> None:
    app = Host(catalogue)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        for place in (field(screen, "seed"), screen.query_one(TextArea)):
            assert "r Start" in screen_text(app) and "esc Cancel" in screen_text(app)
            place.focus()
            await wait_for(pilot, lambda: "^s Start  tab Next  esc Done" in screen_text(app))
            assert "r Start" not in screen_text(app) and "j/k" not in screen_text(app)
            await pilot.press("escape")
            await wait_for(pilot, lambda: screen.query_one("#start").has_focus)


async def test_no_model_and_no_category_are_refused(catalogue: Catalogue) -> None:
    async with Host(catalogue).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("space", "tab", "j", "j", "space", "r")
        await wait_for(pilot, lambda: screen.query_one("#models-list").has_focus)
        assert fault(screen, "models") == "! mark a model with space"
        assert fault(screen, "images") == "! mark a category with space"
        await pilot.press("space", "r")
        await wait_for(pilot, lambda: screen.query_one("#images-list").has_focus)


async def test_two_models_run_in_the_order_of_marking(catalogue: Catalogue) -> None:
    async with Host(catalogue, marked_models=(NAMES[3],)).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("g", "space")
        await wait_for(pilot, lambda: "× 2 models = 48" in estimate(screen))
        assert "run one after another" in str(screen.query_one("#estimate").border_subtitle)
        await pilot.press("r")
        asked = await answer(pilot)
        assert asked is not None
        assert asked.settings.model == (NAMES[3], NAMES[0])


async def test_a_folder_given_as_model_is_in_the_list(catalogue: Catalogue, tmp_path: Path) -> None:
    settings = Settings(model=(str(tmp_path), "gone/away/for good"))
    async with Host(catalogue, settings=settings).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.query_one("#models-list", PickList).rows[-1].label == tmp_path.name
        await pilot.press("r")
        asked = await answer(pilot)
        assert asked is not None
        assert asked.settings.model == (str(tmp_path),)


async def test_estimate_tells_time_and_memory_and_their_sources(catalogue: Catalogue) -> None:
    answers = tuple(result(f"A/{n}.png", time=2.0) for n in range(12))
    made = run(id="20260101-000000_fada-demo", results=answers, generation=Generation(max_new_tokens=100))
    memory = ModelMemory(worker_rss_peak=600_000_000)
    made = replace(made, model=ModelFacts(name="fada-demo", source="demo", load_time=3.0, memory=memory))
    disk_index = DiskIndex(runs=(made,), figures={made.id: figures(made)})
    async with Host(catalogue, disk_index=disk_index).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert estimate(screen).splitlines() == [
            "24 images × 1 question = 24 answers",
            "Time    about 48 s + 3 s loading  from 12 answers of run 20260101-000000_fada-demo",
            "Memory  600.0 MB measured of 12.00 GB free in main memory  ✓ fits",
        ]
        screen.query_one("#max_thinking_tokens", Input).value = "400"
        await wait_for(pilot, lambda: "at 100 tokens" in estimate(screen))


async def test_estimate_tells_the_image_tokens_of_a_resolution_that_was_asked_for(
    catalogue: Catalogue,
    smol: Path,  # noqa: F811
) -> None:
    asked = Settings(model=(str(smol),), longest_edge=1024)
    async with Host(catalogue, settings=asked).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert estimate(screen).splitlines()[0].endswith("= 24 answers  320 image tokens each")


async def test_a_resolution_is_typed_forecast_and_asked_for_but_not_remembered(
    catalogue: Catalogue,
    smol: Path,  # noqa: F811
) -> None:
    app = Host(catalogue, settings=Settings(model=(str(smol),)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "image tokens" not in estimate(screen)
        field(screen, "longest_edge").focus()
        await pilot.press(*"512")
        await wait_for(pilot, lambda: "64 image tokens each" in estimate(screen))
        await pilot.press("tab", "4")
        await wait_for(pilot, lambda: "cannot be run" in estimate(screen))
        await pilot.press("backspace", "0")
        await wait_for(pilot, lambda: "Max tiles: a whole number" in screen_text(app))
        assert fault(screen, "answering") == "! Max tiles: a whole number of at least 1"
        await pilot.press("backspace", "ctrl+s")
        wanted = await answer(pilot)
        assert wanted is not None
        assert (wanted.settings.longest_edge, wanted.settings.max_tiles) == (512, None)

        app.call_later(app.open)
        await wait_for(pilot, lambda: pilot.app.screen is not screen)
        assert field(await opened(pilot), "longest_edge").value == ""


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 36)])
async def test_a_model_that_cannot_be_run_is_said_so_with_the_way_out(
    catalogue: Catalogue,
    smol: Path,  # noqa: F811
    size: tuple[int, int],
) -> None:
    asked = Settings(model=(str(smol),), max_tiles=4)
    async with Host(catalogue, settings=asked).run_test(size=size) as pilot:
        screen = await opened(pilot)
        told = f"! cannot be run: {smol.name}: its image processor"
        await wait_for(pilot, lambda: told in " ".join(estimate(screen).split()))
        await wait_for(pilot, lambda: "leave --max-tiles out" in " ".join(estimate(screen).split()))
        screen.query_one("#models-list").focus()
        await pilot.press("g", "space")
        await wait_for(pilot, lambda: "In all" in estimate(screen))
        lines = [line for line in estimate(screen).splitlines() if "cannot be run" in line]
        assert lines and all(len(line) <= size[0] and line.endswith("--max-tiles out") for line in lines)


async def test_a_server_that_is_asked_for_tiles_is_told_of_before(catalogue: Catalogue) -> None:
    served = Settings(model=("http://127.0.0.1:9/v1#m",), longest_edge=512, max_tiles=4)
    async with Host(catalogue, settings=served).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        told = "! cannot be run: m@127.0.0.1:9: its server decides into how many tiles it cuts images"
        assert told in " ".join(estimate(screen).split())
        field(screen, "max_tiles").value = ""
        await wait_for(pilot, lambda: "it runs on a server" in estimate(screen))


async def test_estimate_admits_what_it_does_not_know(catalogue: Catalogue) -> None:
    async with Host(catalogue, sample=None).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert "Time    unknown  no earlier run" in estimate(screen)
        assert "estimated from weights; free memory unknown" in estimate(screen)
        assert "fits" not in estimate(screen)


@pytest.mark.parametrize(
    "size",
    [(60, 15), *(pytest.param(size, marks=pytest.mark.slow) for size in [(80, 24), (120, 36), (200, 50)])],
)
async def test_everything_can_be_reached_and_the_estimate_stays_in_sight(
    catalogue: Catalogue, size: tuple[int, int]
) -> None:
    async with Host(catalogue).run_test(size=size) as pilot:
        screen = await opened(pilot)
        seen = set()
        screen.query_one(Sections).open_more()
        for _ in range(28):
            await pilot.pause()
            assert screen.focused is not None
            seen.add(screen.focused.id)
            visible = screen.find_widget(screen.focused).visible_region
            assert visible.height > 0, screen.focused.id
            assert screen.find_widget(screen.query_one(EstimateText)).visible_region.height >= 3
            await pilot.press("tab")
        assert seen == {
            "models-list",
            "images-list",
            "images_from",
            "per_category",
            "limit",
            "sets",
            "text",
            "max_new_tokens",
            "temperature",
            "top_p",
            "seed",
            "control",
            "batch_size",
            "longest_edge",
            "thinking",
            "max_thinking_tokens",
            "max_tiles",
            "more",
            "system_prompt",
            "dtype",
            "quantization",
            "device",
            "devices",
            "engine",
            "shuffle",
            "references",
            "rubric",
            "label",
        }
        assert screen.focused is not None
        assert screen.focused.id == "start"


async def test_others_texts_are_shown_as_they_are(catalogue: Catalogue) -> None:
    hostile = "[red]\x1b]52;c;x\x07\u202e"
    images = (PlannedImage(image="a.png", category=hostile, path="a.png"),)
    settings = Settings(category=(hostile,), question=(f"Is {hostile} seen?",))
    given = replace(catalogue, images=images, name=hostile)
    async with Host(given, settings=settings).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        shown = "\n".join(
            strip.text
            for strip in screen.query_one("#images-list", PickList).render_lines(
                screen.query_one("#images-list").size.region
            )
        )
        assert "[red]" in shown
        assert "\x1b" not in shown
        assert "\x1b" not in screen.query_one(TextArea).text
        await pilot.press("r")
        asked = await answer(pilot)
        assert asked is not None
        assert asked.settings.question == settings.question
        assert asked.settings.category == (hostile,)


async def test_a_hundred_thousand_images_cost_no_more_than_their_categories(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tuple(
        PlannedImage(image=f"{n}.png", category=f"c{n % 200}", path=f"c{n % 200}/{n}.png")
        for n in range(100_000)
    )
    async with Host(replace(catalogue, images=images)).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        picks = screen.query_one("#images-list", PickList)
        picks.focus()
        await pilot.press("j", "j", "space", "G", "space")
        await wait_for(pilot, lambda: "500 images" in estimate(screen))
        assert len(picks.rows) == 203


async def test_a_model_that_does_not_fit_is_warned_of_with_what_fits(
    catalogue: Catalogue,
    smol: Path,  # noqa: F811
) -> None:
    gpus = (GpuReading(index=0, memory_used=23_000_000_000, memory_total=24_200_000_000),)
    sample = replace(SAMPLE, gpus=gpus)
    given = {"sample": sample, "settings": Settings(model=(str(smol),))}
    for size in ((80, 24), (120, 36)):
        async with Host(catalogue, **given).run_test(size=size) as pilot:
            screen = await opened(pilot)
            assert "of 1.20 GB free" in estimate(screen) and "! does not fit" in estimate(screen)
            await wait_for(pilot, lambda: "fits GPU 0 at 8bit: --quantization 8bit" in estimate(screen))  # noqa: B023


async def test_a_model_that_fits_nowhere_is_said_so(catalogue: Catalogue, smol: Path) -> None:  # noqa: F811
    sample = replace(SAMPLE, memory_used=SAMPLE.memory_total - 100_000_000)
    given = {"sample": sample, "settings": Settings(model=(str(smol), "fada-demo"))}
    async with Host(catalogue, **given).run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await wait_for(pilot, lambda: "fits nowhere here" in estimate(screen))


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_dicom_images_come_with_a_caution(size: tuple[int, int]) -> None:
    names = [f"{number}.png" for number in range(5)] + ["loop.dcm#3"]
    images = tuple(PlannedImage(image=name, category="Heart", path=f"Heart/{name}") for name in names)
    catalogue = Catalogue(Path("/nowhere"), "scans", images, Skipped())
    async with Host(catalogue).run_test(size=size) as pilot:
        screen = await opened(pilot)
        caution = screen.query_one(".caution", Static)
        assert BURNED_IN in str(caution.content)
        box = screen.query_one("#images")
        await wait_for(pilot, lambda: 0 < caution.region.height <= caution.region.bottom <= box.region.bottom)


async def test_without_dicom_there_is_no_caution(catalogue: Catalogue) -> None:
    async with Host(catalogue).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert not screen.query(".caution")
