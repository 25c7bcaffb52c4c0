"""CLIP and similar models: an image is compared with texts, and the most similar class is the answer.

Zero-shot classification with prompt ensembles as in Radford et al. 2021, section 3.1.4: a class is the mean
of its prompts' unit vectors, made a unit vector again; its probability is the softmax, over the classes, of
the cosine between image and class times the model's own scale.

SigLIP was trained with a sigmoid for each pair and a bias (Zhai et al. 2023): its own probabilities are those
of single texts, and need not add up to 1. Here an image is of one class among several, so SigLIP is read by
the same softmax, in which the bias falls out; the order of the classes is the same either way.
"""

from typing import Any

import torch
from PIL import Image

from fada_tui.core.records import ClassSet, Ranked
from fada_tui.core.text import percentage
from fada_tui.worker.adapters.prompting import Batch, Prepared, prepared, without_system_prompt


class ContrastiveAdapter:
    """The adapter for models that sort images into classes.

    Args:
        processor: with image processor and tokenizer.
        config: the model's configuration.
        classes: what images may show.
        pad_square: images are padded with black to a square first, so that nothing at their edges is cut off.
    """

    name = "contrastive"
    architectures = (
        "AltCLIPModel",
        "ChineseCLIPModel",
        "CLIPModel",
        "MetaClip2Model",
        "Siglip2Model",
        "SiglipModel",
    )

    def __init__(self, processor: Any, config: Any, classes: ClassSet, *, pad_square: bool) -> None:
        self.processor = processor
        self.config = config
        self._classes = classes
        self._pad_square = pad_square
        self._vectors = torch.empty(0)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Turn the images into pixels. The question is ignored: the prompts are those of the classes."""
        without_system_prompt(system_prompt, "a model that sorts images")
        images = [squared(image) if self._pad_square else image for image, _ in batch]
        inputs = self.processor.image_processor(images=images, return_tensors="pt")
        prompt = f"{len(self._classes.classes)} classes of {self._classes.name}"
        return prepared(inputs, [prompt] * len(images), self.config)

    def rank(self, model: Any, inputs: Any) -> list[tuple[Ranked, ...]]:
        """Return the classes of each image, the likeliest first; their probabilities add up to 1."""
        images = unit(model.get_image_features(**inputs))
        vectors = self._vectors.to(
            images.device
        )  # spread over cards, the two towers may end on different ones
        likely = (images @ vectors.T * scale(model)).softmax(dim=1)
        names = [one.name for one in self._classes.classes]
        return [
            tuple(
                Ranked(label=names[place], probability=row[place])
                for place in sorted(range(len(row)), key=lambda place: -row[place])
            )
            for row in likely.tolist()
        ]

    def say(self, ranking: tuple[Ranked, ...]) -> str:
        """Return a ranking as a sentence that names the first three."""
        first, *others = (f"{one.label} ({percentage(one.probability)})" for one in ranking[:3])
        return f"Most likely {first}, then {' or '.join(others)}."

    def read_classes(self, model: Any) -> None:
        """Compute each class's unit vector, once for all images: shape (classes, width), float32."""
        self._vectors = torch.cat(
            [
                torch.nn.functional.normalize(
                    self._texts(model, one.prompts).mean(dim=0, keepdim=True), dim=1
                )
                for one in self._classes.classes
            ]
        )

    def _texts(self, model: Any, prompts: tuple[str, ...]) -> torch.Tensor:
        # SigLIP was trained on lower case, padded to its full length, without a mask.
        siglip = self.config.model_type.startswith("siglip")
        tokenizer = self.processor.tokenizer
        inputs = tokenizer(
            [prompt.lower() for prompt in prompts] if siglip else list(prompts),
            padding="max_length" if siglip else True,
            max_length=min(tokenizer.model_max_length, self.config.text_config.max_position_embeddings),
            truncation=True,
            return_tensors="pt",
        )
        taken = {"input_ids": inputs["input_ids"].to(model.device)}
        if not siglip:
            taken["attention_mask"] = inputs["attention_mask"].to(model.device)
        return unit(model.get_text_features(**taken))


def scale(model: Any) -> float:
    """Return the factor by which a model multiplies cosines; CLIP's grows to 100 in training."""
    return float(model.logit_scale.detach().float().exp())


def unit(features: Any) -> torch.Tensor:
    """Return a model's features as unit vectors: shape (batch, width), float32."""
    vectors = features if isinstance(features, torch.Tensor) else features.pooler_output
    return torch.nn.functional.normalize(vectors.float(), dim=1)


def squared(image: Image.Image) -> Image.Image:
    """Return an image centred in a black square as wide as its longer side.

    An odd pixel goes to the right or below, as in FetalCLIP's published evaluation
    (https://github.com/BioMedIA-MBZUAI/FetalCLIP, zero_shot_planes_db).
    """
    if image.width == image.height:
        return image
    side = max(image.size)
    square = Image.new(image.mode, (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
