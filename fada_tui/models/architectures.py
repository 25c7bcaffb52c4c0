"""Special architectures named in `config.json`: parts of a larger model, unsupported, or ported."""

from fada_tui.models.documents import Document

WRITERS = {
    "Qwen2_5OmniModel": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen2_5OmniForConditionalGeneration": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen3OmniMoeForConditionalGeneration": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
"""Of models that speak, too: the part that sees and writes, which reads its weights out of the whole's."""

UNREAD = ("talker.", "token2wav.", "code2wav.")
"""Prefixes of a speaking model's weights that the part of `WRITERS` does not read."""

UNSUPPORTED = {
    "EvollaForProteinText2Text": "it answers about proteins, not images; choose another model",
    "InstructBlipVideoForConditionalGeneration": "it takes videos; choose an InstructBLIP checkpoint",
    "Mistral4ForCausalLM": (
        "it reads text alone; choose a checkpoint with a vision tower, whose config.json names "
        "Mistral3ForConditionalGeneration"
    ),
    "PI0ForConditionalGeneration": "it steers robots and writes no text; choose another model",
    "shieldgemma2": "it judges images by policies and answers no questions; choose a Gemma 3 checkpoint",
    "UdopForConditionalGeneration": (
        "it wants the words of a page and their places from a text recogniser; choose another model"
    ),
}
"""Reason and remedy by architecture, or by model type where the architecture is ambiguous."""

PORTS = {
    "multi_modality": "use deepseek-community/deepseek-vl-1.3b-chat or deepseek-community/Janus-Pro-1B",
    "llava_llama": "use a checkpoint of llava-hf, such as llava-hf/llava-1.5-7b-hf",
    "llava_mistral": "use a checkpoint of llava-hf, such as llava-hf/llava-v1.6-mistral-7b-hf",
    "internvl_chat": "use its -hf port, such as OpenGVLab/InternVL3-1B-hf",
    "florence2": "use a checkpoint of florence-community, such as florence-community/Florence-2-base",
}
"""By model type, the same weights converted to a form that transformers supports itself."""


def port(config: Document) -> str | None:
    """Return the replacement for a checkpoint that transformers does not support itself.

    Args:
        config: as `config.json` holds it.
    """
    return PORTS.get(str(config.get("model_type")))
