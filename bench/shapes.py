"""Models of the published shapes with random weights: speed does not depend on what they know."""

import json
import random
from pathlib import Path
from typing import Any

from tests.tiny import tiny_bart, tiny_marian

OPUS_MT = {
    "vocab_size": 58101,
    "decoder_vocab_size": 58101,
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
}
DISTILBART = {
    "vocab_size": 50264,
    "d_model": 1024,
    "encoder_layers": 12,
    "decoder_layers": 6,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
}


def opus_mt(path: Path) -> Path:
    """Writes a Marian model of opus-mt-de-en's shape (74 M parameters) into `path`."""
    tiny_marian(path)
    tokens = json.loads((path / "vocab.json").read_text(encoding="utf-8"))
    pad = tokens.pop("<pad>")
    for index in range(pad, OPUS_MT["vocab_size"] - 1):
        tokens[f"▁filler{index}"] = index
    tokens["<pad>"] = last = OPUS_MT["vocab_size"] - 1
    (path / "vocab.json").write_text(json.dumps(tokens), encoding="utf-8")
    ids = {"pad_token_id": last, "decoder_start_token_id": last, "bad_words_ids": [[last]]}
    _weights(path, "MarianMTModel", OPUS_MT | ids)
    return path


def distilbart(path: Path) -> Path:
    """Writes a BART model of distilbart-cnn-12-6's shape (306 M parameters) into `path`."""
    tiny_bart(path)
    tokens = json.loads((path / "vocab.json").read_text(encoding="utf-8"))
    for index in range(len(tokens), DISTILBART["vocab_size"]):
        tokens[f"Ġfiller{index}"] = index
    (path / "vocab.json").write_text(json.dumps(tokens), encoding="utf-8")
    (path / "tokenizer.json").unlink(missing_ok=True)
    _weights(path, "BartForConditionalGeneration", DISTILBART)
    return path


def sources(path: Path, lengths: list[int], seed: int = 0) -> list[list[str]]:
    """Random source tokens of these lengths, each with the end that the model expects."""
    tokens = json.loads((path / "vocab.json").read_text(encoding="utf-8"))
    fillers = [token for token in tokens if "filler" in token]
    draw = random.Random(seed)
    return [[*draw.choices(fillers, k=length - 1), "</s>"] for length in lengths]


def _weights(path: Path, kind: str, shape: dict[str, Any]) -> None:
    import torch
    import transformers

    for name in ("config.json", "generation_config.json"):
        if not (path / name).exists():
            continue
        settings = json.loads((path / name).read_text(encoding="utf-8"))
        known = shape if name == "config.json" else {k: v for k, v in shape.items() if "id" in k}
        (path / name).write_text(json.dumps(settings | known), encoding="utf-8")
    torch.manual_seed(0)
    config = transformers.AutoConfig.from_pretrained(str(path))
    model = getattr(transformers, kind)(config)
    (path / "pytorch_model.bin").unlink(missing_ok=True)
    model.save_pretrained(path, safe_serialization=True)
    saved = json.loads((path / "config.json").read_text(encoding="utf-8"))
    keys = {"normalize_before": False, "normalize_embedding": True, "add_final_layer_norm": False}
    (path / "config.json").write_text(json.dumps(keys | saved), encoding="utf-8")
