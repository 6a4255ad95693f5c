"""Marian's and BART's network, to generate with: what a step needs is computed once and kept.

Encoder and decoder with a layer norm after each residual sum (Vaswani et al. 2017), as both kinds
of model have them (Junczys-Dowmunt et al. 2018, Lewis et al. 2020); they differ in their positions,
in the activation and in a norm of the embeddings, which the weights and the config tell.

In shapes B is sources, S source tokens, K beams, T target positions, D the width of the model and
V the tokens that a target may hold.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from seq2seq.errors import ModelError
from seq2seq.weights import load_weights

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "swish": functional.silu,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "relu": functional.relu,
}
# The vocabulary is filled up to a multiple: products of odd sizes are slow on a GPU, and the search
# looks at it in blocks of this size.
BLOCK = 64

State = dict[str, Tensor]
Map = Callable[[Tensor], Tensor]


@dataclass
class Memory:
    """What the decoder keeps of a batch from step to step."""

    own: list[Tensor]  # a layer: keys and values of the target so far, [B, T, K, 2D]
    cross: list[Tensor]  # a layer: keys and values of the source, [B, S, 2D]
    cross_mask: Tensor  # 0 at source tokens, -inf at padding, [B, 1, 1, S]


class Transformer:
    """The network of one model, on one device."""

    def __init__(self, path: Path, device: str, dtype: torch.dtype, targets: Sequence[int]) -> None:
        """Load the model in `path`.

        `targets` are the tokens that a target may hold: the decoder has no others, and knows each
        by its place among them.

        Raises:
            ModelError: files that are damaged, a network of another kind, or one too large.
        """
        model = load_weights(path, dtype=dtype)
        config = model.config
        if config.activation_function not in ACTIVATIONS:
            raise ModelError(f"{path}: no activation {config.activation_function!r} in this engine")
        self.device, self.dtype = torch.device(device), dtype
        self.config = config
        try:
            state = model.to(device).state_dict()
            self.encoder = Encoder(state, config)
            self.decoder = Decoder(state, config, targets)
        except RuntimeError as error:  # memory, or a driver that does not fit the GPU
            reason = str(error).partition("\n")[0].partition(". ")[0]
            raise ModelError(
                f"{device} cannot take the weights of {path} ({reason}); `--device cpu` does "
                "without it"
            ) from error

    def footprint(self, width: int, positions: int, beams: int) -> int:
        """About how many bytes a source of `width` tokens takes in a batch, with its beams."""
        config, item = self.config, self.dtype.itemsize
        memory = 2 * config.d_model * config.decoder_layers * (width + positions * beams) * item
        encoder = (8 * config.d_model + config.encoder_ffn_dim) * width * item  # a layer at a time
        logits = beams * len(self.decoder.weight) * (item + 4)  # and their logarithms
        search = beams * positions * (beams * (3 + item) + 6 * 8)  # what is visible; tokens
        return int(memory + encoder + logits + search)

    def remember(self, sources: Tensor, mask: Tensor, beams: int, positions: int) -> Memory:
        """Encode sources, [B, S] with a `mask` that is False at padding, for a search."""
        size = (len(sources), positions, beams, 2 * self.config.d_model)
        layers = self.decoder.layers
        cross_mask = torch.zeros_like(mask, dtype=self.dtype).masked_fill_(~mask, -math.inf)
        cross_mask = cross_mask[:, None, None]  # [B, 1, 1, S]
        encoded = self.encoder(sources, cross_mask)
        return Memory(
            own=[torch.zeros(size, dtype=self.dtype, device=self.device) for _ in layers],
            cross=[layer.cross_keys_values(encoded) for layer in layers],
            cross_mask=cross_mask,
        )


class Encoder:
    """Source ids to vectors."""

    def __init__(self, state: State, config: Any) -> None:
        self.embed = Embedding(state, "model.encoder", config)
        names = [f"model.encoder.layers.{i}" for i in range(config.encoder_layers)]
        heads = config.encoder_attention_heads
        self.layers = [Layer(state, name, heads, config) for name in names]

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """[B, S] ids to [B, S, D]; `mask` is [B, 1, 1, S]."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.embed(ids, positions.clamp(max=self.embed.last))  # padding may be beyond it
        for layer in self.layers:
            x = layer(x, mask)
        return x


class Decoder:
    """Target ids to logits, position by position."""

    def __init__(self, state: State, config: Any, targets: Sequence[int]) -> None:
        rows = torch.tensor(targets, device=state["lm_head.weight"].device)
        self.embed = Embedding(state, "model.decoder", config)
        self.embed.tokens = self.embed.tokens[rows]
        names = [f"model.decoder.layers.{i}" for i in range(config.decoder_layers)]
        heads = config.decoder_attention_heads
        self.layers = [DecoderLayer(state, name, heads, config) for name in names]
        weight, bias = state["lm_head.weight"][rows], state["final_logits_bias"][0][rows]
        fill = -len(weight) % BLOCK
        bias = functional.pad(bias, (0, fill), value=-math.inf)
        # Padding is no token; nor is what fills up.
        bias.masked_fill_(functional.pad(rows, (0, fill)) == config.pad_token_id, -math.inf)
        self.weight, self.bias = functional.pad(weight, (0, 0, 0, fill)), bias

    def __call__(self, ids: Tensor, position: Tensor, memory: Memory, mask: Tensor) -> Tensor:
        """One position for all beams.

        Args:
            ids: the tokens at this position, [B, K].
            position: which one it is, [1]; on the device, so that no step waits for the host.
            memory: of the batch; the keys and values of this position are added.
            mask: 0 at what each beam has written and -inf elsewhere, [B, 1, K, T' * K] for the
                first T' positions.

        Returns:
            The vectors to make logits of, [B, K, D].
        """
        x = self.embed(ids, position)
        for layer, own, cross in zip(self.layers, memory.own, memory.cross, strict=True):
            x = layer.step(x, position, own, mask, cross, memory.cross_mask)
        return x

    def logits(self, x: Tensor) -> Tensor:
        """[B, K, D] to [B, K, V]; -inf at what is no token."""
        return functional.linear(x, self.weight, self.bias)


class Embedding:
    """Ids at positions to vectors."""

    def __init__(self, state: State, name: str, config: Any) -> None:
        self.tokens = state[f"{name}.embed_tokens.weight"]
        # BART has two rows before the first position.
        first = 2 if config.model_type == "bart" else 0
        self.positions = state[f"{name}.embed_positions.weight"][first:]
        self.last = len(self.positions) - 1
        self.scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0
        has_norm = f"{name}.layernorm_embedding.weight" in state
        self.norm = _norm(state, f"{name}.layernorm_embedding") if has_norm else None

    def __call__(self, ids: Tensor, positions: Tensor) -> Tensor:
        """[B, N] ids at [N] or [1] positions to [B, N, D]."""
        x = functional.embedding(ids, self.tokens) * self.scale
        x = x + functional.embedding(positions, self.positions)
        return self.norm(x) if self.norm else x


class Layer:
    """An encoder layer."""

    def __init__(self, state: State, name: str, heads: int, config: Any) -> None:
        self.heads = heads
        self.query_keys_values = _linear(state, *(f"{name}.self_attn.{p}_proj" for p in "qkv"))
        self.own_out = _linear(state, f"{name}.self_attn.out_proj")
        self.own_norm = _norm(state, f"{name}.self_attn_layer_norm")
        self.widen = _linear(state, f"{name}.fc1")
        self.activation = ACTIVATIONS[config.activation_function]
        self.narrow = _linear(state, f"{name}.fc2")
        self.norm = _norm(state, f"{name}.final_layer_norm")

    def __call__(self, x: Tensor, mask: Tensor) -> Tensor:
        """[B, S, D] to [B, S, D]."""
        query, keys_values = self.projected(x)
        x = self.own_norm(x + self.own_out(attend(query, keys_values, self.heads, mask)))
        return self.feed(x)

    def projected(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[B, N, D] to queries, [B, N, D], and keys and values, [B, N, 2D]."""
        projected, width = self.query_keys_values(x), x.shape[-1]
        return projected[..., :width], projected[..., width:]

    def feed(self, x: Tensor) -> Tensor:
        """The block that sees each position by itself."""
        return self.norm(x + self.narrow(self.activation(self.widen(x))))


class DecoderLayer(Layer):
    """A decoder layer: also attends to the source."""

    def __init__(self, state: State, name: str, heads: int, config: Any) -> None:
        super().__init__(state, name, heads, config)
        self.cross_query = _linear(state, f"{name}.encoder_attn.q_proj")
        self.cross_keys_values = _linear(state, *(f"{name}.encoder_attn.{p}_proj" for p in "kv"))
        self.cross_out = _linear(state, f"{name}.encoder_attn.out_proj")
        self.cross_norm = _norm(state, f"{name}.encoder_attn_layer_norm")

    def step(
        self,
        x: Tensor,
        position: Tensor,
        own: Tensor,
        mask: Tensor,
        cross: Tensor,
        cross_mask: Tensor,
    ) -> Tensor:
        """One position for all beams, [B, K, D] to [B, K, D]; its keys and values go into `own`.

        All beams of a source share what it has in memory: they are the queries of one attention,
        and `mask` tells each which of the keys its own past left there. So no keys and values are
        repeated, and none are moved when a beam goes on from another one.
        """
        query, keys_values = self.projected(x)
        own.index_copy_(1, position, keys_values[:, None])  # [B, 1, K, 2D]
        past = own[:, : mask.shape[-1] // own.shape[2]].flatten(1, 2)  # [B, T' * K, 2D]
        x = self.own_norm(x + self.own_out(attend(query, past, self.heads, mask)))
        mixed = attend(self.cross_query(x), cross, self.heads, cross_mask)
        return self.feed(self.cross_norm(x + self.cross_out(mixed)))


def attend(query: Tensor, keys_values: Tensor, heads: int, mask: Tensor) -> Tensor:
    """Multi-head attention: [B, N, D] to [B, N, D] over [B, M, 2D], `mask` [B, 1, N or 1, M]."""
    query, keys, values = (
        x.view(*x.shape[:2], heads, -1).transpose(1, 2)  # [B, heads, N or M, D / heads]
        for x in (query, *keys_values.chunk(2, dim=2))
    )
    mixed = functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    return mixed.transpose(1, 2).flatten(2)


def _linear(state: State, *names: str) -> Map:
    """The linear maps of these names, side by side as one."""
    weight, bias = (torch.cat([state[f"{n}.{part}"] for n in names]) for part in ("weight", "bias"))
    return partial(functional.linear, weight=weight, bias=bias)


def _norm(state: State, name: str) -> Map:
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    return partial(functional.layer_norm, normalized_shape=weight.shape, weight=weight, bias=bias)
