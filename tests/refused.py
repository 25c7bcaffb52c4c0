"""Checkpoints that cannot be loaded or asked, each in its own way: real files, made wrong."""

import json
import shutil
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import (
    BertTokenizerFast,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipForQuestionAnswering,
    BlipProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.blip import BlipImageProcessorPil

from tests.checkpoints import CORPUS
from training.train import build_tokenizer

Damage = Callable[[Path], None]


def damaged(good: Path, folder: Path, damage: Damage) -> Path:
    """Copy a checkpoint and do this to it."""
    shutil.copytree(good, folder)
    damage(folder)
    return folder


def change(file: Path, **values: Any) -> None:
    """Set keys of a JSON file."""
    read = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(read | values))


def holes(file: Path, tensors: Mapping[str, tuple[int, ...]], dtype: str = "F32") -> None:
    """Write a safetensors file whose weights take no room on the disk."""
    each = {"F32": 4, "BF16": 2, "F16": 2}[dtype]
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensors.items():
        size = each
        for length in shape:
            size *= length
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    data = json.dumps(header).encode()
    data += b" " * (-len(data) % 8)
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(data)) + data)
        stream.truncate(8 + len(data) + end)


def unknown_type(folder: Path) -> None:
    change(folder / "config.json", model_type="llava_llama", architectures=["LlavaLlamaForCausalLM"])


def unprompted_class(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"architectures": ["BertModel"], "model_type": "bert"}))


def own_code(folder: Path) -> None:
    config = {"architectures": ["Own"], "model_type": "own", "auto_map": {"AutoConfig": "configuration.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "configuration.py").write_text("raise SystemExit('this code must not run')\n")


def too_large(folder: Path) -> None:
    holes(folder / "model.safetensors", {"w": (1 << 40,)})


def for_a_large_machine(folder: Path) -> None:
    """Give the model a vocabulary whose two matrices take 4 GB, over a file of holes."""
    words = 8_000_000
    with safe_open(folder / "model.safetensors", "pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    wide = ("lm_head.weight", "model.text_model.embed_tokens.weight")
    holes(
        folder / "model.safetensors",
        {name: (words, *shape[1:]) if name in wide else shape for name, shape in shapes.items()},
    )
    text = json.loads((folder / "config.json").read_text())["text_config"]
    change(folder / "config.json", text_config=text | {"vocab_size": words})


def of_qwen(folder: Path) -> None:
    config = {"architectures": ["Qwen2VLForConditionalGeneration"], "model_type": "qwen2_vl"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "processor_config.json").write_text(json.dumps({"processor_class": "Qwen2VLProcessor"}))
    images = {"image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2VLProcessor"}
    (folder / "preprocessor_config.json").write_text(json.dumps(images))


def of_another_class(folder: Path) -> None:
    """A class that transformers has, of a type that it lists: it reads the image and writes nothing."""
    change(folder / "config.json", architectures=["Idefics3Model"])


def with_a_class_of_its_own(folder: Path) -> None:
    """A type that transformers knows, with a class that neither it nor a type's listing has."""
    config = {"architectures": ["Own"], "model_type": "bert", "auto_map": {"AutoModel": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))


def of_a_timm_tower(folder: Path) -> None:
    config = {"architectures": ["FastVlmForConditionalGeneration"], "model_type": "fast_vlm"}
    config |= {"vision_config": {"model_type": "timm_wrapper"}}
    (folder / "config.json").write_text(json.dumps(config))


def without_processor(folder: Path) -> None:
    (folder / "processor_config.json").unlink()


def without_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def as_pickle(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def failing_generation(folder: Path) -> None:
    """A word to avoid that the vocabulary does not have, which `generate` finds out."""
    change(folder / "generation_config.json", bad_words_ids=[[10**6]])


def refused_generation(folder: Path) -> None:
    """A token that is forced and suppressed."""
    change(folder / "generation_config.json", forced_eos_token_id=5, suppress_tokens=[5])


def save_blip(folder: Path, *, built: type[Any], named: str) -> Path:
    """Save a small BLIP of one class under another's name."""
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BlipConfig(
        text_config={**small, "vocab_size": 100, "encoder_hidden_size": 32},
        vision_config={**small, "image_size": 32, "patch_size": 16},
    )
    built(config).save_pretrained(folder)
    words = folder / "vocab.txt"
    words.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]))
    size = {"height": 32, "width": 32}
    BlipProcessor(BlipImageProcessorPil(size=size), BertTokenizerFast(str(words))).save_pretrained(folder)
    change(folder / "config.json", architectures=[named])
    return folder


def save_caption_as_vqa(folder: Path) -> Path:
    return save_blip(folder, built=BlipForConditionalGeneration, named=BlipForQuestionAnswering.__name__)


def save_vqa_as_caption(folder: Path) -> Path:
    return save_blip(folder, built=BlipForQuestionAnswering, named=BlipForConditionalGeneration.__name__)


def blind_template(folder: Path) -> None:
    """Leave the image out of the chat template."""
    template = "{% for part in messages[-1]['content'] %}{{ part['text'] }}{% endfor %}"
    (folder / "chat_template.jinja").write_text(template)


def save_blind_blip2(folder: Path) -> Path:
    """Save a BLIP-2 whose configuration takes another token for the image than its processor puts there."""
    words = build_tokenizer(CORPUS)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config={**small, "image_size": 32, "patch_size": 16},
        qformer_config={**small, "encoder_hidden_size": 32, "vocab_size": len(words)},
        text_config={
            "model_type": "opt",
            "hidden_size": 32,
            "ffn_dim": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "vocab_size": len(words),
            "word_embed_proj_dim": 32,
        },
        num_query_tokens=4,
        image_token_index=len(words) - 1,
    )
    Blip2ForConditionalGeneration(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    plain = PreTrainedTokenizerFast(tokenizer_object=words.backend_tokenizer, pad_token=words.pad_token)
    Blip2Processor(BlipImageProcessorPil(size=size), plain, num_query_tokens=4).save_pretrained(folder)
    return folder
