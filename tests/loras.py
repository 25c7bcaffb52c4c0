"""LoRAs for the tests, saved by peft as a training saves them, and the answers of peft's own use of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL.Image import Image
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def save_lora(
    folder: Path, base: Path, *targets: str, model_class: Any = AutoModelForImageTextToText, **options: Any
) -> Path:
    """Save a random LoRA of a checkpoint.

    Args:
        folder: to save it in.
        base: the checkpoint.
        targets: ends of the names of the modules that it changes.
        model_class: loads the checkpoint.
        options: of `LoraConfig`.
    """
    torch.manual_seed(5)
    config = LoraConfig(**{"r": 4, "target_modules": list(targets), "init_lora_weights": False, **options})
    model = get_peft_model(model_class.from_pretrained(base), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.3)
    model.save_pretrained(folder)
    change_config(folder, init_lora_weights=True)
    return folder


def change_config(folder: Path, **settings: Any) -> None:
    """Change settings of a LoRA's configuration."""
    file = folder / CONFIG
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def change_tensors(
    folder: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
) -> None:
    """Change the tensors of a LoRA."""
    save_file(change(load_file(folder / WEIGHTS)), folder / WEIGHTS)


def by_peft(
    base: Path,
    lora: Path | None,
    image: Image,
    question: str,
    tokens: int,
    *,
    form: str | None = None,
    dtype: torch.dtype = torch.float32,
) -> list[int]:
    """Ask as peft's documentation does: load the model, then the LoRA, generate; return the new tokens.

    Args:
        base: the model's checkpoint.
        lora: `None` asks the model alone.
        image: RGB.
        question: about it.
        tokens: to generate at most.
        form: the line that the question is put into; `None` takes the chat template.
        dtype: precision.
    """
    processor = AutoProcessor.from_pretrained(base)
    model = AutoModelForImageTextToText.from_pretrained(base, dtype=dtype)
    if lora is not None:
        model = PeftModel.from_pretrained(model, lora)
    if form is not None:
        inputs = processor(images=image, text=form.format(question), return_tensors="pt")
    else:
        content = [{"type": "image", "image": image}, {"type": "text", "text": question}]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
    generated = model.eval().generate(**inputs.to(dtype), max_new_tokens=tokens, do_sample=False)
    found: list[int] = generated[0, inputs["input_ids"].shape[1] :].tolist()
    return found
