"""ROUGE of the bundled summarizer and of the lead: `python -m bench.summaries [SUMMARIES...]`."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from depesche.evaluate.briefs import rouge
from summarize import DEFAULT_WORDS, english
from summarize.extract import Extract
from training.extract import Example, examples, without_own_article

SUMMARIES = Path(__file__).parents[2] / "shared" / "summaries"


def lead(example: Example) -> list[str]:
    """The first words, as many as a brief has; the last sentence may be cut."""
    first = " ".join(example.text.split()[:DEFAULT_WORDS])
    return english.sentences(first)


def lead_sentences(example: Example) -> list[str]:
    """The first sentences, until they have as many words as a brief."""
    taken: list[str] = []
    for sentence in example.article.sentences:
        if sum(map(english.words, taken)) >= DEFAULT_WORDS:
            break
        taken.append(sentence)
    return taken


def extracts(given: Sequence[Example]) -> Iterator[list[str]]:
    """Briefs by `extract`, each with weights learned without the article it is of."""
    for example, weights in zip(given, without_own_article(given), strict=True):
        lines = Extract(weights).summarize(example.article.sentences)
        yield [line.text for line in lines]


def main() -> None:
    """Print a table for each file of examples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="SUMMARIES")
    files = parser.parse_args().files or sorted(SUMMARIES.glob("*.jsonl"))
    sets = [examples(path) for path in files]
    extracted = extracts([example for given in sets for example in given])
    for path, given in zip(files, sets, strict=True):
        print(f"{path.stem}, {len(given)} briefs of {DEFAULT_WORDS} words")
        for name, briefs in (
            ("lead, cut", [lead(example) for example in given]),
            ("lead, whole sentences", [lead_sentences(example) for example in given]),
            ("extract, cross-validated", [next(extracted) for _ in given]),
        ):
            words = sum(english.words(line) for brief in briefs for line in brief) / len(given)
            scores = rouge(briefs, [example.brief for example in given])
            figures = " ".join(f"{fmean(found):6.2f}" for found in scores.values())
            print(f"  {name:25}{figures}   {words:.0f} words")


if __name__ == "__main__":
    main()
