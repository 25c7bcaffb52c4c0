"""PP-Chart2Table: GOT-OCR's class, whose chat template asks for a table whatever is asked."""

from pathlib import Path

from transformers import GotOcr2ForConditionalGeneration, PPChart2TableConfig, PPChart2TableProcessor
from transformers.models.pp_chart2table import PPChart2TableImageProcessorPil

from tests.conformance.families.got_ocr2 import SPECIAL, config
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise, tokenizer

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n<img>"
    + "<imgpad>" * 256
    + "</img>\nChart to table<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build(folder: Path) -> None:
    """The template writes an image's 256 tokens itself."""
    words = tokenizer(SPECIAL)
    settings = config(words, PPChart2TableConfig)
    randomise(GotOcr2ForConditionalGeneration(settings), words).save_pretrained(folder)
    images = PPChart2TableImageProcessorPil()
    PPChart2TableProcessor(images, words, chat_template=TEMPLATE).save_pretrained(folder)


FAMILY = Family(
    model_type="pp_chart2table",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=256,
    takes_questions=False,
    checkpoint="PaddlePaddle/PP-Chart2Table_safetensors",
)
