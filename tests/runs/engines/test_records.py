"""What is made of the record of a run that an engine answered: pages, comparisons, verifying."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.config.engines import EngineSettings
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Hello
from fada_tui.core.records import EngineFacts, Environment, Run
from fada_tui.models.endpoint import is_served
from fada_tui.models.registry import load_registry
from fada_tui.report.command import reproducing_command, verifying_command
from fada_tui.report.figures import figures
from fada_tui.report.identity import differing, setting_text
from fada_tui.report.technical import files, technical_notes
from fada_tui.runs.consent import NOTHING
from fada_tui.runs.detached.orders import from_bytes, orders_of, to_bytes
from fada_tui.runs.engines.serving import check_here
from fada_tui.runs.server_settings import check_extra
from fada_tui.runs.verify import describe, rebuild
from fada_tui.runs.verify.compare import Verified
from tests.examples import result, run

VLLM = EngineFacts(
    name="vllm", version="0.32", command=("/opt/my vllm/vllm", "serve", "org/model", "--port", "{port}")
)


def answered(engine: EngineFacts = VLLM, **model: object) -> Run:
    recorded = run()
    generation = replace(recorded.generation, max_new_tokens=9, concurrency=16, image_format="png")
    facts = replace(recorded.model, served="model", adapter=None, **model)
    where = Environment(python="3")
    return replace(recorded, engine=engine, generation=generation, model=facts, environment=where)


def test_the_page_names_engine_version_and_command() -> None:
    recorded = answered()
    page = "\n".join(technical_notes(recorded, figures(recorded)))
    assert "- **Engine**: vllm 0.32, started for the run, up to 16 requests at once" in page
    assert "'/opt/my vllm/vllm' serve org/model --port '{port}'" in page
    assert "Served by" not in page
    assert any("engine.log" in line for line in files(recorded, details=False))
    command = reproducing_command(recorded, "tiny") or ""
    assert "--engine vllm" in command
    assert "--batch-size" not in command
    assert verifying_command(recorded) is None


def test_one_model_by_two_engines_is_two_in_comparisons() -> None:
    others = (run(), answered(), answered(EngineFacts(name="vllm", version="0.33")))
    assert "engine" in differing(others[1:])
    assert [setting_text(one, "engine") for one in others[1:]] == ["vllm 0.32", "vllm 0.33"]
    assert is_served(others[1]) and not is_served(others[0])


def test_precisions_of_gguf_files_are_nobody_s_to_ask_for() -> None:
    registry = load_registry(Path("no models.toml"))
    recorded = answered(EngineFacts(name="llama.cpp"), dtype="Q4_K_M")
    assert rebuild.entry_of(recorded, registry).dtype == "auto"
    assert "--dtype" not in (reproducing_command(recorded, "tiny") or "")
    assert rebuild.entry_of(answered(dtype="float16"), registry).dtype == "float16"


def test_a_run_s_file_names_no_program_and_no_fields_of_requests(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"answered by frobnicator, which this version does not know"):
        check_here(answered(EngineFacts(name="frobnicator")), {})
    check_here(run(), {})
    foreign = answered()
    foreign = replace(foreign, generation=replace(foreign.generation, extra={"send_to": "elsewhere"}))
    with pytest.raises(UsageError, match="further fields of requests"):
        check_extra(foreign, {})
    with pytest.raises(UsageError, match="leave out --server"):
        rebuild.check(answered(), server=True)


def test_who_is_left_running_is_told_of_one_s_own_engines() -> None:
    own = {"vllm": EngineSettings(command=("/opt/vllm/bin/vllm",), arguments=("--swap-space", "1"))}
    orders = orders_of(Settings(engines=own), NOTHING)
    assert from_bytes(to_bytes(orders)).engines == own


def test_another_version_may_explain_a_difference() -> None:
    hello = Hello(protocol=0, pid=1, torch=None, transformers=None, cuda=None)
    recorded = answered()
    found = [Verified(recorded=result(), outcome="different")]

    def hints(engine: EngineFacts) -> list[str]:
        return describe.hints(recorded, found, hello, recorded.model, engine)

    told, may = hints(replace(VLLM, version="0.33"))
    assert told == "the run was made with vllm 0.32, now vllm 0.33"
    assert "another command" in hints(replace(VLLM, command=("vllm",)))[0]
    assert hints(VLLM) == [may]
