"""What servers of all kinds say of their models, read: pure."""

import json

import pytest

from fada_tui.core.protocol import ServedModel
from fada_tui.core.records import ServerFacts
from fada_tui.worker.remote.served_models import facts_of, models_of, program_of, version_of

LLAMA_CPP = """{"models":
 [{"name": "m.gguf", "model": "m.gguf", "capabilities": ["completion", "multimodal"]}],
 "object": "list", "data": [{"id": "m.gguf", "object": "model", "owned_by": "llamacpp",
 "meta": {"vocab_type": 2, "n_vocab": 9, "n_ctx_train": 4096, "n_embd": 8, "size": 1}}]}"""
OPENROUTER = """{"data": [{"id": "a/b", "name": "A: B", "context_length": 131072, "architecture":
 {"modality": "text+image->text", "input_modalities": ["text", "image"], "output_modalities": ["text"]}}]}"""
LM_STUDIO = """{"object": "list", "data": [
 {"id": "qwen2-vl", "type": "vlm", "publisher": "x", "state": "loaded", "max_context_length": 32768,
  "loaded_context_length": 4096},
 {"id": "granite", "type": "llm", "max_context_length": 131072}]}"""
LITELLM = """{"data": [{"model_name": "gpt-x", "litellm_params": {"model": "openai/gpt-x"},
 "model_info": {"id": "7f", "supports_vision": true, "max_input_tokens": 128000, "max_tokens": 16384}}]}"""
MISTRAL = """{"object": "list", "data": [{"id": "pixtral", "max_context_length": 128000,
 "capabilities": {"completion_chat": true, "vision": true}}]}"""
OLLAMA = """{"details": {"family": "mllama"}, "capabilities": ["completion", "vision"],
 "model_info": {"general.architecture": "mllama", "mllama.context_length": 131072}}"""


def model(name: str, images: bool | None = None, context: int | None = None) -> ServedModel:
    return ServedModel(name=name, images=images, context=context)


@pytest.mark.parametrize(
    ("said", "models"),
    [
        (LLAMA_CPP, (model("m.gguf", True, 4096),)),
        (OPENROUTER, (model("a/b", True, 131072),)),
        (LM_STUDIO, (model("qwen2-vl", True, 4096), model("granite", False, 131072))),
        (LITELLM, (model("gpt-x", True, 128000),)),
        (MISTRAL, (model("pixtral", True, 128000),)),
        ('{"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 4096}]}', (model("m", None, 4096),)),
        ('["a", "b", "a"]', (model("a"), model("b"))),
        ('{"data": null}', ()),
        ("[]", ()),
        ('{"data": [{"id": "m", "max_model_len": true, "n_ctx": "9", "type": ["vlm"]}]}', (model("m"),)),
        ('{"data": [{"id": "m", "max_model_len": -1, "modalities": [1], "meta": 7}]}', (model("m"),)),
    ],
)  # fmt: skip
def test_lists_of_each_program(said: str, models: tuple[ServedModel, ...]) -> None:
    assert models_of(json.loads(said)) == models


@pytest.mark.parametrize(
    "said", ["7", "null", '"m"', "{}", '{"error": "no"}', '{"data": 7}', '[{"x": 1}]', "[[]]"]
)
def test_what_is_no_list(said: str) -> None:
    assert models_of(json.loads(said)) is None


def test_what_is_said_of_one_model() -> None:
    assert facts_of("m", json.loads(OLLAMA)) == model("m", True, 131072)
    props = {"default_generation_settings": {"n_ctx": 8192}, "modalities": {"vision": False, "audio": False}}
    assert facts_of("m", props) == model("m", False, 8192)
    assert facts_of("m", None) == model("m")


def test_the_program_that_serves() -> None:
    def owned(*owners: object) -> dict[str, object]:
        return {"data": [{"id": f"m{number}", "owned_by": owner} for number, owner in enumerate(owners)]}

    assert program_of(owned("vllm", "vllm"), {}) == ServerFacts(name="vLLM")
    for nobody in (owned("openai"), owned("vllm", "sglang"), owned(["vllm"]), owned(), [], None):
        assert program_of(nobody, {}) == ServerFacts()
    assert program_of(owned(), {"server": "llama.cpp"}).name == "llama.cpp"
    assert version_of({"version": " 0.6 "}) == "0.6"
    assert version_of({"build_info": "b1"}) == "b1"
    assert version_of({"version": 6}) is version_of([]) is None
