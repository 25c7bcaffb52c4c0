"""A run's engine: up with what it is to serve, or not at all."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.engines import EngineSettings
from fada_tui.core.errors import ModelLoadError, StoreError
from fada_tui.core.protocol import Finished, Idle, Load
from fada_tui.core.records import EngineFacts, ModelEntry
from fada_tui.runs.engines import engine, ready
from fada_tui.runs.engines import serving as serving_module
from fada_tui.runs.engines.launch import EngineCommand
from fada_tui.runs.engines.ports import HeldPort
from fada_tui.runs.engines.serving import Serving
from fada_tui.runs.events import Warned
from fada_tui.runs.worker_client.client import WorkEvent
from tests.conftest import LONG_ENOUGH
from tests.examples import result, run
from tests.runs.engines.playing import Play

pytestmark = pytest.mark.long

LOAD = Load(
    model=ModelEntry(name="m", source="/model", lora="/lora", longest_edge=512, api_key_env="OTHER"),
    device="cpu",
    trust_remote_code=True,
    allow_pickle=False,
)


class Played(Serving):
    """One whose engine is played, with a LoRA and without."""

    def __init__(self, play: Play) -> None:
        super().__init__("vllm", {}, None, play.folder / "engine.log", LONG_ENOUGH)
        self._played = replace(play.command(), base_name="played", served_name="with-the-lora")

    async def _wanted(self, load: Load) -> EngineCommand:
        command = self._played
        argv = tuple("played" if part == "with-the-lora" else part for part in command.argv)
        return replace(command, argv=argv)


async def told_beside(serving: Serving, work: AsyncGenerator[WorkEvent, None]) -> list[WorkEvent]:
    """All that is told while a work asks the engine, which is up before and ended afterwards."""
    try:
        [event async for event in serving.up(LOAD)]
        async with asyncio.timeout(LONG_ENOUGH):
            return [event async for event in serving.beside(work)]
    finally:
        await serving.end()


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path / "play")


async def test_a_lora_that_an_engine_applies_is_asked_for_by_its_name(play: Play) -> None:
    serving = Played(play)
    try:
        told = [event async for event in serving.up(LOAD)]
        asked = serving.asked()
        (pid,) = play.pids()
        assert [event async for event in serving.up(LOAD)] == [], "it is up already"
    finally:
        await serving.end()
    assert told
    assert asked.model.source.endswith("/v1#with-the-lora")
    assert (asked.model.longest_edge, asked.model.lora, asked.model.api_key_env) == (512, None, None)
    assert not asked.trust_remote_code
    assert asked.headers.keys() == {"Authorization"}
    assert play.pids() == [pid]
    assert not play.left


@pytest.mark.parametrize(
    ("lora", "reason"), [("dropped", "does not apply it"), ("untold", "gives no log-probabilities")]
)
async def test_a_lora_that_an_engine_drops_ends_it(play: Play, lora: str, reason: str) -> None:
    play.plan(lora=lora)
    serving = Played(play)
    try:
        with pytest.raises(ModelLoadError, match=reason):
            [event async for event in serving.up(LOAD)]
    finally:
        await serving.end()
    assert not play.left


async def test_a_version_is_asked_for_once_and_again_after_an_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(version: str, when: int) -> None:
        program.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho {version}\n")
        program.chmod(0o755)
        os.utime(program, (when, when))

    program = tmp_path / "llama-server"
    monkeypatch.setattr(serving_module, "engine_command", lambda _, version, *__, **___: version)
    settings = {"llama.cpp": EngineSettings(command=(str(program),))}
    versions: list[object] = []
    for version, when in (("1.0", 1), ("1.0", 1), ("2.0", 2)):
        install(version, when)
        serving = Serving("llama.cpp", settings, None, tmp_path / "engine.log", LONG_ENOUGH)
        versions.append(await serving._wanted(LOAD))
    assert versions == ["1.0", "1.0", "2.0"]
    assert (tmp_path / "asked").read_text() == "asked\n" * 2


async def test_another_version_that_goes_on_with_a_run_is_told(play: Play) -> None:
    serving = Played(play)
    try:
        [event async for event in serving.up(LOAD)]
        made = replace(run(), results=(result(),))
        before = EngineFacts(name="vllm", version="0.98", command=("vllm",))
        told = serving.changed(replace(made, engine=before))
        assert told == "the answers so far were made by vllm 0.98, those that follow are made by vllm 0.99.1"
        for same in (UNSET, replace(before, version="0.99.1"), replace(before, command=())):
            assert serving.changed(replace(made, engine=same)) is None
        assert serving.changed(replace(run(), engine=before)) is None, "there are no answers yet"
        assert serving.recorded(made).generation.concurrency == 4
    finally:
        await serving.end()


async def test_another_port_is_tried_where_something_else_listens(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:

        class Taken(HeldPort):
            def __init__(self) -> None:
                super().__init__()
                if not play.pids():
                    self.number = taken.getsockname()[1]

        monkeypatch.setattr(engine, "HeldPort", Taken)
        monkeypatch.setattr(ready, "_PATIENCE", 0.5)
        serving = Played(play)
        try:
            [event async for event in serving.up(LOAD)]
            assert len(play.pids()) == 2
            assert str(taken.getsockname()[1]) not in serving.asked().model.source
        finally:
            await serving.end()
    assert not play.left


async def test_an_engine_that_answers_between_its_ends_is_started_again_each_time(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "FRUITLESS_ENDS", 2)
    monkeypatch.setattr(engine, "TICK_SECONDS", 0.02)
    serving = Played(play)

    async def asked() -> AsyncGenerator[WorkEvent, None]:
        for number in range(1, 3):
            os.kill(play.pids()[-1], signal.SIGKILL)
            while len(play.pids()) == number or not (serving._engine and serving._engine.ready):
                await asyncio.sleep(0.02)
            yield Finished(result=result(), torch_peak_reserved=None)
        yield Idle()

    told = await told_beside(serving, asked())
    assert isinstance(told[-1], Idle)
    assert sum(isinstance(event, Finished) for event in told) == 2
    said = [event.message for event in told if isinstance(event, Warned)]
    assert sum("was killed by SIGKILL" in message for message in said) == 2
    assert not play.left


async def test_an_engine_that_hangs_is_ended_and_started_again(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "HEALTH_SECONDS", 0.05)
    monkeypatch.setattr(engine, "HUNG_SECONDS", 0.3)
    monkeypatch.setattr(engine, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(ready, "_PATIENCE", 0.2)
    monkeypatch.setattr(serving_module, "_engine", partial(engine.Engine, patience=0.1))
    serving = Played(play)
    looks: list[bool] = []
    responds = ready.responds

    async def looked(*where: Any) -> bool:
        looks.append(await responds(*where))
        return looks[-1]

    monkeypatch.setattr(engine, "responds", looked)

    async def asked() -> AsyncGenerator[WorkEvent, None]:
        while True not in looks:
            await asyncio.sleep(0.02)
        os.kill(play.pids()[-1], signal.SIGSTOP)
        while len(play.pids()) == 1 or not (serving._engine and serving._engine.ready):
            await asyncio.sleep(0.02)
        monkeypatch.setattr(engine, "HUNG_SECONDS", LONG_ENOUGH)
        yield Idle()

    told = await told_beside(serving, asked())
    said = [event.message for event in told if isinstance(event, Warned)]
    assert said[0] == "the engine did not respond for 0.3 s, so it was ended; it is started again"
    assert not play.left


async def test_an_engine_whose_log_cannot_be_written_any_more_ends_the_work(
    play: Play, tmp_path: Path
) -> None:
    async def asked() -> AsyncGenerator[WorkEvent, None]:
        await asyncio.Event().wait()
        yield Idle()

    serving = Played(play)
    serving._log = tmp_path / "run" / "engine.log"
    serving._log.parent.mkdir()
    try:
        [event async for event in serving.up(LOAD)]
        shutil.rmtree(serving._log.parent)
        os.kill(play.pids()[0], signal.SIGKILL)
        async with asyncio.timeout(LONG_ENOUGH):
            with pytest.raises(StoreError, match=r"cannot write .*engine\.log"):
                [event async for event in serving.beside(asked())]
    finally:
        await serving.end()
    assert not play.left
