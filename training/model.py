"""A transformer with the maths and the parameter names of transformers' MarianMTModel, but lean.

Layer norm after each residual sum, sinusoidal positions, one embedding matrix for both languages
and the output, scaled by the square root of the width. The zero row of <pad> starts the decoder.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.config import Model


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """[batch, time, width] to [batch, heads, time, width / heads]."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend from `x` to `memory`; no mask means that nothing of the future is seen."""
        mixed = functional.scaled_dot_product_attention(
            self.split(self.q_proj(x)),
            self.split(self.k_proj(memory)),
            self.split(self.v_proj(memory)),
            attn_mask=mask,
            is_causal=mask is None,
        )
        return self.out_proj(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def log_weights(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Log attention, [batch, heads, time, memory time], float32."""
        query, keys = self.split(self.q_proj(x)), self.split(self.k_proj(memory))
        scores = query @ keys.transpose(2, 3) / math.sqrt(query.shape[3])
        return scores.float().masked_fill(~mask, -1e4).log_softmax(3)


class Layer(nn.Module):
    """An encoder layer, or with `cross` a decoder layer."""

    def __init__(self, shape: Model, dropout: float, cross: bool) -> None:
        super().__init__()
        self.self_attn = Attention(shape.width, shape.heads)
        self.self_attn_layer_norm = nn.LayerNorm(shape.width)
        if cross:
            self.encoder_attn = Attention(shape.width, shape.heads)
            self.encoder_attn_layer_norm = nn.LayerNorm(shape.width)
        self.fc1 = nn.Linear(shape.width, shape.feed_forward)
        self.fc2 = nn.Linear(shape.feed_forward, shape.width)
        self.final_layer_norm = nn.LayerNorm(shape.width)
        self.dropout = nn.Dropout(dropout)

    def attend(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """The self-attention block."""
        return self.self_attn_layer_norm(x + self.dropout(self.self_attn(x, x, mask)))  # type: ignore[no-any-return]

    def cross(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """The block that attends to the encoder's output."""
        mixed = self.dropout(self.encoder_attn(x, memory, mask))
        return self.encoder_attn_layer_norm(x + mixed)  # type: ignore[no-any-return]

    def feed(self, x: Tensor) -> Tensor:
        """The feed-forward block."""
        mixed = self.dropout(self.fc2(functional.relu(self.fc1(x))))
        return self.final_layer_norm(x + mixed)  # type: ignore[no-any-return]


class Stack(nn.Module):
    """The layers of an encoder or a decoder."""

    layers: Any  # a ModuleList of Layer

    def __init__(self, shape: Model, count: int, dropout: float, cross: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(shape, dropout, cross) for _ in range(count))


class Body(nn.Module):
    """Embeddings, encoder and decoder."""

    def __init__(self, shape: Model, vocabulary: int, dropout: float) -> None:
        super().__init__()
        self.shared = nn.Embedding(vocabulary, shape.width, padding_idx=vocabulary - 1)
        self.encoder = Stack(shape, shape.encoder_layers, dropout, cross=False)
        self.decoder = Stack(shape, shape.decoder_layers, dropout, cross=True)


class Transformer(nn.Module):
    """Source and target ids to logits; its state dict loads into MarianMTModel as it is."""

    positions: Tensor

    def __init__(self, shape: Model, vocabulary: int, dropout: float = 0.0) -> None:
        """Set up random weights.

        Args:
            shape: widths and depths.
            vocabulary: the number of ids, with <pad> as the last.
            dropout: of embeddings and of each block's output.
        """
        super().__init__()
        self.model = Body(shape, vocabulary, dropout)
        self.pad = vocabulary - 1
        self.scale = math.sqrt(shape.width)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("positions", sinusoids(shape), persistent=False)
        for name, weight in self.named_parameters():
            if name.endswith("shared.weight"):
                nn.init.normal_(weight, std=shape.width**-0.5)
                nn.init.zeros_(weight[self.pad])
            elif weight.dim() == 2:  # what is added to a residual starts small
                small = name.endswith(("out_proj.weight", "fc2.weight"))
                nn.init.xavier_uniform_(weight, gain=0.5 if small else 1.0)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def embed(self, ids: Tensor) -> Tensor:
        """[batch, time] ids to [batch, time, width]."""
        return self.dropout(  # type: ignore[no-any-return]
            self.model.shared(ids) * self.scale + self.positions[: ids.shape[1]]
        )

    def forward(self, source: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        """Run both halves.

        Args:
            source: [batch, source time] ids, each row ended by </s>, then <pad>.
            target_in: [batch, time] ids of the target, <pad> first, without its </s>.

        Returns:
            Decoder states [batch, time, width], for `logits`, and the log attention of the last
            decoder layer to the source [batch, heads, time, source time], float32.
        """
        mask = (source != self.pad)[:, None, None, :]
        memory = self.embed(source)
        for layer in self.model.encoder.layers:
            memory = layer.feed(layer.attend(memory, mask))
        x = self.embed(target_in)
        for layer in self.model.decoder.layers:
            query = layer.attend(x, None)
            x = layer.feed(layer.cross(query, memory, mask))
        return x, layer.encoder_attn.log_weights(query, memory, mask)

    def logits(self, states: Tensor) -> Tensor:
        """States [..., width] to logits [..., vocabulary - 1]: <pad> is never an answer."""
        return functional.linear(states, self.model.shared.weight[: self.pad])


def sinusoids(shape: Model) -> Tensor:
    """Position encodings [positions, width], sines in the first half (as Marian has them)."""
    steps = torch.arange(shape.width // 2) * (2 / shape.width)
    angles = torch.arange(shape.positions)[:, None] / 10000**steps
    return torch.cat([angles.sin(), angles.cos()], dim=1)
