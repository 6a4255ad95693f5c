"""The torch engine: where CTranslate2 does not run, and on a GPU without its libraries."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from seq2seq.engine import Decoding, Target

CPU_BATCH_TOKENS = 2048
CUDA_BATCH_TOKENS = 16384


class TorchEngine:
    """A model in memory."""

    def __init__(
        self,
        path: Path,
        vocabulary: dict[str, int],
        prefix: Sequence[str],
        device: str,
        compute_type: str,
    ) -> None:
        """Load the model in `path` in the precision `compute_type` (a torch dtype's name)."""
        import torch

        from seq2seq.beam import Prompt
        from seq2seq.transformer import Transformer

        self._network = Transformer(path, device, getattr(torch, compute_type))
        self._device_lock = threading.Lock()
        self._budget = CUDA_BATCH_TOKENS if device.startswith("cuda") else CPU_BATCH_TOKENS
        self._ids = vocabulary
        self._tokens = {index: token for token, index in vocabulary.items()}
        start = self._network.config.decoder_start_token_id
        self._prompt = Prompt((start, *(vocabulary[t] for t in prefix)), vocabulary["</s>"])

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """See `seq2seq.engine.Engine`."""
        targets: list[list[Target]] = [[] for _ in sources]
        for batch in self._batches(sources, searches):
            with self._device_lock:  # one batch fills the device, and its memory
                found = self._search([sources[i] for i in batch], [searches[i] for i in batch])
            for index, hypotheses in zip(batch, found, strict=True):
                targets[index] = hypotheses
        return targets

    def _batches(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> Iterator[list[int]]:
        """Indices of like searches and lengths, at most the budget of tokens with padding."""
        order = sorted(
            range(len(sources)),
            key=lambda i: (searches[i].max_tokens, len(sources[i])),
            reverse=True,
        )
        batch: list[int] = []
        for index in order:
            full = batch and (len(batch) + 1) * len(sources[batch[0]]) > self._budget
            if batch and (full or _kind(searches[index]) != _kind(searches[batch[0]])):
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _search(self, sources: list[Sequence[str]], searches: list[Decoding]) -> list[list[Target]]:
        import torch

        from seq2seq.beam import Search

        unknown = self._ids["<unk>"]
        ids = [[self._ids.get(token, unknown) for token in source] for source in sources]
        limits = [search.max_tokens for search in searches]
        with torch.inference_mode():
            found = Search(self._network, self._prompt, ids, searches[0], limits).run()
        return [[self._target(ids) for ids in hypotheses] for hypotheses in found]

    def _target(self, ids: list[int]) -> Target:
        complete = bool(ids) and ids[-1] == self._prompt.end
        body = ids[:-1] if complete else ids
        return Target(tuple(self._tokens[i] for i in body), complete)


def _kind(search: Decoding) -> Decoding:
    return replace(search, max_tokens=search.min_tokens)
