"""Briefs against people's summaries, beside what anyone gets for nothing: the first sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import summarize
from depesche.brief import Brief, Failure, InputError, Item
from depesche.evaluate.systems import System
from depesche.evaluate.texts import Example
from depesche.pipeline import Pipeline, body_sentences
from summarize import english

METRICS = ("rouge1", "rouge2", "rougeLsum")
LEAD = 3  # sentences


@dataclass(frozen=True)
class BriefRun:
    """What was made of the articles of some examples, and what it took; a brief is a list of lines.

    `leads` are the first sentences of each article, in English. `unsupported` counts the lines of
    the briefs that say a name, a number, a date or a quotation that was not found in the article.
    `failures` are the examples (by index) whose article has no brief, and why; their brief and
    their lead are empty. `articles` counts different ones that have a brief. `loading` and
    `briefing` are seconds.
    """

    briefs: list[list[str]]
    leads: list[list[str]]
    unsupported: int
    failures: dict[int, str]
    articles: int
    recipe: dict[str, Any]
    loading: float
    briefing: float


def run(
    system: System,
    summarizer: str,
    words: int,
    examples: Sequence[Example],
    progress: Callable[[int], None] | None = None,
) -> BriefRun:
    """Brief the articles of some examples: English ones as they are, German ones translated.

    Args:
        system: what translates; it is loaded if there is a German article.
        summarizer: "extract" or a model, as for `summarize.load`.
        words: about how many a brief has.
        examples: with what to brief.
        progress: called with the number of sentences just translated.

    Raises:
        ModelError: no such model, or one that cannot be run so.
    """
    start = perf_counter()
    languages = {example.language for example in examples}
    translator = system.translator() if "de" in languages else None
    how = {"engine": system.engine, "device": system.device, "offline": system.offline}
    chosen = summarize.load(summarizer, **how)
    chain = Pipeline(translator, chosen, words=words)
    chains = {"de": chain, "en": Pipeline(None, chosen, words=words)}
    loaded = perf_counter()
    found: dict[str, Brief | Failure] = {}  # an article may have several summaries
    for language in sorted(languages):
        articles = list(dict.fromkeys(e.article for e in examples if e.language == language))
        items = (Item(article[:80], article) for article in articles)
        found |= zip(articles, chains[language].briefs(items, progress), strict=True)
    seconds = perf_counter() - loaded
    results = [found[example.article] for example in examples]
    return BriefRun(
        briefs=[_lines(result) for result in results],
        leads=[_lead(result) for result in results],
        unsupported=sum(map(_unsupported, results)),
        failures={i: r.reason for i, r in enumerate(results) if isinstance(r, Failure)},
        articles=sum(isinstance(result, Brief) for result in found.values()),
        recipe=chain.recipe,
        loading=loaded - start,
        briefing=seconds,
    )


def _lines(result: Brief | Failure) -> list[str]:
    return [] if isinstance(result, Failure) else [line.text for line in result.lines or ()]


def _lead(result: Brief | Failure) -> list[str]:
    if isinstance(result, Failure):
        return []
    return [sentence for _, sentence in body_sentences(result.translation.target)[:LEAD]]


def _unsupported(result: Brief | Failure) -> int:
    """How many lines have a warning that says so."""
    warnings = () if isinstance(result, Failure) else result.warnings
    return len({w.line for w in warnings if w.kind == "unsupported"})


def require_rouge() -> None:
    """Raise InputError, saying what helps, where rouge-score is not installed."""
    try:
        import rouge_score  # noqa: F401
    except ImportError:
        raise InputError(
            "ROUGE is by rouge-score, which is not installed: pip install 'depesche[evaluate]'"
        ) from None


def rouge(briefs: Sequence[Sequence[str]], summaries: Sequence[str]) -> dict[str, list[float]]:
    """ROUGE-1, -2 and -Lsum of each brief: F1 in percent, stemmed (Lin 2004, "ROUGE").

    Args:
        briefs: a list of lines for each article.
        summaries: a person's text for each.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(METRICS, use_stemmer=True)  # type: ignore[no-untyped-call]
    found: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for brief, summary in zip(briefs, summaries, strict=True):
        reference = "\n".join(english.sentences(summary))
        scores = scorer.score(reference, "\n".join(brief))  # type: ignore[no-untyped-call]
        for metric in METRICS:
            found[metric].append(100 * scores[metric].fmeasure)
    return found
