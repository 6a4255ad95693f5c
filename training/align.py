"""A lexicon counted from the text, which shows a young model where to look and what to say.

A transformer on little compute spends most of it on finding out which source word to attend to.
Counting finds that in a minute: IBM model 1 (Brown et al. 1993) with a preference for the diagonal
(Dyer et al. 2013). Its posteriors guide the attention (Chen et al. 2016), and its table places the
embedding of a German piece near those of its translations.
"""

import numpy as np
import torch
from torch import Tensor

from training.batches import Batch, Pairs, collate
from training.model import Transformer

_TENSION = 4.0  # how sharply the diagonal is preferred
_NULL = 0.1  # the prior of </s>, to which words without a counterpart go, relative to one word


def posteriors(table: Tensor, batch: Batch, pad: int) -> Tensor:
    """Which source position each target position comes from.

    Args:
        table: p(target piece | source piece), [vocabulary, vocabulary].
        batch: padded ids.
        pad: the id of <pad>.

    Returns:
        [rows, target time, source time], float32; each row of a true token sums to one.
    """
    source, target = batch.source, batch.target
    length_s = (source != pad).sum(1)[:, None, None]
    length_t = (target != pad).sum(1)[:, None, None]
    i = torch.arange(target.shape[1], device=target.device)[:, None]
    j = torch.arange(source.shape[1], device=source.device)
    prior = torch.exp(-_TENSION * (i / length_t - j / length_s).abs())
    prior = torch.where(j == length_s - 1, _NULL, prior)
    # </s> comes from </s>, for the end of one is the end of the other
    prior = torch.where(i == length_t - 1, (j == length_s - 1).float(), prior)
    prior = prior * (j < length_s) * (i < length_t)
    joint = prior * table[source[:, None, :], target[:, :, None]].float()
    return joint / joint.sum(2, keepdim=True).clamp_min(1e-20)


def lexicon(pairs: Pairs, device: torch.device, rounds: int = 4, most: int = 300_000) -> Tensor:
    """p(target piece | source piece) by EM over an evenly spread part of the pairs.

    Returns:
        [vocabulary, vocabulary], float32 on `device`.
    """
    size = pairs.pad + 1
    chosen = np.linspace(0, len(pairs) - 1, min(most, len(pairs))).astype(np.int64)
    chosen = chosen[np.argsort(pairs.lengths[chosen].sum(axis=1), kind="stable")]
    table = torch.full((size, size), 1 / size, device=device)
    for _ in range(rounds):
        counts = torch.zeros(size * size, device=device)
        for part in np.array_split(chosen, max(1, len(chosen) // 1000)):
            batch = collate(pairs, part, None)
            batch = Batch(batch.source.to(device), batch.target.to(device))
            cells = batch.source[:, None, :] * size + batch.target[:, :, None]
            counts.index_add_(0, cells.flatten(), posteriors(table, batch, pairs.pad).flatten())
        counts = counts.view(size, size)
        table = counts / counts.sum(1, keepdim=True).clamp_min(1e-6)
    return table


@torch.no_grad()
def teach(model: Transformer, table: Tensor, pairs: Pairs) -> None:
    """Put the lexicon into a fresh model, in place.

    The embedding of a source piece moves to the mean of its translations' (a piece used in both
    languages as far as its share of source uses says), and the last attention to the source
    passes on what it looks at. The output layer being tied to the embeddings, a decoder that
    looks at the right source word then already prefers its translations.
    """
    embedding = model.model.shared.weight
    source, target = (
        torch.bincount(torch.from_numpy(flat.astype("int64")), minlength=len(embedding))
        for flat in pairs.flat
    )
    share = (source / (source + target).clamp_min(1)).to(embedding)[:, None]
    moved = torch.lerp(embedding, table.to(embedding) @ embedding, share)
    norm = embedding.norm(dim=1, keepdim=True)
    embedding.copy_(moved / moved.norm(dim=1, keepdim=True).clamp_min(1e-6) * norm)
    attention = model.model.decoder.layers[-1].encoder_attn
    torch.nn.init.eye_(attention.v_proj.weight)
    torch.nn.init.eye_(attention.out_proj.weight)
