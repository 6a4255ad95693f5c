"""depesche: as its user has it (`checked`), or its model alone."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from bench.peers.protocol import Job, Load, Translate, serve


def checked(job: Job) -> Translate:
    """Documents through the translator, which checks each sentence and tries again what fails."""
    import seq2seq
    from translate import Document, Translator

    model = seq2seq.load(job.model, device="cpu", compute_type=job.compute_type, offline=True)
    translator = Translator(model, beam=job.beam)

    def translate(texts: Sequence[str]) -> Iterator[str]:
        for translation in translator.translate_all(map(Document.parse, texts)):
            yield str(translation.target)

    return translate


def unchecked(job: Job, engine: str = "auto") -> Translate:
    """Strings through the model: what its first hypothesis says."""
    import seq2seq

    model = seq2seq.load(
        job.model,
        engine=engine,
        device="cpu",
        compute_type=job.compute_type,
        offline=True,
        single=job.single,
    )
    decoding = replace(model.decoding, beam=job.beam)
    if job.length:
        decoding = replace(decoding, min_tokens=job.length, max_tokens=job.length)

    def translate(texts: Sequence[str]) -> Iterator[str]:
        yield from (hypotheses[0].text for hypotheses in model.generate(texts, decoding))

    return translate


LOADS: dict[str, Load] = {
    "checked": checked,
    "unchecked": unchecked,
    "portable": partial(unchecked, engine="ctranslate2"),
}

if __name__ == "__main__":
    serve(LOADS[sys.argv[1]])
