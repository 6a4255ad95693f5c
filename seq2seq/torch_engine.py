"""The torch engine: where CTranslate2 does not run, and on a GPU without its libraries."""

import math
import threading
from collections.abc import Sequence
from pathlib import Path

from seq2seq.engine import Decoding

# Beams in a batch; with more a device is no faster.
CPU_BEAMS = 256
CUDA_BEAMS = 4096
# Memory for a batch. Of a GPU's free memory only a part: other models have batches there, too.
CPU_BYTES = 1 << 30
CUDA_SHARE = 0.5


class TorchReplica:
    """The network in the memory of one device."""

    def __init__(
        self,
        path: Path,
        device: str,
        compute_type: str,
        targets: Sequence[int],
        prefix: Sequence[int],
        end: int,
    ) -> None:
        """Load the model in `path`.

        Args:
            path: the model's directory, as it was published.
            device: "cpu" or "cuda:N".
            compute_type: a torch dtype's name.
            targets: the tokens that a target may hold; those below, and those of the hypotheses,
                are their places among these.
            prefix: tokens that every target starts with, never part of a result.
            end: the token that ends a target.
        """
        import torch

        from seq2seq.beam import Prompt
        from seq2seq.graphs import Recorder
        from seq2seq.transformer import Transformer

        self._network = Transformer(path, device, getattr(torch, compute_type), targets)
        start = targets.index(self._network.config.decoder_start_token_id)
        self._prompt = Prompt((start, *prefix), end)
        cuda = self._network.device.type == "cuda"
        if cuda:  # cuDNN's attention takes long to plan for each new shape, and there are many
            torch.backends.cuda.enable_cudnn_sdp(False)
        self._record = Recorder(self._network.device) if cuda else None
        self._bytes = math.inf if cuda else CPU_BYTES  # for a batch
        self._lock = threading.Lock()

    def room(self, width: int, length: int, beam: int) -> int:
        """See `seq2seq.replicas.Replica`."""
        size, beams = self._bytes, CPU_BEAMS
        if self._record:
            import torch

            device, beams = self._network.device, CUDA_BEAMS
            unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
            size = min(size, CUDA_SHARE * (torch.cuda.mem_get_info(device)[0] + unused))
        return max(1, min(beams // beam, int(size // self._need(width, length, beam))))

    def search(
        self, sources: list[list[int]], decoding: Decoding, limits: list[int]
    ) -> list[list[list[int]]] | None:
        """See `seq2seq.replicas.Replica`."""
        import torch

        from seq2seq.beam import Search

        with self._lock, torch.inference_mode():  # one batch fills the device
            try:
                return Search(self._network, self._prompt, sources, decoding, limits).run(
                    self._record
                )
            except torch.OutOfMemoryError:
                need = self._need(max(map(len, sources)), max(limits), decoding.beam)
                self._bytes = min(self._bytes, len(sources) * need) / 2
        if self._record:
            self._record.release()  # after `except`, which holds on to the batch
        return None

    def _need(self, width: int, length: int, beam: int) -> int:
        """Bytes of a source in a batch."""
        return self._network.footprint(width, len(self._prompt.start) + length, beam)
