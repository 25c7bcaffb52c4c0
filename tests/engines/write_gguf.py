"""Write the embedded model as llama.cpp wants it: GGUF files of its language model and of its projector.

    python write_gguf.py CHECKPOINT FOLDER

Run by the Python of an environment that has gguf, safetensors and torch; it knows nothing of the program. Its
vocabulary gets two line ends as one token, which llama.cpp puts before every image of this architecture.
"""

import json
import sys
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from safetensors.torch import load_file

LINES = "ĊĊ"
"""Two line ends, as the tokenizer writes them down."""

LANGUAGE = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
VISION = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out",
    "layer_norm1": "ln1",
    "layer_norm2": "ln2",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
}
"""What each layer's parts are called in the checkpoint, and in GGUF."""

Weights = dict[str, "np.ndarray[Any, Any]"]


def main(checkpoint: Path, folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((checkpoint / "config.json").read_text())
    weights = {
        name: tensor.to(torch.float32).numpy()
        for name, tensor in load_file(checkpoint / "model.safetensors").items()
    }
    language(checkpoint, config["text_config"], weights, folder / "model.gguf")
    projector(config, weights, folder / "mmproj-model.gguf")


def language(checkpoint: Path, config: dict[str, Any], weights: Weights, file: Path) -> None:
    """Write the language model with its tokenizer."""
    writer = gguf.GGUFWriter(file, "llama")
    heads = config["num_attention_heads"]
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    twin = tokenizer(checkpoint, config, writer)
    for name, place in (("lm_head", "output"), ("model.text_model.embed_tokens", "token_embd")):
        rows = weights[f"{name}.weight"]
        writer.add_tensor(f"{place}.weight", np.concatenate([rows, rows[twin : twin + 1]]))
    writer.add_tensor("output_norm.weight", weights["model.text_model.norm.weight"])
    for number in range(config["num_hidden_layers"]):
        for part, place in LANGUAGE.items():
            values = weights[f"model.text_model.layers.{number}.{part}.weight"]
            if place in ("attn_q", "attn_k"):
                values = interleaved(values, heads if place == "attn_q" else config["num_key_value_heads"])
            writer.add_tensor(f"blk.{number}.{place}.weight", values)
    save(writer)


def tokenizer(checkpoint: Path, config: dict[str, Any], writer: gguf.GGUFWriter) -> int:
    """Add the tokenizer; return the token whose weights the added one takes."""
    said = json.loads((checkpoint / "tokenizer.json").read_text())
    vocabulary: dict[str, int] = said["model"]["vocab"]
    special = {token["content"]: token["id"] for token in said["added_tokens"]}
    tokens = sorted(vocabulary | special, key=(vocabulary | special).__getitem__)
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in said["model"]["merges"]]
    kinds = [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*tokens, LINES])
    writer.add_token_types([*kinds, gguf.TokenType.NORMAL])
    writer.add_token_merges([*merges, "Ċ Ċ"])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_chat_template((checkpoint / "chat_template.jinja").read_text())
    return vocabulary["Ċ"]


def interleaved(values: "np.ndarray[Any, Any]", heads: int) -> "np.ndarray[Any, Any]":
    """Return rows as llama.cpp turns them: pair by pair, where transformers turns half by half."""
    rows, columns = values.shape
    return values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def projector(config: dict[str, Any], weights: Weights, file: Path) -> None:
    """Write the vision tower and what joins it to the language model."""
    vision = config["vision_config"]
    writer = gguf.GGUFWriter(file, "clip")
    writer.add_type(gguf.GGUFType.MMPROJ)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(gguf.VisionProjectorType.IDEFICS3)
    writer.add_vision_projection_dim(config["text_config"]["hidden_size"])
    writer.add_vision_image_size(vision["image_size"])
    writer.add_vision_preproc_image_size(vision["image_size"])
    writer.add_vision_patch_size(vision["patch_size"])
    writer.add_vision_embedding_length(vision["hidden_size"])
    writer.add_vision_feed_forward_length(vision["intermediate_size"])
    writer.add_vision_block_count(vision["num_hidden_layers"])
    writer.add_vision_head_count(vision["num_attention_heads"])
    writer.add_vision_attention_layernorm_eps(vision["layer_norm_eps"])
    writer.add_vision_projector_scale_factor(config["scale_factor"])
    writer.add_vision_use_gelu(True)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_tensor("mm.model.fc.weight", weights["model.connector.modality_projection.proj.weight"])
    tower = "model.vision_model"
    writer.add_tensor("v.position_embd.weight", weights[f"{tower}.embeddings.position_embedding.weight"])
    for kind in ("weight", "bias"):
        writer.add_tensor(f"v.patch_embd.{kind}", weights[f"{tower}.embeddings.patch_embedding.{kind}"])
        writer.add_tensor(f"v.post_ln.{kind}", weights[f"{tower}.post_layernorm.{kind}"])
        for number in range(vision["num_hidden_layers"]):
            for part, place in VISION.items():
                values = weights[f"{tower}.encoder.layers.{number}.{part}.{kind}"]
                writer.add_tensor(f"v.blk.{number}.{place}.{kind}", values)
    save(writer)


def save(writer: gguf.GGUFWriter) -> None:
    """Write what was added."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
