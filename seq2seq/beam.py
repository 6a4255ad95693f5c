"""Beam search over a batch of sources, as CTranslate2 does it, on tensors alone.

A step never asks the device for anything, so the host runs ahead of it; only now and then it looks
which sources are done. In shapes B is sources, K beams, H hypotheses, T target positions and V the
vocabulary.
"""

import math
from dataclasses import dataclass, fields
from functools import partial

import torch
from torch import Tensor

from seq2seq.engine import Decoding
from seq2seq.graphs import Record, Step
from seq2seq.transformer import BLOCK, Transformer

Hypotheses = list[list[int]]  # of a source, best first; the end token where one ended

# Rows are removed when at most this part of them goes on: the rest is copied then.
COMPACT = 0.75


@dataclass(frozen=True)
class Pace:
    """How a kind of device is driven."""

    width: int  # sources are padded to a multiple of this many tokens
    positions: int  # what beams look back at, to a multiple of this many
    pause: int  # steps between looks at what is done, each of which waits for the device


CPU_PACE = Pace(width=1, positions=1, pause=1)
# Attention kernels want masks aligned; steps are alike, for recordings, until the next multiple.
CUDA_PACE = Pace(width=8, positions=32, pause=8)


@dataclass(frozen=True)
class Prompt:
    """The tokens that searches start and end with."""

    start: tuple[int, ...]  # the decoder's first token, and those that every target begins with
    end: int


@dataclass
class Beams:
    """Where a batch's search is. Everything is [B, ...]."""

    rows: Tensor  # which source of the batch, [B]
    limits: Tensor  # the position that is a source's last, [B]
    tokens: Tensor  # of each beam, from the start token on; -1: not yet, [B, K, T + 1]
    scores: Tensor  # summed log probabilities, [B, K]
    visible: Tensor  # whether a beam's past went through slot k at t, [B, K, T, K]
    best: Tensor  # tokens of the best hypotheses so far, [B, H, T + 1]
    best_scores: Tensor  # theirs, by length, [B, H]
    found: Tensor  # how many hypotheses ended, [B]
    done: Tensor  # whether the search is over, [B]


class Search:
    """The search for hypotheses of one batch."""

    def __init__(
        self,
        network: Transformer,
        prompt: Prompt,
        sources: list[list[int]],
        decoding: Decoding,
        limits: list[int],
    ) -> None:
        """Encode `sources`.

        `limits` are the most tokens of a target, one a source, in place of the `max_tokens` that
        `decoding` says for all.
        """
        self._network = network
        self._prompt = prompt
        self._decoding = decoding
        self._pace = CUDA_PACE if network.device.type == "cuda" else CPU_PACE
        self._steps = len(prompt.start) + max(limits)
        self._length = _multiple(self._steps, self._pace.positions)  # T
        ids, mask = _padded(sources, self._pace.width, network.device)
        self._memory = network.remember(ids, mask, decoding.beam, self._length)
        self._beams = self._begin(limits)
        self._position = torch.zeros(1, dtype=torch.long, device=network.device)
        self._own_slot = torch.eye(decoding.beam, dtype=torch.bool, device=network.device)
        self._shape = (0, 0)  # of the recent steps: their reach, and rows
        self._replay: Step | None = None  # a recording of such a step
        self._results: list[Hypotheses] = [[] for _ in sources]

    def run(self, record: Record | None = None) -> list[Hypotheses]:
        """The best hypotheses of each source.

        `record` makes a recording of a step, where that is launched faster than the step.
        """
        for position in range(self._steps):
            self._advance(position, record)
            if (position + 1) % self._pace.pause == 0 or position + 1 == self._steps:
                going = (~self._beams.done).nonzero()[:, 0]  # waits for the device
                if len(going) == 0:
                    break
                if len(going) <= COMPACT * len(self._beams.rows):
                    self._collect()
                    self._compact(going)
        self._collect()
        return self._results

    def _begin(self, limits: list[int]) -> Beams:
        device, start = self._network.device, self._prompt.start
        size, beams, length = len(limits), self._decoding.beam, self._length
        tokens = torch.full((size, beams, length + 1), -1, device=device)
        tokens[:, :, : len(start)] = torch.tensor(start, device=device)
        scores = torch.full((size, beams), -math.inf, device=device)
        scores[:, 0] = 0  # all beams begin alike, so only one of them counts
        hypotheses = self._decoding.hypotheses
        return Beams(
            rows=torch.arange(size, device=device),
            limits=torch.tensor(limits, device=device) + len(start) - 1,
            tokens=tokens,
            scores=scores,
            visible=torch.zeros((size, beams, length, beams), dtype=torch.bool, device=device),
            best=torch.full((size, hypotheses, length + 1), -1, device=device),
            best_scores=torch.full((size, hypotheses), -math.inf, device=device),
            found=torch.zeros(size, dtype=torch.long, device=device),
            done=torch.zeros(size, dtype=torch.bool, device=device),
        )

    def _advance(self, position: int, record: Record | None) -> None:
        """Take the step at `position`, by a recording if one of the same shape went before it."""
        reach = _multiple(position + 1, self._pace.positions)
        choose = position + 1 >= len(self._prompt.start)
        step = partial(self._step, reach, choose)
        shape = reach, len(self._beams.rows)
        if record is None or not choose:
            step()
        elif self._shape != shape:
            step()
            self._shape, self._replay = shape, None
        else:
            self._replay = self._replay or record(step)
            (self._replay or step)()

    def _step(self, reach: int, choose: bool) -> None:
        """Read the tokens at the position and, unless they are given, `choose` the next ones.

        Beams look back at the positions before `reach`. All that changes from step to step is in
        tensors that stay where they are, so a recording of a step does what the step would do.
        """
        beams, position, memory = self._beams, self._position, self._memory
        own = self._own_slot.expand(len(beams.rows), -1, -1)[:, :, None]  # [B, K, 1, K]
        beams.visible.index_copy_(2, position, own)
        visible = beams.visible[:, :, :reach].flatten(2)  # [B, K, T' * K]
        mask = torch.zeros_like(visible, dtype=memory.cross_mask.dtype)
        mask = mask.masked_fill_(~visible, -math.inf)[:, None]
        ids = beams.tokens.index_select(2, position)[:, :, 0]  # [B, K]
        x = self._network.decoder(ids, position, memory, mask)
        if choose:
            self._choose(self._network.decoder.logits(x))
        position += 1

    def _choose(self, logits: Tensor) -> None:
        """Go on with the best tokens after the beams, and take note of hypotheses that end.

        Of twice as many candidates as there are beams, the first half may end, and those that do
        not end go on, so that there are always beams enough. A search is over once it has as many
        hypotheses as beams.
        """
        beams, position, decoding = self._beams, self._position, self._decoding
        count = decoding.beam
        if decoding.no_repeat_ngram:
            forbid_repetition(logits, beams.tokens, position, decoding.no_repeat_ngram)
        too_early = position < decoding.min_tokens + len(self._prompt.start) - 1
        logits[..., self._prompt.end].masked_fill_(too_early, -math.inf)
        values, ids = top(logits.log_softmax(-1, dtype=torch.float32), 2 * count)  # [B, K, 2K]
        scores, which = (beams.scores[..., None] + values).flatten(1).topk(2 * count)  # [B, 2K]
        parents, ids = which // (2 * count), ids.flatten(1).gather(1, which)
        tokens = _rows(beams.tokens, parents)  # [B, 2K, T + 1]
        tokens.index_copy_(2, position + 1, ids[..., None])

        last = position == beams.limits  # [B]
        ended = ids == self._prompt.end
        finished = (ended | last[:, None])[:, :count] & ~beams.done[:, None]  # [B, K]
        length = (position + 1).to(scores.dtype)
        worth = (scores[:, :count] / length**decoding.length_penalty).where(finished, -math.inf)
        pool = torch.cat([beams.best_scores, worth], 1)  # [B, H + K]
        best_scores, best = pool.topk(decoding.hypotheses)
        beams.best.copy_(_rows(torch.cat([beams.best, tokens[:, :count]], 1), best))
        beams.best_scores.copy_(best_scores)
        beams.found += finished.sum(1)
        beams.done |= (beams.found >= count) | last

        scores, go_on = scores.masked_fill(ended, -math.inf).topk(count)  # [B, K]
        beams.scores.copy_(scores)
        beams.tokens.copy_(_rows(tokens, go_on))
        beams.visible.copy_(_rows(beams.visible, parents.gather(1, go_on)))

    def _collect(self) -> None:
        """Take the hypotheses of what is done."""
        over = self._beams.done.nonzero()[:, 0]
        rows, best = self._beams.rows[over].tolist(), self._beams.best[over].tolist()
        for row, hypotheses in zip(rows, best, strict=True):
            self._results[row] = [self._cut(tokens) for tokens in hypotheses]

    def _cut(self, tokens: list[int]) -> list[int]:
        body = tokens[len(self._prompt.start) :]
        if self._prompt.end in body:
            return body[: body.index(self._prompt.end) + 1]
        return body[: body.index(-1)] if -1 in body else body

    def _compact(self, going: Tensor) -> None:
        """Keep the rows that are `going` on alone."""
        memory = self._memory
        self._beams = Beams(*(getattr(self._beams, f.name)[going] for f in fields(Beams)))
        memory.cross_mask = memory.cross_mask[going]
        for layers in (memory.own, memory.cross):
            for index, layer in enumerate(layers):  # one by one: there may be no room for all
                layers[index] = layer[going]


def top(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` highest of [..., V] and where they are, best first: as `topk`, but faster.

    They lie in the blocks with the highest maxima, and these are found in one pass.
    """
    if scores.shape[-1] < 2 * BLOCK * count:
        return scores.topk(count)
    blocks = scores.view(*scores.shape[:-1], -1, BLOCK)  # [..., V / BLOCK, BLOCK]
    places = blocks.amax(-1).topk(count).indices  # [..., count]
    chosen = blocks.gather(-2, places[..., None].expand(*places.shape, BLOCK))
    values, which = chosen.flatten(-2).topk(count)
    return values, places.gather(-1, which // BLOCK) * BLOCK + which % BLOCK


def forbid_repetition(logits: Tensor, tokens: Tensor, position: Tensor, size: int) -> None:
    """Set the logits to -inf of what would make an n-gram of `size` tokens occur twice.

    Args:
        logits: of the token after `position`, [B, K, V].
        tokens: so far, [B, K, T + 1].
        position: of the last of them, [1].
        size: tokens of an n-gram.
    """
    if size > tokens.shape[-1]:
        return
    windows = tokens.unfold(2, size, 1)  # [B, K, N, size]
    recent = position + torch.arange(2 - size, 1, device=tokens.device)
    latest = tokens.index_select(2, recent.clamp(min=0))  # [B, K, size - 1]
    ends = torch.arange(size - 1, tokens.shape[-1], device=tokens.device)  # [N]
    again = (windows[..., :-1] == latest[:, :, None]).all(-1) & (ends <= position)
    penalty = torch.zeros((), dtype=logits.dtype, device=logits.device).where(~again, -math.inf)
    logits.scatter_add_(2, windows[..., -1].clamp(min=0), penalty)  # -1 is of no written window


def _rows(x: Tensor, rows: Tensor) -> Tensor:
    """[B, M, ...] and which of the M, [B, N], to [B, N, ...]."""
    index = rows.view(*rows.shape, *[1] * (x.dim() - 2)).expand(-1, -1, *x.shape[2:])
    return x.gather(1, index)


def _multiple(size: int, of: int) -> int:
    """The next multiple."""
    return -(-size // of) * of


def _padded(sources: list[list[int]], of: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and whether they are any, both [B, S], where S is a multiple."""
    width = _multiple(max(map(len, sources)), of)
    ids = torch.tensor([source + [0] * (width - len(source)) for source in sources])
    lengths = torch.tensor([len(source) for source in sources])
    mask = torch.arange(width) < lengths[:, None]
    return ids.to(device), mask.to(device)
