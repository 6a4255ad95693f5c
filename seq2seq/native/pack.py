"""A model's weights as the native engine has them: one file, mapped into memory as it is.

Linear maps have eight bits a weight and a scale a column, in the order in which they are read;
`network.h` takes the arrays one after the other, so both must name them in one order.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.errors import ModelError
from seq2seq.tokenizers import load_tokenizer, target_rows

PANEL, GROUP, ALIGNED = 64, 4, 64  # as in linear.h; bytes
WEIGHTS, SHAPE = "weights", "shape.json"
ACTIVATIONS = {"relu": 1, "swish": 2, "silu": 2, "gelu": 3}  # as in vectors.h

Floats = NDArray[np.float32]
State = dict[str, Floats]


@dataclass(frozen=True)
class Shape:
    """What a file of weights holds; the same, in the same order, as in `network.h`."""

    width: int
    source_tokens: int
    target_tokens: int
    start: int  # the decoder's first token, among those of targets
    positions: int
    encoder_layers: int
    decoder_layers: int
    encoder_heads: int
    decoder_heads: int
    encoder_inner: int
    decoder_inner: int
    activation: int
    norms_embeddings: int
    embedding_scale: float


def pack(source: Path, target: Path) -> None:
    """Write the transformers model in `source` as `weights` and `shape.json` into `target`."""
    from seq2seq.weights import load_weights

    model = load_weights(source)
    config = model.config
    tokenizer = load_tokenizer(source, {"model_type": config.model_type})
    rows = [*target_rows(tokenizer, config.vocab_size).values()]
    state = {name: tensor.float().numpy() for name, tensor in model.state_dict().items()}
    target.mkdir()
    with (target / WEIGHTS).open("wb") as file:
        for array in arrays(state, config, rows):
            data = np.ascontiguousarray(array).tobytes()
            file.write(data + bytes(-len(data) % ALIGNED))
    described = json.dumps(asdict(shape(state, config, rows)))
    (target / SHAPE).write_text(described, encoding="utf-8")


def shape(state: State, config: Any, rows: Sequence[int]) -> Shape:
    """The shape of these weights, where `rows` are the tokens that a target may hold.

    Raises:
        ModelError: a network that the native engine has no code for.
    """
    if config.activation_function not in ACTIVATIONS:
        raise ModelError(
            f"the native engine has no activation {config.activation_function!r}; "
            "`--engine ctranslate2` may have it"
        )
    read, written = state["model.decoder.embed_tokens.weight"], state["lm_head.weight"]
    if not np.array_equal(read, written):
        raise ModelError(
            "the native engine reads targets by the weights that it writes them with, and this "
            "model has others; `--engine torch` has both"
        )
    return Shape(
        width=config.d_model,
        source_tokens=len(state["model.encoder.embed_tokens.weight"]),
        target_tokens=len(rows),
        start=rows.index(config.decoder_start_token_id),
        positions=len(_positions(state, "encoder", config)),
        encoder_layers=config.encoder_layers,
        decoder_layers=config.decoder_layers,
        encoder_heads=config.encoder_attention_heads,
        decoder_heads=config.decoder_attention_heads,
        encoder_inner=config.encoder_ffn_dim,
        decoder_inner=config.decoder_ffn_dim,
        activation=ACTIVATIONS[config.activation_function],
        norms_embeddings=int("model.encoder.layernorm_embedding.weight" in state),
        embedding_scale=math.sqrt(config.d_model) if config.scale_embedding else 1.0,
    )


def arrays(state: State, config: Any, rows: Sequence[int]) -> Iterator[NDArray[Any]]:
    """The arrays of the file."""
    quantized, scales = quantize(state["model.encoder.embed_tokens.weight"])
    yield quantized
    yield scales
    for side, layers in (("encoder", config.encoder_layers), ("decoder", config.decoder_layers)):
        yield _positions(state, side, config)
        if f"model.{side}.layernorm_embedding.weight" in state:
            yield from _norm(state, f"model.{side}.layernorm_embedding")
        for index in range(layers):
            yield from _layer(state, f"model.{side}.layers.{index}", decodes=side == "decoder")
    bias = state["final_logits_bias"][0].copy()
    bias[config.pad_token_id] = -math.inf  # it is no token
    yield from linear(state["lm_head.weight"][rows], bias[rows])


def _positions(state: State, side: str, config: Any) -> Floats:
    first = 2 if config.model_type == "bart" else 0  # BART has two rows before the first position
    return state[f"model.{side}.embed_positions.weight"][first:]


def _layer(state: State, name: str, *, decodes: bool) -> Iterator[NDArray[Any]]:
    yield from _linear(state, *(f"{name}.self_attn.{part}_proj" for part in "qkv"))
    yield from _linear(state, f"{name}.self_attn.out_proj")
    yield from _norm(state, f"{name}.self_attn_layer_norm")
    if decodes:
        yield from _linear(state, f"{name}.encoder_attn.q_proj")
        yield from _linear(state, *(f"{name}.encoder_attn.{part}_proj" for part in "kv"))
        yield from _linear(state, f"{name}.encoder_attn.out_proj")
        yield from _norm(state, f"{name}.encoder_attn_layer_norm")
    yield from _linear(state, f"{name}.fc1")
    yield from _linear(state, f"{name}.fc2")
    yield from _norm(state, f"{name}.final_layer_norm")


def _norm(state: State, name: str) -> Iterator[Floats]:
    yield state[f"{name}.weight"]
    yield state[f"{name}.bias"]


def _linear(state: State, *names: str) -> Iterator[NDArray[Any]]:
    """The linear maps of these names, side by side as one."""
    weight, bias = (
        np.concatenate([state[f"{name}.{part}"] for name in names]) for part in ("weight", "bias")
    )
    yield from linear(weight, bias)


def linear(weight: Floats, bias: Floats) -> Iterator[NDArray[Any]]:
    """A linear map, [out, in] and [out], in panels: [panels, in / GROUP, PANEL, GROUP] bytes.

    They are 128 too large, since the instruction takes them without a sign.
    """
    out, width = weight.shape
    quantized, scales = quantize(weight)
    padded = np.zeros((-(-out // PANEL) * PANEL, -(-width // GROUP) * GROUP), np.int8)
    padded[:out, :width] = quantized
    panels = padded.reshape(-1, PANEL, padded.shape[1] // GROUP, GROUP).transpose(0, 2, 1, 3)
    yield (panels.astype(np.int16) + 128).astype(np.uint8)
    fill = (0, len(padded) - out)
    yield np.pad(scales, fill)
    yield np.pad(bias, fill)


def quantize(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Rows in eight bits, and what a step of each is worth."""
    most = np.abs(weight).max(axis=1)
    steps = np.where(most > 0, most / np.float32(127), np.float32(1)).astype(np.float32)
    return np.rint(weight / steps[:, None]).astype(np.int8), steps
