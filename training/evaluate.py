"""Scores of a model directory: BLEU and chrF with their signatures, loops, empties and speed."""

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

# a word or a phrase of up to eight words, and at once three more times the same
_LOOP = re.compile(r"(?<!\S)((?:\S+\s+){0,7}?\S+)(?:\s+\1(?!\S)){3}")


def loops(text: str) -> bool:
    """Whether the same word or phrase stands four times in a row."""
    return _LOOP.search(text) is not None


def translate(
    model: Any,
    tokenizer: Any,
    texts: Sequence[str],
    batch: int = 50,
    **settings: Any,
) -> list[str]:
    """Translate with transformers, neighbours in length together: for scores while training.

    A text over the model's limit is cut, as it would be in training.

    Args:
        model: a MarianMTModel in eval mode, on any device.
        tokenizer: its MarianTokenizer.
        texts: German sentences.
        batch: sentences at a time.
        settings: of the search, in place of the model's own.

    Returns:
        One translation a text, in their order.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found: dict[int, str] = {}
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        inputs = tokenizer(
            [texts[i] for i in part],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=model.config.max_position_embeddings,
        ).to(model.device)
        with torch.inference_mode():
            ids = model.generate(**inputs, **settings)
        found |= zip(part, tokenizer.batch_decode(ids, skip_special_tokens=True), strict=True)
    return [found[i] for i in range(len(texts))]


def score(outputs: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """BLEU and chrF (sacrebleu) with signatures, and the outputs that are empty or loop."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    result: dict[str, Any] = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        found = metric.corpus_score(list(outputs), [list(references)])
        result[name] = round(found.score, 2)
        result[f"{name}_signature"] = str(metric.get_signature())
    return result | {
        "sentences": len(outputs),
        "loops": sum(map(loops, outputs)),
        "empty": sum(not text.strip() for text in outputs),
    }


def read_set(folder: Path, name: str, most: int | None = None) -> tuple[list[str], list[str]]:
    """The German and English lines of a test set."""
    german, english = (
        (folder / f"{name}.{side}")
        .read_text(encoding="utf-8")
        .removesuffix("\n")
        .split("\n")[:most]
        for side in ("de", "en")
    )
    return german, english


def evaluate(model_dir: Path, sets: Path, names: Sequence[str], beam: int = 4) -> dict[str, Any]:
    """Score a model directory as depesche runs it, in float32, with and without its loop guard.

    Returns:
        The recipe, and for each set what `score` gives, the words a second, and what `score`
        gives without no_repeat_ngram_size.
    """
    import seq2seq

    model = seq2seq.load(str(model_dir), compute_type="float32", offline=True)
    guarded = replace(model.decoding, beam=beam)
    results: dict[str, Any] = {"beam": beam, "recipe": asdict(model.recipe), "sets": {}}
    results["recipe"]["model"] = model_dir.name
    for name in names:
        german, english = read_set(sets, name)
        start = time.perf_counter()
        outputs = [found[0].text for found in model.generate(german, guarded)]
        seconds = time.perf_counter() - start
        bare = model.generate(german, replace(guarded, no_repeat_ngram=0))
        results["sets"][name] = score(outputs, english) | {
            "words_per_second": round(sum(len(text.split()) for text in outputs) / seconds),
            "unguarded": score([found[0].text for found in bare], english),
        }
    return results
