"""A trained state becomes a directory that transformers and CTranslate2 load like an opus-mt."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from training.config import Config, Model

# That no three pieces come twice rules out loops, into which a small model falls; what it cuts
# short, the length penalty makes up for. Both were chosen on newstest2014.
GENERATION: dict[str, Any] = {"num_beams": 4, "no_repeat_ngram_size": 3, "length_penalty": 2.0}


def marian(shape: Model, state: dict[str, torch.Tensor]) -> Any:
    """The same model as a MarianMTModel, in float32 and ready to generate."""
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
    model: Any = MarianMTModel(config)
    model.eval()
    tied = {
        f"{name}.weight": state["model.shared.weight"]
        for name in ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head")
    }
    missing, unexpected = model.load_state_dict(state | tied, strict=False)
    assert not unexpected and all("embed_positions" in n or "bias" in n for n in missing), missing
    model.final_logits_bias[0, pad] = -1e4  # <pad> starts the decoder and is never an answer
    return model


def average(run: Path, last: int) -> list[str]:
    """Write the mean of the last checkpoints' weights (Vaswani et al. 2017) to average.safetensors.

    Returns:
        The names of the checkpoints.

    Raises:
        FileNotFoundError: there are fewer.
    """
    paths = sorted(run.glob("step-*.safetensors"))[-last:]
    if len(paths) < last:
        raise FileNotFoundError(f"{run} holds {len(paths)} checkpoints, not {last}; train first")
    states = [load_file(path) for path in paths]
    mean = {name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]}
    save_file(mean, run / "average.safetensors")
    return [path.stem for path in paths]


def export(config: Config, run: Path) -> None:
    """Write run/model from run/average.safetensors: all of it or nothing.

    It holds config, float16 weights, SentencePiece models, vocabulary, and generation settings.
    """
    from transformers import GenerationConfig

    out, new = run / "model", run / "model.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    model = marian(config.model, load_file(run / "average.safetensors"))
    special = ("decoder_start_token_id", "pad_token_id", "eos_token_id", "forced_eos_token_id")
    model.generation_config = GenerationConfig(
        max_new_tokens=config.model.positions,
        **{name: getattr(model.config, name) for name in special},
        **GENERATION,
    )
    model.half().save_pretrained(new)
    # The file holds float16, but it is float32 that runs anywhere and as well as in training.
    settings = json.loads((new / "config.json").read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    (new / "config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    tokenizer(config.model, run / "data").save_pretrained(new)
    for path in new.iterdir():
        path.chmod(0o644)
    if out.exists():
        shutil.rmtree(run / "model.old", ignore_errors=True)
        out.replace(run / "model.old")
    new.replace(out)
    shutil.rmtree(run / "model.old", ignore_errors=True)


def tokenizer(shape: Model, data: Path) -> Any:
    """The MarianTokenizer of a run, from what `prepare` wrote."""
    from transformers import MarianTokenizer

    return MarianTokenizer(
        source_spm=str(data / "pieces.spm"),
        target_spm=str(data / "target.spm"),
        vocab=str(data / "vocab.json"),
        source_lang="de",
        target_lang="en",
        model_max_length=shape.positions,
    )
