"""What OpenCLIP itself says of random models: `openclip.json`, and the models and images it is about.

Written by OpenCLIP 3.3.0 with torch 2.14.1, torchvision 0.29.1 and timm 1.0.31, which the program does not
need, in an environment of their own:

    pip install torch==2.14.1 torchvision==0.29.1 open_clip_torch==3.3.0 && python tests/golden/openclip.py

`probabilities` below calls OpenCLIP's own tokenizer, transforms and model, in the order of FetalCLIP's
published evaluation. All that comes before it is numpy and plain Python, so that a test makes the same
weights, words and pixels again without OpenCLIP.
"""

import gzip
import json
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FILE = Path(__file__).with_suffix(".json")
SEED = 117

SMALL = {
    "embed_dim": 48,
    "vision_cfg": {"image_size": 56, "layers": 3, "width": 128, "patch_size": 14},
    "text_cfg": {"context_length": 117, "vocab_size": 700, "width": 64, "heads": 4, "layers": 2},
}
"""FetalCLIP's structure in small: other widths, 117 tokens of text, plain GELU."""
QUICK = SMALL | {
    "quick_gelu": True,
    "vision_cfg": SMALL["vision_cfg"] | {"head_width": 32, "mlp_ratio": 2.0},
    "custom_text": True,
}
FULL = {
    "embed_dim": 768,
    "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
    "text_cfg": {"context_length": 117, "vocab_size": 49408, "width": 768, "heads": 12, "layers": 12},
}
"""FetalCLIP's own configuration."""
PREPROCESSING = {
    "published": {},
    "squash": {
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.4, 0.3],
        "interpolation": "bilinear",
        "resize_mode": "squash",
    },
}
CASES = {
    "small": (SMALL, "published"),
    "quick": (QUICK, "squash"),
    "full": (FULL, "published"),
}

CLASSES = {
    "head": ["Ultrasound of the fetal head", "the skull, cut across; its circumference is measured"],
    "femur": ["ultrasound of the fetal femur", "one bright, straight bone", "the baby's   thigh"],
    "cervix": ["The mother's cervix", "a very long text " + "about the canal and its two ends " * 30],
    "heart": ["four chambers of the fetal heart (4CH), 20 weeks"],
}

SIZES = ((301, 224), (224, 301), (56, 61), (400, 400), (31, 90))
"""Width and height; some leave an odd number of pixels to crop."""


def images() -> list[Image.Image]:
    """Smooth noise, each another."""
    made = []
    for number, (width, height) in enumerate(SIZES):
        coarse = np.random.default_rng(SEED + number).integers(0, 256, (7, 9, 3), dtype=np.uint8)
        made.append(Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR))
    return made


def tensors(model: dict[str, Any]) -> dict[str, np.ndarray]:
    """A model's weights under OpenCLIP's names, float32."""
    vision = {"mlp_ratio": 4.0, **model["vision_cfg"]}
    text = {"mlp_ratio": 4.0, **model["text_cfg"]}
    width, patch, embed = vision["width"], vision["patch_size"], model["embed_dim"]
    shapes: dict[str, tuple[int, ...]] = {
        "visual.class_embedding": (width,),
        "visual.positional_embedding": ((vision["image_size"] // patch) ** 2 + 1, width),
        "visual.conv1.weight": (width, 3, patch, patch),
        "visual.proj": (width, embed),
        "token_embedding.weight": (text["vocab_size"], text["width"]),
        "positional_embedding": (text["context_length"], text["width"]),
        "text_projection": (text["width"], embed),
    }
    norms = {"visual.ln_pre": width, "visual.ln_post": width, "ln_final": text["width"]}
    for tower, prefix in ((vision, "visual."), (text, "")):
        size, inner = tower["width"], int(tower["width"] * tower["mlp_ratio"])
        for number in range(tower["layers"]):
            block = f"{prefix}transformer.resblocks.{number}"
            shapes |= {
                f"{block}.attn.in_proj_weight": (3 * size, size),
                f"{block}.attn.in_proj_bias": (3 * size,),
                f"{block}.attn.out_proj.weight": (size, size),
                f"{block}.attn.out_proj.bias": (size,),
                f"{block}.mlp.c_fc.weight": (inner, size),
                f"{block}.mlp.c_fc.bias": (inner,),
                f"{block}.mlp.c_proj.weight": (size, inner),
                f"{block}.mlp.c_proj.bias": (size,),
            }
            norms |= {f"{block}.ln_1": size, f"{block}.ln_2": size}
    random = np.random.default_rng(SEED)
    made = {
        name: random.standard_normal(shape, dtype=np.float32)
        * np.float32(0.3 if len(shape) == 1 or "embedding" in name else np.prod(shape[1:]) ** -0.5)
        for name, shape in shapes.items()
    }
    for name, size in norms.items():
        made[f"{name}.weight"] = 1 + random.standard_normal(size, dtype=np.float32) * np.float32(0.2)
        made[f"{name}.bias"] = random.standard_normal(size, dtype=np.float32) * np.float32(0.2)
    made["logit_scale"] = np.array(np.log(100.0), dtype=np.float32)
    if model.get("custom_text"):
        made = {
            name if name.startswith("visual.") or name == "logit_scale" else f"text.{name}": array
            for name, array in made.items()
        }
    return made


def alphabet() -> list[str]:
    """The characters that stand for the 256 bytes, in the order of CLIP's vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [*map(chr, printable), *(chr(256 + number) for number in range(256 - len(printable)))]


def merges(count: int = 150) -> list[tuple[str, str]]:
    """Byte-pair merges learnt from the classes' prompts."""
    words = Counter(
        "".join(character for character in word if character.isalpha())
        for prompts in CLASSES.values()
        for prompt in prompts
        for word in prompt.lower().split()
    )
    split = {word: (*word[:-1], word[-1] + "</w>") for word in words if word}
    learnt: list[tuple[str, str]] = []
    while len(learnt) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in pairwise(parts):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        learnt.append(best)
        split = {word: _merged(parts, best) for word, parts in split.items()}
    return learnt


def _merged(parts: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    made: list[str] = []
    for part in parts:
        if made and (made[-1], part) == pair:
            made[-1] += part
        else:
            made.append(part)
    return tuple(made)


def save_tokenizer(folder: Path) -> None:
    """Write the words in the form of CLIP's tokenizer: `vocab.json` and `merges.txt`."""
    pairs = merges()
    letters = alphabet()
    words = [*letters, *(letter + "</w>" for letter in letters), *(a + b for a, b in pairs)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in pairs)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")


def squared(image: Image.Image) -> Image.Image:
    """An image in the middle of a black square, as FetalCLIP's evaluation does it."""
    side = max(image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def probabilities(model: dict[str, Any], preprocessing: dict[str, Any], *, pad: bool) -> list[list[float]]:
    """What OpenCLIP says: a row for each image, a column for each class."""
    import torch
    from open_clip import CLIP, CustomTextCLIP
    from open_clip.tokenizer import SimpleTokenizer
    from open_clip.transform import PreprocessCfg, image_transform_v2

    settings = {key: value for key, value in model.items() if key != "custom_text"}
    made = (CustomTextCLIP if model.get("custom_text") else CLIP)(**settings)
    made.load_state_dict({name: torch.from_numpy(array) for name, array in tensors(model).items()})
    made.eval()
    size = model["vision_cfg"]["image_size"]
    transform = image_transform_v2(PreprocessCfg(**{"size": size} | preprocessing), is_train=False)
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words.txt.gz"
        lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges())]
        words.write_bytes(gzip.compress("\n".join(lines).encode()))
        tokenizer = SimpleTokenizer(str(words), context_length=model["text_cfg"]["context_length"])
    with torch.no_grad():
        classes = []
        for prompts in CLASSES.values():
            texts = made.encode_text(tokenizer(prompts), normalize=True).mean(dim=0, keepdim=True)
            classes.append(texts / texts.norm(dim=-1, keepdim=True))
        rows = []
        for image in images():
            pixels = transform(squared(image) if pad else image)[None]
            features = made.encode_image(pixels, normalize=True)
            rows += (100.0 * features @ torch.cat(classes).T).softmax(dim=-1).tolist()
    return rows


def main() -> None:
    """Write the file."""
    import open_clip
    import torch

    made = {
        name: {
            "padded" if pad else "cropped": probabilities(model, PREPROCESSING[preprocessing], pad=pad)
            for pad in (False, True)
        }
        for name, (model, preprocessing) in CASES.items()
    }
    document = {"open_clip": open_clip.__version__, "torch": torch.__version__, "seed": SEED, "cases": made}
    FILE.write_text(json.dumps(document, indent=1) + "\n")
    sys.stderr.write(f"{FILE}\n")


if __name__ == "__main__":
    main()
