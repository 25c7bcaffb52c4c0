"""*New run* and servers: what a server serves, offered to be marked; the fields that mean something there."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fada_tui.config.settings import Settings
from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.paths import samples_dir
from fada_tui.core.protocol import Listed, ServedModel
from fada_tui.core.records import ModelFacts, ServerFacts
from fada_tui.images.catalogue import Catalogue, scan
from fada_tui.models.registry import load_registry, resolve_model, statuses, with_models_of
from fada_tui.tui.new_run.estimate import EstimateText
from fada_tui.tui.new_run.screen import NewRunScreen
from fada_tui.tui.new_run.server_field import ServerField
from fada_tui.tui.widgets.picklist import Pick, PickList
from tests.examples import run
from tests.tui.dashboard import screen_text, wait_for
from tests.tui.test_new_run import REGISTRY, Host, answer, opened

URL = "http://gpu7.example:8000/v1"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return scan(samples_dir())


def listed(*models: ServedModel, base: str = URL) -> Listed:
    return Listed(base=base, server=ServerFacts(name="vLLM", version="0.32.0"), models=models)


def model(name: str, images: bool | None = None, context: int | None = None) -> ServedModel:
    return ServedModel(name=name, images=images, context=context)


class Servers:
    """Answers as servers would; remembers who was asked."""

    def __init__(self, answer: Callable[[str], Listed]) -> None:
        self._answer = answer
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, url: str) -> Listed:
        self.asked.append(url)
        await self.open.wait()
        return self._answer(url)


def refuse(url: str) -> Listed:
    raise ModelLoadError(ErrorKind.ENDPOINT_UNREACHABLE, f"{url} cannot be reached")


async def typed(pilot: Pilot[Any], url: str) -> None:
    pilot.app.screen.query_one("#server", Input).focus()
    pilot.app.screen.query_one("#server", Input).value = url
    await pilot.press("enter")


def rows(screen: NewRunScreen) -> list[Pick]:
    return [row for row in screen.query_one("#models-list", PickList).rows if "gpu7" in row.key]


def shown(screen: NewRunScreen, *names: str) -> list[bool]:
    return [screen.query_one(f"#{name}-row").display for name in names]


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 36)])
async def test_a_typed_url_offers_what_is_served(catalogue: Catalogue, size: tuple[int, int]) -> None:
    servers = Servers(
        lambda url: listed(model("Qwen/a", True, 32768), model("b", False), model("c"), model("\x1b[2J"))
    )
    app = Host(catalogue, list_served=servers)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        assert shown(screen, "batch_size", "concurrency") == [True, False]
        servers.open.clear()
        await typed(pilot, "http://gpu7.example:8000")
        await wait_for(pilot, lambda: "asking gpu7.example:8000" in screen.query_one(ServerField).said)
        servers.open.set()
        await wait_for(pilot, lambda: rows(screen))
        assert screen.query_one(ServerField).said == "4 models at gpu7.example:8000, vLLM 0.32.0"
        found = {row.key: (row.label, row.tail.split(), row.on) for row in rows(screen)}
        assert found == {
            f"{URL}#Qwen/a": ("a@gpu7.example:8000", ["server", "32k"], False),
            f"{URL}#b": ("b@gpu7.example:8000", ["server", "no", "image"], False),
            f"{URL}#c": ("c@gpu7.example:8000", ["server", "untested"], False),
        }
        picks = screen.query_one("#models-list", PickList)
        await wait_for(pilot, lambda: picks.has_focus)
        assert picks.here == f"{URL}#Qwen/a" and servers.asked == ["http://gpu7.example:8000"]
        await pilot.press("space")
        await wait_for(pilot, lambda: shown(screen, "batch_size", "concurrency") == [True, True])
        await pilot.press("g", "space")
        await wait_for(pilot, lambda: shown(screen, "batch_size", "concurrency") == [False, True])
        screen.query_one("#concurrency", Input).value = "16"
        await pilot.pause()
        await pilot.press("ctrl+s")
        request = await answer(pilot)
    assert request is not None
    assert (request.settings.model, request.settings.concurrency) == ((f"{URL}#Qwen/a",), 16)


async def test_what_is_marked_at_first_is_in_sight(catalogue: Catalogue) -> None:
    app = Host(catalogue, settings=Settings(model=(f"{URL}#marked",)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.query_one("#models-list", PickList).here == f"{URL}#marked"
        await wait_for(pilot, lambda: "✓ marked@" in screen_text(app))


async def test_the_only_model_is_marked_and_so_is_a_named_one(catalogue: Catalogue) -> None:
    servers = Servers(lambda url: listed(model("one")))
    app = Host(catalogue, list_served=servers)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await typed(pilot, URL)
        await wait_for(pilot, lambda: [row.on for row in rows(screen)] == [True])
        await typed(pilot, f"{URL}#alias")
        await wait_for(pilot, lambda: [row.on for row in rows(screen)] == [True, True])
        assert rows(screen)[1].key == f"{URL}#alias"
        await wait_for(pilot, lambda: "alias@" in screen.query_one(EstimateText).text)


@pytest.mark.parametrize("marked", [True, False])
async def test_a_model_that_the_list_lacks_and_a_run_had_can_be_run_again(
    catalogue: Catalogue, marked: bool
) -> None:
    made = run(model=ModelFacts(name="one@gpu7.example:8000", source=f"{URL}#one"))
    known = statuses(with_models_of(REGISTRY, [made]), [made])
    servers = Servers(lambda url: listed(model("one")))
    names = ("one@gpu7.example:8000",) if marked else ()
    app = Host(catalogue, rows=known, marked_models=names, list_served=servers)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        if not marked:
            await typed(pilot, URL)
        await wait_for(pilot, lambda: [row.on for row in rows(screen)] == [True])
        assert rows(screen)[0].label == "one@gpu7.example:8000"
        await pilot.press("ctrl+r")
        request = await answer(pilot)
        assert request is not None and request.settings.model[-1] == f"{URL}#one"
        assert resolve_model(request.settings.model[-1], REGISTRY).source == f"{URL}#one"


@pytest.mark.parametrize("elsewhere", ["#max_new_tokens", "#models-list", "#server"])
async def test_an_answer_that_comes_late_takes_nobody_from_what_they_do(
    catalogue: Catalogue, elsewhere: str
) -> None:
    servers = Servers(lambda url: listed(model("one"), model("two")))
    app = Host(catalogue, list_served=servers)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        picks = screen.query_one("#models-list", PickList)
        servers.open.clear()
        await typed(pilot, f"{URL}#one")
        await wait_for(pilot, lambda: servers.asked)
        screen.query_one(elsewhere).focus()
        await pilot.press("end" if elsewhere == "#server" else "home", "2")
        at, here = screen.focused, picks.here
        servers.open.set()
        await wait_for(pilot, lambda: [row.on for row in rows(screen)] == [True, False])
        assert screen.focused is at
        assert picks.here == here or elsewhere != "#models-list"


async def test_a_server_that_does_not_say_is_told_and_a_named_model_offered_all_the_same(
    catalogue: Catalogue,
) -> None:
    app = Host(catalogue, list_served=Servers(refuse))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await typed(pilot, URL)
        await wait_for(pilot, lambda: f"! {URL} cannot be reached" in screen.query_one(ServerField).said)
        assert not rows(screen)
        await wait_for(pilot, lambda: f"! {URL}" in screen_text(app))
        await typed(pilot, f"{URL}#m")
        await wait_for(pilot, lambda: [(row.key, row.on) for row in rows(screen)] == [(f"{URL}#m", True)])


async def test_servers_of_the_list_are_asked_by_themselves_if_they_may_be_sent_images(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        "".join(
            f'[[model]]\nname = "{name}"\nsource = "{source}"\n'
            for name, source in (
                ("ours", f"{URL}#a"),
                ("same", f"{URL}#b"),
                ("here", "http://127.0.0.1:9/v1#x"),
                ("theirs", "https://elsewhere.example/v1#y"),
            )
        )
    )
    registry = load_registry(file)

    def say(url: str) -> Listed:
        return (
            refuse(url)
            if "127" in url
            else listed(model("a", True, 4096), model("n", True), model("t", False))
        )

    servers = Servers(say)
    settings = Settings(allow_host=("gpu7.example",))
    app = Host(
        catalogue, registry=registry, rows=statuses(registry, []), settings=settings, list_served=servers
    )
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await wait_for(pilot, lambda: rows(screen))
        assert [row.key for row in rows(screen)] == [f"{URL}#n"], "what takes no images is not offered"
        assert sorted(servers.asked) == ["http://127.0.0.1:9/v1", URL]
        assert screen.query_one(ServerField).said == ""
        ours = next(row for row in screen.query_one("#models-list", PickList).rows if row.key == "ours")
        assert ours.tail.split() == ["server", "4096"]
