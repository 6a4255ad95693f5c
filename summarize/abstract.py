"""Briefs written by a BART model; long articles are divided, and no output is taken on trust."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, islice
from typing import Any

from seq2seq import Decoding, Hypothesis, Seq2Seq
from summarize import english
from summarize.divide import divided
from summarize.evidence import Passages
from summarize.extract import Extract
from summarize.line import Line
from summarize.polish import polished
from summarize.summarizer import DEFAULT_WORDS, SLACK, whole, worded

WINDOW = 64  # articles that go through the model together

# The limits of a brief's length, as shares of the words it should have. The 56 tokens that CNN/DM
# models are published with as a minimum are three quarters of 60 words.
LEAST, MOST = 0.75, 1.5
# Tokens a word and words asked for are rounded to these, so that articles share a search.
RATE_STEP, WORD_STEP = 0.25, 5

SAME = 1 / 3  # of their content words together, which two wordings of a line share
UNUSABLE = "the model wrote nothing usable here; sentences of the article stand instead"


class _Draft:
    """An article on its way to a brief."""

    def __init__(self, article: Sequence[str]) -> None:
        self.article = " ".join(article)
        self.passages = Passages(article)
        # What is to be shortened: the article, after a round the briefs of its parts.
        self.sentences = list(worded(article).values())
        self.lines: list[Line] = []


@dataclass(frozen=True)
class _Part:
    """As much of a draft as the model reads at once, and how many words should become of it."""

    draft: _Draft
    sentences: list[str]
    words: int

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


class Abstract:
    """Writes briefs with an encoder–decoder model."""

    def __init__(self, model: Seq2Seq) -> None:
        self._model = model
        self._extract = Extract()

    @property
    def recipe(self) -> dict[str, Any]:
        """How lines are made, as plain JSON."""
        return {**asdict(self._model.recipe), "beam": self._model.decoding.beam}

    def summarize(self, sentences: Sequence[str], words: int = DEFAULT_WORDS) -> list[Line]:
        """A brief of about `words` words; an article that is no longer comes back as it is.

        Where nothing that the model writes can be used, sentences of the article with a note.

        Raises:
            ModelError: the model fails.
        """
        return next(self.summarize_all([sentences], words))

    def summarize_all(
        self, articles: Iterable[Sequence[str]], words: int = DEFAULT_WORDS
    ) -> Iterator[list[Line]]:
        """A brief for each article, in order; `WINDOW` articles are held at a time.

        Raises:
            ModelError: the model fails.
        """
        remaining = iter(articles)
        while window := list(islice(remaining, WINDOW)):
            yield from self._briefs(window, words)

    def _briefs(self, articles: list[Sequence[str]], words: int) -> list[list[Line]]:
        briefs = [whole(article, words) for article in articles]
        drafts = {i: _Draft(articles[i]) for i, brief in enumerate(briefs) if brief is None}
        unfinished = list(drafts.values())
        while unfinished:  # one round, but for articles that had to be divided
            unfinished = self._shortened(unfinished, words)
        return [drafts[i].lines if brief is None else brief for i, brief in enumerate(briefs)]

    def _shortened(self, drafts: list[_Draft], words: int) -> list[_Draft]:
        """Replace each draft by the briefs of its parts; those still too long are returned."""
        parts = [self._parts(draft, words) for draft in drafts]
        written = iter(self._written([part for own in parts for part in own]))
        unfinished = []
        for draft, own in zip(drafts, parts, strict=True):
            draft.lines = [line for _ in own for line in next(written)]
            if len(own) == 1:
                draft.lines = _as_long_as(draft.lines, words)
                continue
            shorter = [line.text for line in draft.lines]
            if _length(shorter) >= _length(draft.sentences):  # it would go on for ever
                draft.lines = self._picked(draft, draft.sentences, words)
            elif _length(shorter) > (1 + SLACK) * words:
                draft.sentences = shorter
                unfinished.append(draft)
        return unfinished

    def _parts(self, draft: _Draft, words: int) -> list[_Part]:
        """The draft's parts, each to become its share of the brief.

        A share under a quarter of its part is more than a model can leave out at once: such a part
        becomes a brief of its own, and the briefs are shortened together in another round.
        """
        found = divided(draft.sentences, self._model)
        parts = []
        for sentences in found:
            length = _length(sentences)
            share = words // len(found)
            target = share if 4 * share >= length else words
            parts.append(_Part(draft, sentences, min(target, length // 2)))
        return parts

    def _written(self, parts: list[_Part]) -> list[list[Line]]:
        """The lines of each part, from as few searches as their lengths allow."""
        tokens = self._model.count([part.text for part in parts])
        groups: defaultdict[Decoding, list[int]] = defaultdict(list)
        for i, part in enumerate(parts):
            groups[self._decoding(part, tokens[i])].append(i)
        written: dict[int, list[Line]] = {}
        for decoding, members in groups.items():
            found = self._model.generate([parts[i].text for i in members], decoding)
            for i, hypotheses in zip(members, found, strict=True):
                written[i] = self._lines(parts[i], hypotheses)
        return [written[i] for i in range(len(parts))]

    def _decoding(self, part: _Part, tokens: int) -> Decoding:
        """The model's own search, with limits from the words asked for and the part's tokens."""
        rate = round(tokens / english.words(part.text) / RATE_STEP) * RATE_STEP
        target = max(1, part.words // WORD_STEP) * WORD_STEP * max(rate, 1)
        own = self._model.decoding
        most = min(int(MOST * target), own.max_tokens)
        least = min(int(LEAST * target), most)
        return replace(own, hypotheses=own.beam, min_tokens=least, max_tokens=most, max_ratio=None)

    def _lines(self, part: _Part, hypotheses: list[Hypothesis]) -> list[Line]:
        """The best hypothesis that is usable, its lines with the others' wordings of them."""
        draft = part.draft
        versions = [lines for h in hypotheses if (lines := _read(h.text, draft))]
        if versions:
            best, *others = versions
            return [replace(line, alternatives=_wordings(line.text, others)) for line in best]
        return self._picked(draft, part.sentences, part.words)

    def _picked(self, draft: _Draft, sentences: list[str], words: int) -> list[Line]:
        texts = [line.text for line in self._extract.summarize(sentences, words)]
        return [Line(text, draft.passages.closest(text), UNUSABLE) for text in texts]


def _read(text: str, draft: _Draft) -> list[Line]:
    """A model's text as lines; one that shares no word with the article was not made from it."""
    lines = [Line(text, draft.passages.closest(text)) for text in polished(text, draft.article)]
    return [line for line in lines if line.evidence]


def _wordings(text: str, versions: list[list[Line]]) -> tuple[str, ...]:
    """The line of each version that says most nearly the same in other words."""
    content = set(english.content(text))

    def likeness(other: str) -> float:
        others = set(english.content(other))
        return len(content & others) / len(content | others)

    nearest = (max((line.text for line in version), key=likeness) for version in versions)
    found = dict.fromkeys(other for other in nearest if other != text and likeness(other) >= SAME)
    return tuple(found)


def _as_long_as(lines: list[Line], words: int) -> list[Line]:
    """The first lines, as many as come nearest to the length asked for."""
    lengths = list(accumulate((english.words(line.text) for line in lines), initial=0))
    if lengths[-1] <= (1 + SLACK) * words:
        return lines
    return lines[: min(range(1, len(lengths)), key=lambda count: abs(lengths[count] - words))]


def _length(sentences: list[str]) -> int:
    return sum(map(english.words, sentences))
