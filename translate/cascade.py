"""A translation that fails its check is tried again, in ways that each mend one kind of failure.

The steps are taken in order, each for the sentences that still fail, in one call of the model for
all of them; so a text whose translations pass costs nothing more. The best candidate is kept: what
is still wrong with it is its findings, which every output shows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from seq2seq import Decoding, Hypothesis, Seq2Seq
from translate.checks import PROTECTED, Finding, Kind, check
from translate.clauses import split
from translate.glossary import Glossary, Term

# How bad a finding is; a candidate replaces another when its findings weigh less.
WEIGHTS: dict[Kind, int] = {
    "empty": 100,
    "loop": 50,
    "unfinished": 40,
    "untranslated": 20,
    "lost": 10,
    "number": 8,
    "length": 6,
    "term": 4,
    "name": 3,
}


@dataclass(frozen=True)
class Rendering:
    """The English of a source, what is wrong with it, and the step that gave it ("" the first)."""

    text: str
    findings: tuple[Finding, ...] = ()
    step: str = ""

    @property
    def weight(self) -> int:
        """0 where nothing is wrong."""
        return sum(WEIGHTS[finding.kind] for finding in self.findings)


class Cascade:
    """Renders sources with a model, and again where that fails."""

    def __init__(
        self,
        model: Seq2Seq,
        decoding: Decoding,
        longest: int,
        glossary: Glossary,
        *,
        retries: bool = True,
    ) -> None:
        """Without `retries` only the first attempt is made, and judged.

        `longest`: tokens of a source; longer ones are divided and joined again.
        """
        self._model = model
        self._decoding = decoding
        self._longest = longest
        self._glossary = glossary
        self._retries = retries

    def render(self, sources: Sequence[str]) -> list[Rendering]:
        """The best English found for each source."""
        terms = [self._glossary.terms(source) for source in sources]
        best = [
            self._judged(source, known, hypothesis, "")
            for source, known, hypothesis in zip(
                sources, terms, self._plain(sources, self._decoding), strict=True
            )
        ]
        for name, kinds, candidates in self._steps() if self._retries else ():
            failing = [i for i, r in enumerate(best) if any(f.kind in kinds for f in r.findings)]
            if not failing:
                continue
            found = candidates([sources[i] for i in failing], [terms[i] for i in failing])
            for index, hypotheses in zip(failing, found, strict=True):
                judged = (self._judged(sources[index], terms[index], h, name) for h in hypotheses)
                best[index] = min([best[index], *judged], key=lambda rendering: rendering.weight)
        return best

    def _steps(self) -> list[tuple[str, frozenset[Kind], "Candidates"]]:
        everything = frozenset(WEIGHTS)
        return [
            ("beam", everything, self._beam),
            ("repetition", frozenset({"loop", "length", "unfinished"}), self._unrepeated),
            ("split", everything - {"term", "name"}, self._divided),
            ("mask", frozenset({"lost"}), self._masked),
            ("term", frozenset({"term"}), self._substituted),
        ]

    def _judged(
        self, source: str, terms: Sequence[Term], hypothesis: Hypothesis, step: str
    ) -> Rendering:
        text = hypothesis.text
        for term in terms:
            text = term.placed(text, source)
        findings = check(source, text)
        if not hypothesis.complete:
            findings.append(Finding("unfinished", "it met its limit of length"))
        findings += [
            Finding("term", f"{term.german} → {term.english}")
            for term in terms
            if not term.is_said(text)
        ]
        return Rendering(text, tuple(findings), step)

    def _plain(self, sources: Sequence[str], decoding: Decoding) -> list[Hypothesis]:
        """The best hypothesis for each source; those that are too long in pieces, joined."""
        counts = self._model.count(sources)
        pieces = [
            split(source, self._fits) if count > self._longest else [source]
            for source, count in zip(sources, counts, strict=True)
        ]
        return self._joined(pieces, decoding)

    def _fits(self, text: str) -> bool:
        return self._model.count([text])[0] <= self._longest

    def _joined(self, pieces: Sequence[Sequence[str]], decoding: Decoding) -> list[Hypothesis]:
        """One hypothesis for each list of pieces, all pieces translated together."""
        flat = [piece.strip() for parts in pieces for piece in parts]
        found = iter(self._model.generate(flat, decoding))
        hypotheses = []
        for parts in pieces:
            best = [next(found)[0] for _ in parts]
            text = " ".join(h.text for h in best)
            hypotheses.append(Hypothesis(text, all(h.complete for h in best)))
        return hypotheses

    # The steps: candidates for each source, given its terms.

    def _beam(
        self, sources: Sequence[str], _terms: Sequence[Sequence[Term]]
    ) -> list[list[Hypothesis]]:
        """The other hypotheses of the beam."""
        beam = max(self._decoding.beam, 4)
        short = [i for i, c in enumerate(self._model.count(sources)) if c <= self._longest]
        wider = replace(self._decoding, beam=beam, hypotheses=beam)
        found: list[list[Hypothesis]] = [[] for _ in sources]
        texts = [sources[i] for i in short]
        for index, hypotheses in zip(short, self._model.generate(texts, wider), strict=True):
            found[index] = hypotheses
        return found

    def _unrepeated(
        self, sources: Sequence[str], _terms: Sequence[Sequence[Term]]
    ) -> list[list[Hypothesis]]:
        """No three tokens come twice."""
        return [[h] for h in self._plain(sources, replace(self._decoding, no_repeat_ngram=3))]

    def _divided(
        self, sources: Sequence[str], _terms: Sequence[Sequence[Term]]
    ) -> list[list[Hypothesis]]:
        """Clause by clause: shorter sources are easier."""
        fitting = []
        for source in sources:
            parts = split(source, partial(_is_within, 0.7 * len(source)))
            fitting.append([piece for part in parts for piece in split(part, self._fits)])
        return [[h] for h in self._joined(fitting, self._decoding)]

    def _masked(
        self, sources: Sequence[str], _terms: Sequence[Sequence[Term]]
    ) -> list[list[Hypothesis]]:
        """What must survive is kept from the model: it translates what stands between."""
        parts = [_around(source) for source in sources]
        worded = [[p for p in pieces if _is_translated(p)] for pieces in parts]
        flat = [piece for pieces in worded for piece in pieces]
        english = iter(self._plain(flat, self._decoding))
        found = []
        for pieces in parts:
            said = [next(english) if _is_translated(p) else Hypothesis(p.strip()) for p in pieces]
            text = " ".join(h.text for h in said if h.text)
            text = re.sub(r" ([.,;:!?)])", r"\1", text)
            found.append([Hypothesis(text, all(h.complete for h in said))])
        return found

    def _substituted(
        self, sources: Sequence[str], terms: Sequence[Sequence[Term]]
    ) -> list[list[Hypothesis]]:
        """The English term stands in the German: models copy words that they do not know."""
        changed = []
        for source, known in zip(sources, terms, strict=True):
            for term in known:
                source = term.source.sub(term.english.replace("\\", r"\\"), source)
            changed.append(source)
        return [[h] for h in self._plain(changed, self._decoding)]


def _is_within(most: float, text: str) -> bool:
    return len(text) <= most


def _around(source: str) -> list[str]:
    """`source` in pieces: what must survive, and what stands between."""
    pieces, end = [], 0
    for match in PROTECTED.finditer(source):
        pieces += [source[end : match.start()], match[0]]
        end = match.end()
    return [*pieces, source[end:]]


def _is_translated(piece: str) -> bool:
    return re.search(r"\w", piece) is not None and not PROTECTED.fullmatch(piece)


Candidates = Callable[[Sequence[str], Sequence[Sequence[Term]]], list[list[Hypothesis]]]
