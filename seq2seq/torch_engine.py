"""The reference engine: transformers on torch, and where CTranslate2 does not run."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seq2seq.engine import Decoding, Target
from seq2seq.errors import ModelError

CPU_BATCH_TOKENS = 2048
CUDA_BATCH_TOKENS = 16384


def load_weights(path: Path, **settings: Any) -> Any:
    """The model in `path`; no pickled object is built and no code of the model's is run.

    Raises:
        ModelError: files that are damaged, or weights that do not fill the model.
    """
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        model, report = transformers.AutoModelForSeq2SeqLM.from_pretrained(
            str(path),
            weights_only=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            **settings,
        )
    except Exception as error:  # each weights format fails in its own way
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: the weights cannot be loaded ({reason})") from error
    unfilled = sorted({*report["missing_keys"], *map(str, report["mismatched_keys"])})
    if unfilled:  # transformers would fill them with random numbers
        raise ModelError(f"{path}: the weights lack {unfilled[0]} and {len(unfilled) - 1} others")
    return model


class TorchEngine:
    """A transformers model in memory."""

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
        from transformers import GenerationConfig

        self._model = load_weights(path, dtype=getattr(torch, compute_type)).to(device).eval()
        self._device = device
        self._device_lock = threading.Lock()
        self._budget = CUDA_BATCH_TOKENS if device.startswith("cuda") else CPU_BATCH_TOKENS
        self._ids = vocabulary
        self._tokens = {index: token for token, index in vocabulary.items()}
        self._prefix = [vocabulary[token] for token in prefix]
        # A setting that `_search` leaves open is not filled from the model's own.
        self._model.generation_config = GenerationConfig()
        config = self._model.config
        self._start, self._pad, self._end = (
            config.decoder_start_token_id,
            config.pad_token_id,
            vocabulary["</s>"],
        )

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """See `seq2seq.engine.Engine`."""
        targets: list[list[Target]] = [[] for _ in sources]
        for batch in self._batches(sources, searches):
            with self._device_lock:  # one batch fills the device, and its memory
                found = self._search([sources[i] for i in batch], searches[batch[0]])
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
            if batch and (full or searches[index] != searches[batch[0]]):
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _search(self, sources: list[Sequence[str]], search: Decoding) -> list[list[Target]]:
        import torch
        from transformers import GenerationConfig

        width = max(map(len, sources))
        unknown = self._ids["<unk>"]
        ids = [[self._ids.get(token, unknown) for token in source] for source in sources]
        padded = [row + [self._pad] * (width - len(row)) for row in ids]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in ids]
        settings = GenerationConfig(
            num_beams=search.beam,
            num_return_sequences=search.hypotheses,
            length_penalty=search.length_penalty,
            no_repeat_ngram_size=search.no_repeat_ngram,
            min_new_tokens=search.min_tokens + len(self._prefix),
            max_new_tokens=search.max_tokens + len(self._prefix) + 1,
            # As CTranslate2: the search ends with `beam` hypotheses, and what is forbidden has no
            # share in a step's probabilities.
            early_stopping=True,
            renormalize_logits=True,
            bad_words_ids=[[self._pad]],
            forced_bos_token_id=self._prefix[0] if self._prefix else None,
            decoder_start_token_id=self._start,
            eos_token_id=self._end,
            pad_token_id=self._pad,
        )
        with torch.inference_mode():
            sequences = self._model.generate(
                torch.tensor(padded, device=self._device),
                attention_mask=torch.tensor(mask, device=self._device),
                generation_config=settings,
            )
        found = [self._target(row) for row in sequences[:, 1 + len(self._prefix) :].tolist()]
        return [found[i : i + search.hypotheses] for i in range(0, len(found), search.hypotheses)]

    def _target(self, ids: list[int]) -> Target:
        complete = self._end in ids
        body = ids[: ids.index(self._end)] if complete else ids
        return Target(tuple(self._tokens[i] for i in body), complete)
