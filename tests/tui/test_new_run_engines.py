"""The engine on *New run*: what it changes of the form, what is refused with it, and what is not here."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.config.engines import EngineSettings
from fada_tui.config.settings import Settings
from fada_tui.core.paths import samples_dir
from fada_tui.core.records import ModelEntry
from fada_tui.images.catalogue import scan
from fada_tui.models.registry import Registry
from fada_tui.tui.new_run import fields, layout
from fada_tui.tui.new_run.form import (
    FIELDS,
    Form,
    Offer,
    engine_of,
    faults,
    first_form,
    meaningless,
    request,
)
from fada_tui.tui.new_run.options import measure, read
from fada_tui.tui.state.image_tree import Tree
from tests.gguf_files import gguf_folder
from tests.tui.dashboard import wait_for
from tests.tui.test_new_run import Host, answer, choice, fault, opened

SERVED = "http://127.0.0.1:8000/v1#m"


def offer(settings: Settings | None = None, **given: Any) -> Offer:
    return Offer(
        settings=settings or Settings(question=("What?",)),
        models={name: ModelEntry(name=name, source=name) for name in ("a", "owner/b", SERVED)},
        trusted=frozenset(),
        tree=Tree(()),
        marked=(),
        sets={},
        **given,
    )


def form(given: Offer, models: tuple[str, ...] = ("a",), **typed: str) -> Form:
    first = first_form(given, models)
    return replace(first, typed={**first.typed, **typed})


def test_it_is_turned_through_and_says_what_it_does() -> None:
    assert fields.choices("engine") == tuple((word, word) for word in FIELDS["engine"].choices)
    given = offer()
    assert fields.hints(form(given), given)["engine"] == ""
    assert fields.hints(form(given, engine="vllm"), given)["engine"] == "started for the run"


def test_an_engine_is_asked_several_requests_and_makes_its_own_batches() -> None:
    given = offer()
    assert "concurrency" in meaningless(form(given), given)
    engine = meaningless(form(given, engine="vllm"), given)
    assert "concurrency" not in engine and "batch_size" in engine
    assert fields.placeholder("concurrency") == "auto"
    assert fields.hints(form(given, engine="vllm"), given)["concurrency"] == "as many as it takes"
    assert fields.hints(form(given, (SERVED,)), given)["concurrency"] == "4 at once"
    assert fields.hints(form(given, engine="vllm", concurrency="32"), given)["concurrency"] == "at once"
    wanted = request(form(given, engine="vllm", concurrency="32"), given).settings
    assert (wanted.engine, wanted.concurrency) == ("vllm", 32)


def test_a_model_behind_a_server_has_none_whatever_the_settings_say() -> None:
    given = offer(Settings(question=("What?",), engine="vllm"))
    served = form(given, (SERVED,))
    assert "engine" in meaningless(served, given) and engine_of(served, given) == "transformers"
    assert request(served, given).settings.engine == "transformers"
    assert faults(served, given) == {}
    assert request(form(given), given).settings.engine == "vllm"


def test_one_that_is_not_here_is_a_fault_of_its_field() -> None:
    given = offer(missing_engines={"vllm": "vllm is not here: put vllm on PATH"})
    found = faults(form(given, engine="vllm"), given)
    assert found == {"engine": "vllm is not here: put vllm on PATH"}
    assert fields.inline_faults(found) == {layout.hint_id("engine"): "! not here"}
    assert fields.faults_by_section(found)["answering"] == "Engine: vllm is not here: put vllm on PATH"
    assert faults(form(given, engine="sglang"), given) == {}
    assert faults(form(given, (SERVED,), engine="vllm"), given) == {}


@pytest.mark.parametrize(
    ("models", "typed", "said"),
    [
        (("a",), {"quantization": "4bit"}, "--quantization is done by transformers alone"),
        (("a",), {"max_tiles": "4"}, "leave --max-tiles out"),
        (("a",), {"device": "mps"}, "--device mps: an engine runs on auto, cpu"),
        (("a", SERVED), {}, "runs behind a server, and --engine vllm starts one"),
    ],
)
def test_what_an_engine_does_not_do_is_said_where_it_is_chosen(
    models: tuple[str, ...], typed: dict[str, str], said: str
) -> None:
    given = offer()
    (message,) = faults(form(given, models, engine="vllm", **typed), given).values()
    assert said in message


def test_a_model_is_looked_at_for_the_engine(tmp_path: Path) -> None:
    folder = gguf_folder(tmp_path / "tiny")
    entry = ModelEntry(name="tiny", source=str(folder))
    assert measure("tiny", entry, "llama.cpp", offer()).requirements.obstacles == ()
    (obstacle,) = measure("tiny", entry, "transformers", offer()).requirements.obstacles
    assert "add --engine llama.cpp" in obstacle.message


def test_which_engines_are_here_is_found_out_as_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    own = tmp_path / "own"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    found = read(
        settings=Settings(engines={"sglang": EngineSettings(command=(str(own),))}),
        given=set(),
        registry=Registry(entries=()),
        entries=(),
        catalogue=scan(samples_dir()),
        marked_models=(),
        marked_images=(),
        state=tmp_path / "state.toml",
    )
    assert set(found.offer.missing_engines) == {"vllm", "llama.cpp"}
    assert "put llama-server on PATH" in found.offer.missing_engines["llama.cpp"]


@pytest.mark.long
async def test_the_screen_turns_to_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "vllm"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    async with Host(scan(samples_dir())).run_test(size=(120, 60)) as pilot:
        screen = await opened(pilot)
        field = choice(screen, "engine")
        assert field.value == "transformers" and not screen.query_one("#concurrency-row").display
        field.turn(1)
        await wait_for(pilot, lambda: screen.query_one("#concurrency-row").display)
        assert not screen.query_one("#batch_size-row").display
        field.turn(1)
        await wait_for(pilot, lambda: "sglang is not here" in fault(screen, "answering"))
        await pilot.press("escape")
        assert await answer(pilot) is None
