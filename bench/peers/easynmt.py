"""EasyNMT, the class behind `EasyNMT("opus-mt")`, in an environment of its own.

Nothing is downloaded: sentences are given, so NLTK's splitter is not needed; the language is given,
so fastText's model is not; and the name that EasyNMT loads is a folder under the working directory.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.peers.protocol import Job, Translate, serve

HUB_ID = "Helsinki-NLP/opus-mt-de-en"
OPUS_MT = {
    "model_class": "easynmt.models.OpusMT",
    "model_args": {"max_loaded_models": 10},
    "lang_pairs": ["de-en"],
}


def load(job: Job) -> Translate:
    """One call for all texts; EasyNMT sorts them by length, in its own batches of 16."""
    from easynmt import EasyNMT  # type: ignore[import-not-found]

    home = Path(job.package).with_suffix(".easynmt")
    if not home.exists():
        (home / HUB_ID).parent.mkdir(parents=True)
        (home / HUB_ID).symlink_to(job.model, target_is_directory=True)
        (home / "opus-mt").mkdir()
        (home / "opus-mt" / "easynmt.json").write_text(json.dumps(OPUS_MT), encoding="utf-8")
    os.chdir(home)
    model = EasyNMT("opus-mt", device="cpu")
    settings = {"beam_size": job.beam, "early_stopping": True}  # as CTranslate2
    if job.length:
        settings |= {"min_new_tokens": job.length + 1, "max_new_tokens": job.length + 1}

    def translate(texts: Sequence[str]) -> Iterator[str]:
        yield from model.translate(
            list(texts),
            source_lang="de",
            target_lang="en",
            perform_sentence_splitting=False,
            **settings,
        )

    return translate


if __name__ == "__main__":
    serve(load)
