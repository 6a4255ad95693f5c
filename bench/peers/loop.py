"""A loop over transformers, in float32: one text at a time, or length-sorted batches."""

import sys
from collections.abc import Iterator, Sequence

from bench.peers.protocol import Job, Load, Translate, serve


def loop(batch: int) -> Load:
    """The loop with this many texts at a time."""

    def load(job: Job) -> Translate:
        import torch
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(job.model)
        model = AutoModelForSeq2SeqLM.from_pretrained(job.model).eval()
        settings = {"num_beams": job.beam, "early_stopping": True}  # as CTranslate2
        if job.length:
            settings |= {"min_new_tokens": job.length + 1, "max_new_tokens": job.length + 1}

        def translate(texts: Sequence[str]) -> Iterator[str]:
            order = list(range(len(texts)))
            if batch > 1:
                order.sort(key=lambda i: len(texts[i]), reverse=True)
            found: dict[int, str] = {}
            given = 0
            for start in range(0, len(order), batch):
                part = order[start : start + batch]
                inputs = tokenizer(
                    [texts[i] for i in part], return_tensors="pt", padding=True, truncation=True
                )
                with torch.inference_mode():
                    ids = model.generate(**inputs, **settings)
                found |= zip(
                    part, tokenizer.batch_decode(ids, skip_special_tokens=True), strict=True
                )
                while given in found:
                    yield found.pop(given)
                    given += 1

        return translate

    return load


if __name__ == "__main__":
    serve(loop(int(sys.argv[1])))
