"""Scores of a model directory: BLEU and chrF with their signatures, loops, empties and speed."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from transformers import GenerationConfig, MarianMTModel, MarianTokenizer

# a word or a phrase of up to eight words, and at once three more times the same
_LOOP = re.compile(r"(?<!\S)((?:\S+\s+){0,7}?\S+)(?:\s+\1(?!\S)){3}")


def loops(text: str) -> bool:
    """Whether the same word or phrase stands four times in a row."""
    return _LOOP.search(text) is not None


def translate(
    model: "MarianMTModel",
    tokenizer: "MarianTokenizer",
    texts: Sequence[str],
    settings: "GenerationConfig | None" = None,
    batch: int = 32,
) -> list[str]:
    """Translate with transformers, neighbours in length together.

    Args:
        model: in eval mode, on any device.
        tokenizer: that of the model.
        texts: German sentences.
        settings: of the search; None stands for the model's own.
        batch: sentences at a time.

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
            ids = model.generate(**inputs, generation_config=settings)
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
        (folder / f"{name}.{side}").read_text(encoding="utf-8").splitlines()[:most]
        for side in ("de", "en")
    )
    return german, english


def evaluate(model_dir: Path, sets: Path, names: Sequence[str], beam: int = 4) -> dict[str, Any]:
    """Score a model directory on test sets, with its own settings and without their guards.

    Returns:
        For each set what `score` gives, the words a second, and the loops and BLEU without
        no_repeat_ngram_size.
    """
    from transformers import GenerationConfig, MarianMTModel, MarianTokenizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = MarianMTModel.from_pretrained(model_dir).to(device).eval()
    tokenizer = MarianTokenizer.from_pretrained(model_dir)
    results: dict[str, Any] = {"beam": beam, "device": device, "sets": {}}
    for name in names:
        german, english = read_set(sets, name)
        settings = GenerationConfig.from_pretrained(model_dir, num_beams=beam)
        start = time.perf_counter()
        outputs = translate(model, tokenizer, german, settings)
        seconds = time.perf_counter() - start
        result = score(outputs, english)
        result["words_per_second"] = round(sum(len(t.split()) for t in outputs) / seconds, 1)
        if settings.no_repeat_ngram_size:
            settings.no_repeat_ngram_size = 0
            bare = score(translate(model, tokenizer, german, settings), english)
            result["unguarded"] = {k: bare[k] for k in ("bleu", "chrf", "loops", "empty")}
        results["sets"][name] = result
    return results
