"""What is sent where a family's checkpoints differ among themselves, or take no free question."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont
from safetensors.torch import load_file, save_file

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker.loading.load import load
from tests.conformance.asking import ask_alone, asked
from tests.conformance.families import (
    blip_2,
    donut,
    florence2,
    got_ocr2,
    idefics,
    pix2struct,
    vision_encoder_decoder,
)
from tests.conftest import Program, run_folders
from tests.conftest import load as load_run

QUESTION = "What is shown?"
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))


def ask(folder: Path, question: str = QUESTION) -> tuple[str, list[int], int | None]:
    """Return the prompt that was sent, the answer's tokens, and how many tokens stood for the image."""
    entry = ModelEntry(name="model", source=str(folder))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    loaded, _ = load(command, lambda _: None)
    prompts: list[str] = []
    answer = ask_alone(loaded, asked(NOISE, question, on_prompt=prompts.append, tokens=8))
    assert answer is not None
    return prompts[0], list(answer.token_ids), answer.tokens.image


@pytest.mark.parametrize(
    ("build", "question", "prompt"),
    [
        (blip_2.build, QUESTION, f"Question: {QUESTION} Answer:"),
        (florence2.build, QUESTION, "<MORE_DETAILED_CAPTION>"),
        (florence2.build, "<OCR>", "<OCR>"),
        (florence2.build, "<OPEN_VOCABULARY_DETECTION>a heart", "<OPEN_VOCABULARY_DETECTION>a heart"),
        (donut.build, QUESTION, f"<s_docvqa><s_question>{QUESTION}</s_question><s_answer>"),
        (vision_encoder_decoder.build, QUESTION, ""),
        (pix2struct.build, QUESTION, ""),
    ],
)
def test_the_result_names_what_was_sent(
    build: Callable[[Path], None], question: str, prompt: str, tmp_path: Path
) -> None:
    build(tmp_path / "model")
    assert ask(tmp_path / "model", question)[0] == prompt


def test_a_reader_of_pages_is_sent_no_question(tmp_path: Path) -> None:
    got_ocr2.build(tmp_path / "model")
    prompt, _, _ = ask(tmp_path / "model")
    assert "OCR:" in prompt and QUESTION not in prompt
    assert prompt.count("<imgpad>") == 1


def test_idefics_ends_with_the_utterance(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    idefics.build(folder)
    _, whole, _ = ask(folder)
    end = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]["<end_of_utterance>"]
    weights = load_file(folder / "model.safetensors")
    head = weights["lm_head.weight"]
    head[[whole[3], end]] = head[[end, whole[3]]]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    _, cut, _ = ask(folder)
    assert cut == [*whole[: whole.index(whole[3])], end]


def test_a_florence_task_with_words_that_it_cannot_have(tmp_path: Path) -> None:
    florence2.build(tmp_path / "model")
    with pytest.raises(ValueError, match="<OCR> should be the only content"):
        ask(tmp_path / "model", "<OCR> please")


def test_blip_2_whose_files_do_not_say_how_an_image_is_put_into_a_prompt(tmp_path: Path) -> None:
    new = tmp_path / "new"
    blip_2.build(new)
    expected = ask(new)
    assert expected[2] == blip_2.QUERIES
    old = shutil.copytree(new, tmp_path / "old")
    for name, key in (("processor_config.json", "num_query_tokens"), ("config.json", "image_token_index")):
        settings = json.loads((old / name).read_text())
        del settings[key]
        (old / name).write_text(json.dumps(settings))
    assert ask(old) == expected


PLAIN = """
import sys
from PIL import Image
from transformers import AutoProcessor, Pix2StructForConditionalGeneration

folder, image, question = sys.argv[1:]
processor = AutoProcessor.from_pretrained(folder)
model = Pix2StructForConditionalGeneration.from_pretrained(folder)
inputs = processor(images=Image.open(image), text=question, return_tensors="pt")
generated = model.generate(**inputs, max_new_tokens=8, do_sample=False)
print(processor.decode(generated[0], skip_special_tokens=True).strip().encode().hex())
"""


@pytest.mark.slow
def test_pix2struct_draws_questions_in_a_font_of_the_hub(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    pix2struct.save(folder, is_vqa=True)
    NOISE.save(tmp_path / "A_001.png")
    options = (
        "--model", folder, "--images", tmp_path, "--limit", "1", "--max-new-tokens", "8",
        "--question", QUESTION, "--question", "Which plane?",
    )  # fmt: skip
    done, _ = program.batch(*options)
    assert done.returncode == 3
    assert "draws questions in the font Arial.TTF of ybelkada/fonts" in done.stderr

    program.env["HF_HOME"] = str(tmp_path / "hub")
    fonts = tmp_path / "hub" / "hub" / "models--ybelkada--fonts"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (fonts / "snapshots" / commit).mkdir(parents=True)
    (fonts / "refs").mkdir()
    (fonts / "refs" / "main").write_text(commit)
    (fonts / "snapshots" / commit / "Arial.TTF").write_bytes(ImageFont.load_default(36).font_bytes)
    done, _ = program.batch(*options)
    assert done.returncode == 0, done.stderr
    results = load_run(run_folders(program.cwd)[-1])["results"]
    assert [result["prompt"] for result in results] == [QUESTION, "Which plane?"]
    assert results[0]["response"] != results[1]["response"]
    plain = subprocess.run(
        [sys.executable, "-c", PLAIN, folder, tmp_path / "A_001.png", QUESTION],
        env={**os.environ, **program.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert bytes.fromhex(plain.stdout).decode() == results[0]["response"]
