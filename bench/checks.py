"""How often `translate.checks` warns, rightly or not: `python -m bench.checks [SHARED]`.

First the warnings per thousand human translations, most of which are false alarms; then how many
errors are caught that were made on purpose in translations without a warning. The limits were
chosen on newstest2008 to 2017; `UNSEEN` was only scored. SHARED is the folder of shared texts.
"""

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from translate.checks import check

SHARED = Path(__file__).parents[1].parent / "shared"
CHOSEN_ON = ("train/newstest2015", "train/newstest2016", "train/newstest2017")
UNSEEN = ("test/newstest2014", "test/newstest2019", "test/flores-dev")
KINDS = ("number", "name", "length", "untranslated", "lost", "loop", "empty")
MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SPELLED = "two three four five six seven eight nine ten eleven twelve".split()
SURNAMES = "Walnut Miller Smith March Cook Young".split()

_FULL_NAME = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]{2,}\b")

Pair = tuple[str, str]
Corruption = Callable[[random.Random, str, str], str]


def pairs(*names: str, shared: Path = SHARED) -> list[Pair]:
    """The German and English lines of some sets."""
    found: list[Pair] = []
    for name in names:
        sides = [
            (shared / "corpus" / f"{name}.{side}").read_text(encoding="utf-8").splitlines()
            for side in ("de", "en")
        ]
        found += zip(*sides, strict=True)
    return [pair for pair in found if all(pair)]


def warnings(data: list[Pair]) -> Counter[str]:
    """How many pairs have a finding of each kind, and of any."""
    found: Counter[str] = Counter()
    for pair in data:
        kinds = {finding.kind for finding in check(*pair)}
        found.update(kinds)
        found["any"] += bool(kinds)
    return found


def _replacing(pattern: str, new: Callable[[random.Random, str], str]) -> Corruption:
    """Replaces one match in the English, chosen by chance."""

    def corrupt(rng: random.Random, _: str, english: str) -> str:
        matches = list(re.finditer(pattern, english))
        if not matches:
            return english
        match = rng.choice(matches)
        return english[: match.start()] + new(rng, match[0]) + english[match.end() :]

    return corrupt


def _another(words: list[str]) -> Callable[[random.Random, str], str]:
    return lambda rng, old: rng.choice([word for word in words if word != old])


def _any_of(words: list[str]) -> str:
    return rf"\b(?:{'|'.join(words)})\b"


def _looping(rng: random.Random, _: str, english: str) -> str:
    words = english.split()
    at, size = rng.randrange(len(words)), rng.randint(1, 4)
    return " ".join(words[: at + size] + words[at : at + size] * 4 + words[at + size :])


def _half(_: random.Random, __: str, english: str) -> str:
    words = english.split()
    return " ".join(words[: len(words) // 2]) if len(words) > 12 else english


def _german_end(_: random.Random, german: str, english: str) -> str:
    words = english.split()
    return " ".join([*words[: len(words) // 2], *german.split()[-6:]])


def _another_surname(rng: random.Random, german: str, english: str) -> str:
    name = next((n for n in _FULL_NAME.findall(english) if n in german), "")
    return english.replace(name, f"{name.split()[0]} {rng.choice(SURNAMES)}") if name else english


def _no_surname(_: random.Random, german: str, english: str) -> str:
    name = next((n for n in _FULL_NAME.findall(english) if n in german), "")
    return english.replace(name, name.split()[0]) if name else english


CORRUPTIONS: dict[str, Corruption] = {
    "a digit changed": _replacing(r"\d", _another(list("123456789"))),
    "a digit dropped": _replacing(r"(?<=\d)\d", lambda *_: ""),
    "a number dropped": _replacing(r"(?<![\w.,])\d[\d.,]*(?<=\d)(?!\w)", lambda *_: ""),
    "5,000 → 5.000": _replacing(r"(?<=\d),(?=\d{3}\b)", lambda *_: "."),
    "1.5 → 1,5": _replacing(r"(?<=\d)\.(?=\d{1,2}\b)", lambda *_: ","),
    "million ↔ billion": _replacing(r"\b[mb]illion", _another(["million", "billion"])),
    "a month changed": _replacing(_any_of(MONTHS), _another(MONTHS)),
    "a weekday changed": _replacing(_any_of(WEEKDAYS), _another(WEEKDAYS)),
    "two … twelve changed": _replacing(_any_of(SPELLED), _another(SPELLED)),
    "€, $, £ changed": _replacing(r"[€$£]", _another(list("€$£"))),
    "a surname changed": _another_surname,
    "a surname dropped": _no_surname,
    "a phrase looping": _looping,
    "the second half lost": _half,
    "the end left in German": _german_end,
}


def caught(data: list[Pair]) -> Iterator[tuple[str, int, float]]:
    """Each corruption, how many pairs allow it, and the share of them that get a warning."""
    clean = [pair for pair in data if not check(*pair)]
    for name, corrupt in CORRUPTIONS.items():
        rng = random.Random(0)
        made = [(german, corrupt(rng, german, english), english) for german, english in clean]
        bad = [(german, english) for german, english, old in made if english != old]
        yield name, len(bad), sum(bool(check(*pair)) for pair in bad) / max(1, len(bad))


def main() -> None:
    """Print the tables."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    print(f"| warnings per thousand | pairs | {' | '.join(KINDS)} | any |")
    print("|---" * (len(KINDS) + 3) + "|")
    for name in (*CHOSEN_ON, *UNSEEN):
        data = pairs(name, shared=shared)
        found = warnings(data)
        rates = (f"{1000 * found[kind] / len(data):.1f}" for kind in (*KINDS, "any"))
        print(f"| {name} | {len(data)} | {' | '.join(rates)} |")
    data = pairs(*CHOSEN_ON, shared=shared)
    print("\n| made on purpose | pairs | caught |\n|---|---|---|")
    for corruption, count, share in caught(data):
        print(f"| {corruption} | {count} | {share:.1%} |")
    start = time.process_time()
    warnings(data)
    print(f"\n{len(data) / (time.process_time() - start):.0f} pairs per second of one core")


if __name__ == "__main__":
    main()
