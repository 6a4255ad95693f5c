"""CTranslate2 used directly: what is left if everything around the engine costs nothing."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.peers.protocol import Job, Translate, serve


def load(job: Job) -> Translate:
    """All texts in one call, a worker a core, with the settings that the model brings."""
    import ctranslate2
    from sentencepiece import SentencePieceProcessor

    model = Path(job.model)
    source, target = (
        SentencePieceProcessor(model_file=str(model / f"{side}.spm"))
        for side in ("source", "target")
    )
    own = json.loads((model / "generation_config.json").read_text(encoding="utf-8"))
    translator = ctranslate2.Translator(
        job.converted,
        device="cpu",
        compute_type=job.compute_type,
        inter_threads=os.cpu_count() or 1,
        intra_threads=1,
    )

    def translate(texts: Sequence[str]) -> Iterator[str]:
        results = translator.translate_batch(
            [[*pieces, "</s>"] for pieces in source.encode(list(texts), out_type=str)],
            max_batch_size=1024,
            batch_type="tokens",
            beam_size=job.beam,
            length_penalty=own.get("length_penalty", 1.0),
            no_repeat_ngram_size=own.get("no_repeat_ngram_size", 0),
            min_decoding_length=job.length or 1,
            max_decoding_length=(job.length or own.get("max_new_tokens", 511)) + 1,
        )
        yield from (target.decode(result.hypotheses[0]) for result in results)

    return translate


if __name__ == "__main__":
    serve(load)
