"""Makes `depesche/common.txt` from human translations: `python -m bench.words [SHARED]`.

The stems of the English words that are written small, too, so that a capital does not make them
names: "Court", "Foreign", "Yesterday". But not those that are mostly names (Turkey) or that German
has, too, wherever they have a capital (John, Google, Bank).
"""

import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from bench.checks import SHARED, Pair, pairs
from depesche.original import COMMON
from summarize import english

SETS = [f"newstest{year}" for year in (2008, 2009, 2010, 2011, 2012, 2013, 2015, 2016, 2017)] + (
    "wmt_en_de_references ud_pud europarl_ner xquad mt_geneval_wiki mlqe_pe_wiki contrawsd_wmt18 "
    "opennmt_demo_wmt_sample eurlex_markup mlqa_questions mlqa_contexts paws_x stsb_multi_mt "
    "tatoeba_manythings tatoeba_challenge_tests debian_news opensource_guides privacyguides "
    "tails_site bitcoin_org mozilla_www_ftl peter554_de_news"
).split()
SMALL = 2  # times that a word was written small, at least
SMALL_SHARE = 0.1  # of its occurrences that are not at the start of a sentence
TITLES = {"col", "gen", "mrs", "rev", "sgt"}  # never written small
SAME = 20, 0.98  # times with a capital, and the share of them, in which German has the word, too


def words(sentence: str) -> Iterator[str]:
    """The words of a sentence but the first, of three letters or more."""
    return (word for word in english.tokens(sentence)[1:] if len(word) > 2 and word[0].isalpha())


def common(data: Collection[Pair]) -> set[str]:
    """The stems of the words that may have a capital and yet be no names."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    same: Counter[str] = Counter()
    for german, text in data:
        for word in words(text):
            if word.islower():
                small[english.stem(word)] += 1
            elif word[1:].islower():
                capital[english.stem(word)] += 1
                same[english.stem(word)] += word in german
    least, share = SAME
    return TITLES | {
        stem
        for stem, count in small.items()
        if count >= SMALL
        and count >= SMALL_SHARE * (count + capital[stem])
        and not (capital[stem] >= least and same[stem] >= share * capital[stem])
    }


def main() -> None:
    """Write the list."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    found = common(pairs(*(f"train/{name}" for name in SETS), shared=shared))
    COMMON.write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")
    print(f"{len(found)} stems in {COMMON}")


if __name__ == "__main__":
    main()
