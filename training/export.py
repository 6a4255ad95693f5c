"""A trained state becomes a directory that transformers and CTranslate2 load like an opus-mt."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from training.config import Model

if TYPE_CHECKING:
    from transformers import MarianMTModel


def marian(shape: Model, state: dict[str, torch.Tensor]) -> "MarianMTModel":
    """The same model in transformers' class, in float32 and ready to generate."""
    from transformers import MarianConfig, MarianMTModel

    pad = state["model.shared.weight"].shape[0] - 1
    config = MarianConfig(
        vocab_size=pad + 1,
        d_model=shape.width,
        max_position_embeddings=shape.positions,
        encoder_layers=shape.encoder_layers,
        encoder_ffn_dim=shape.feed_forward,
        encoder_attention_heads=shape.heads,
        decoder_layers=shape.decoder_layers,
        decoder_ffn_dim=shape.feed_forward,
        decoder_attention_heads=shape.heads,
        activation_function="relu",
        dropout=0.0,
        scale_embedding=True,
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=0,
        forced_eos_token_id=0,
    )
    model = MarianMTModel(config).eval()
    tied = {
        f"{name}.weight": state["model.shared.weight"]
        for name in ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head")
    }
    missing, unexpected = model.load_state_dict(state | tied, strict=False)
    assert not unexpected and all("embed_positions" in n or "bias" in n for n in missing), missing
    model.final_logits_bias[0, pad] = -1e4  # <pad> starts the decoder and is never an answer
    return model


def export(
    shape: Model, state: dict[str, torch.Tensor], data: Path, out: Path, generation: dict[str, Any]
) -> None:
    """Write config, float16 weights, tokenizer and generation settings to `out`, all or nothing.

    Args:
        shape: widths and depths.
        state: a Transformer's state dict.
        data: the folder that `prepare` wrote.
        out: the directory to make or replace.
        generation: what goes into generation_config.json beside the special tokens.
    """
    from transformers import GenerationConfig, MarianTokenizer

    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    model = marian(shape, state)
    model.generation_config = GenerationConfig.from_model_config(model.config)
    model.generation_config.update(**generation)
    model.half().save_pretrained(new)
    # The file holds float16, but it is float32 that runs anywhere and as well as in training.
    config = json.loads((new / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    (new / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    pieces, vocabulary = str(data / "pieces.spm"), str(data / "vocab.json")
    tokenizer = MarianTokenizer(
        pieces,
        pieces,
        vocabulary,
        source_lang="de",
        target_lang="en",
        model_max_length=shape.positions,
    )
    tokenizer.save_pretrained(new)
    if out.exists():
        old = out.with_name(out.name + ".old")
        os.replace(out, old)
        os.replace(new, out)
        shutil.rmtree(old)
    else:
        os.replace(new, out)
