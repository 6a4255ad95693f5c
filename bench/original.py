"""How well `depesche.check` sees what German lacks: `python -m bench.original [--model NAME]`.

First human translations, in documents of 20 sentences, each sentence as if it were a line of a
brief. Their names and quotations are right, save where people were free, so what only the German
gives away is a false alarm. Then errors made on purpose. With `--model`, what is seen in a model's
own translations, to be read. Word lists (see `bench.words`) and rules come from training texts,
`CHOSEN_ON` among them; `UNSEEN` was only scored.
"""

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bench.checks import Pair, pairs
from depesche.check import Source
from translate import Document, Glossary, Translator
from translate.numbers import quantities

CHOSEN_ON = ("train/newstest2013", "train/newstest2016", "train/newstest2017")
UNSEEN = ("test/newstest2014", "test/newstest2019", "test/flores-dev")
KINDS = ("name", "quotation", "number")
SIZE = 20  # sentences of a document
NAMES = Glossary.names()

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?=[ ,.])")
_CLAUSE = re.compile(r"(?<=[a-z,] )(?:[a-z]+ ){4,}[a-z]+\b")
_MARK = re.compile("[\"“”„»«'’`]")

Corruption = Callable[[random.Random, Pair, list[str]], str]


def documents(data: list[Pair]) -> Iterator[list[Pair]]:
    """The pairs in their order, `SIZE` at a time."""
    return (data[i : i + SIZE] for i in range(0, len(data), SIZE))


def source(document: list[Pair]) -> Source:
    """The English of a document with its German."""
    german, text = ("\n".join(side) for side in zip(*document, strict=True))
    return Source(text, german, NAMES)


def english(document: list[Pair]) -> Source:
    """The English alone."""
    return Source("\n".join(text for _, text in document))


def doubts(document: list[Pair], lines: list[str]) -> Iterator[dict[str, list[str]]]:
    """What each line has and only the German lacks, by kind."""
    both, alone = source(document), english(document)
    for line in lines:
        known = alone.unsupported(line)
        found: dict[str, list[str]] = {}
        for doubt in both.unsupported(line):
            if doubt not in known:
                found.setdefault(_kind(doubt), []).append(doubt)
        yield found


def _kind(doubt: str) -> str:
    if len(doubt.split()) > 2:
        return "quotation"
    return "number" if any(quantities(doubt, "en")) else "name"


def alarms(data: list[Pair]) -> Iterator[tuple[Pair, dict[str, list[str]]]]:
    """The lines that are doubted, and why."""
    for document in documents(data):
        found = doubts(document, [text for _, text in document])
        yield from ((pair, kinds) for pair, kinds in zip(document, found, strict=True) if kinds)


def another_name(rng: random.Random, pair: Pair, names: list[str]) -> str:
    """The English with one of `names` for a name that both languages have."""
    german, text = pair
    matches = [match for match in _NAME.finditer(text) if match[0] in german]
    if not matches:
        return text
    match, name = rng.choice(matches), rng.choice(names)
    return text if name in german else text[: match.start()] + name + text[match.end() :]


def invented_quotation(_: random.Random, pair: Pair, __: list[str]) -> str:
    """The English with quotation marks around a clause, where neither language has any."""
    german, text = pair
    match = _CLAUSE.search(text)
    if not match or _MARK.search(german + text):
        return text
    return f'{text[: match.start()]}"{match[0]}"{text[match.end() :]}'


def caught(data: list[Pair], corrupt: Corruption) -> tuple[int, float]:
    """How many lines were corrupted, each in a document without other errors, and caught."""
    names = [m[0] for german, text in data for m in _NAME.finditer(text) if m[0] in german]
    rng, results = random.Random(0), []
    for document in documents(data):
        for line, pair in enumerate(document):
            text = corrupt(rng, pair, names)
            if text != pair[1]:
                bad = [*document[:line], (pair[0], text), *document[line + 1 :]]
                (found,) = doubts(bad, [text])
                results.append(bool(found.keys() - {"number"}))
    return len(results), sum(results) / len(results)


def translated(model: str, german: list[str]) -> list[Pair]:
    """Sentences with a model's English."""
    documents = (Document.parse(sentence) for sentence in german)
    translations = Translator.load(model, device="cpu").translate_all(documents)
    return [(str(t.source), " ".join(s.plain for s in t.target.sentences)) for t in translations]


def speed(data: list[Pair]) -> float:
    """Briefs of four lines that are checked in a second of one core, each text read anew."""
    start = time.process_time()
    count = 0
    for document in documents(data):
        checked = source(document)
        for _, line in document[:4]:
            checked.unsupported(line)
        count += 1
    return count / (time.process_time() - start)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="whose translations of newstest2019 are checked, too")
    parser.add_argument("--limit", type=int, default=1000, help="sentences it translates")
    options = parser.parse_args()
    if options.model:
        german = [german for german, _ in pairs("test/newstest2019")[: options.limit]]
        found = list(alarms(translated(options.model, german)))
        for pair, kinds in found:
            print(*pair, kinds, "", sep="\n")
        counts = Counter(kind for _, kinds in found for kind in kinds)
        print(f"{options.model}, {len(german)} sentences: {dict(counts)}")
        return
    print(f"| lines doubted, per thousand | lines | {' | '.join(KINDS)} |\n|---|---|---|---|---|")
    for name in (*CHOSEN_ON, *UNSEEN):
        data = pairs(name)
        counts = Counter(kind for _, kinds in alarms(data) for kind in kinds)
        rates = (f"{1000 * counts[kind] / len(data):.1f}" for kind in KINDS)
        print(f"| {name} | {len(data)} | {' | '.join(rates)} |")
    data = pairs(*CHOSEN_ON)
    print("\n| made on purpose | lines | caught |\n|---|---|---|")
    for corrupt in (another_name, invented_quotation):
        count, share = caught(data, corrupt)
        print(f"| {corrupt.__name__.replace('_', ' ')} | {count} | {share:.1%} |")
    print(f"\n{speed(data):.0f} briefs of four lines and {SIZE} sentences per second of one core")


if __name__ == "__main__":
    main()
