"""Chat templates as checkpoints have them: with and without a system prompt's place, and the image's."""

from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Finished, Item, Load, Work
from fada_tui.core.records import Generation, ModelEntry, Result
from fada_tui.worker.loading.load import load
from tests.conformance.test_families import FAMILIES
from tests.conftest import write_image
from tests.doing import work

SYSTEM = "You are a sonographer.\nAnswer in one line."
ANSWERS_TO = "{{ 'Assistant:' if add_generation_prompt }}"
USER = (
    "{% for part in messages[-1].content %}"
    "{{ '<image_placeholder>' if part.type == 'image' else part.text }}{% endfor %}" + ANSWERS_TO
)
IN_PARTS = (
    "{% if messages[0].role == 'system' %}{% for part in messages[0].content %}"
    "[{{ part.text | trim }}]{% endfor %}{% endif %}" + USER
)
AS_TEXT = "{% if messages[0].role == 'system' %}{{ '[' + messages[0].content + ']' }}{% endif %}" + USER
AS_WRITTEN = "{% if messages[0].role == 'system' %}[{{ messages[0].content }}]{% endif %}" + USER
REFUSES = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + USER
)
WORDS_ALONE = (
    "{% for part in messages[-1].content %}{{ part.text if part.type == 'text' }}{% endfor %}" + ANSWERS_TO
)
TEXT_MODEL = "[INST] {{ messages[-1].content }} [/INST]"


def answer(folder: Path, template: str, tmp_path: Path, system_prompt: str | None = None) -> Result:
    """Put a template into a checkpoint and ask it about an image.

    It is asked by the adapter that the model list may name, whatever is thought of the template.
    """
    (folder / "chat_template.jinja").write_text(template)
    entry = ModelEntry(name=folder.name, source=str(folder), adapter="chat")
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    loaded, _ = load(command, lambda _: None)
    write_image(tmp_path / "A" / "A.png")
    item = Item(image="A.png", category="A", path="A/A.png", question_id="q", question="What is shown?")
    how = Generation(max_new_tokens=4, do_sample=False, batch_size=1, system_prompt=system_prompt)
    events = work(
        loaded, Work(root=str(tmp_path), journal=str(tmp_path / "j"), generation=how, items=(item,))
    )
    (result,) = [event.result for event in events if isinstance(event, Finished)]
    return result


@pytest.fixture
def deepseek(tmp_path: Path) -> Path:
    """A DeepSeek-VL."""
    FAMILIES["deepseek_vl"].build(tmp_path / "deepseek_vl")
    return tmp_path / "deepseek_vl"


@pytest.mark.parametrize("template", [IN_PARTS, AS_TEXT, AS_WRITTEN])
def test_a_system_prompt_is_rendered_in_the_form_that_the_template_wants(
    template: str, deepseek: Path, tmp_path: Path
) -> None:
    result = answer(deepseek, template, tmp_path, f"{SYSTEM}\n")
    assert result.error is None
    assert result.prompt is not None
    begun, _, rest = result.prompt.partition("]")
    assert begun.removesuffix("\n") == f"[{SYSTEM}"
    assert rest == "<image_placeholder>What is shown?Assistant:"


@pytest.mark.parametrize(
    ("template", "words"),
    [(USER, "drops the system prompt"), (REFUSES, "refuses a system prompt (System role not supported)")],
)
def test_a_template_without_a_place_for_a_system_prompt_is_an_error_in_one_line(
    template: str, words: str, deepseek: Path, tmp_path: Path
) -> None:
    result = answer(deepseek, template, tmp_path, SYSTEM)
    assert result.error is not None
    assert result.error.kind == ErrorKind.PROMPT
    assert words in result.error.message and "leave --system-prompt out" in result.error.message
    assert "\n" not in result.error.message
    assert answer(deepseek, template, tmp_path).error is None


@pytest.mark.parametrize("name", ["aya_vision", "deepseek_vl", "gemma3", "idefics2", "idefics3", "llava"])
@pytest.mark.parametrize("template", [WORDS_ALONE, TEXT_MODEL])
def test_an_image_without_a_place_in_the_template_is_never_answered(
    name: str, template: str, tmp_path: Path
) -> None:
    FAMILIES[name].build(tmp_path / name)
    with pytest.raises(ModelLoadError, match="blindly") as caught:
        answer(tmp_path / name, template, tmp_path)
    assert caught.value.kind == ErrorKind.IMAGE_IGNORED
    assert "\n" not in str(caught.value)
