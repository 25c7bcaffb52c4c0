"""How the page says what was put to the model."""

import pytest
from msgspec.structs import replace

from fada_tui.core.records import ModelFacts
from fada_tui.report.summary import render_summary
from tests.examples import result, run


@pytest.mark.parametrize(
    ("adapter", "prompt", "words"),
    [
        ("chat", "User:<image>What is shown?", "As the chat template rendered it for a.png:"),
        ("blip-2", "Question: What is shown? Answer:", "As it was sent for a.png:"),
        ("caption", "", "None: the model was given the image alone, and no question."),
    ],
)
def test_the_prompt_is_said_to_be_what_it_is(adapter: str, prompt: str, words: str) -> None:
    model = ModelFacts(name="tiny", adapter=adapter, image_processor="ThatImageProcessorPil")
    asked = replace(run(status="complete", results=(result(prompt=prompt),)), model=model)
    page = render_summary(asked, (), (), None)
    assert words in page
    assert prompt in page
    assert "- **Image Processor**: ThatImageProcessorPil" in page
