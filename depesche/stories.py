"""The same story from several publishers, found by what its English texts say.

A story is a unit vector of weighted words: idf (Spärck Jones, "A Statistical Interpretation of Term
Specificity", Journal of Documentation 1972) over the stories given, and more for names, numbers and
the lead, as in event detection, where they tell two events of one kind apart (Kumaran and Allan,
"Text Classification and Named Entities for New Event Detection", SIGIR 2004). Groups grow from the
most similar pair by average linkage (Sokal and Michener 1958). That alone joins two fires in two
towns as soon as their reports share enough words; so two groups stay apart where they are clearly
less like each other than the looser one is like itself, the idea of relative closeness in Chameleon
(Karypis, Han and Kumar, IEEE Computer 1999).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import TYPE_CHECKING

from summarize import english

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIMILAR = 0.2  # the least mean cosine between two groups that are one story
COHESION = 0.7  # and the least part of the looser group's own mean cosine
# Names and numbers must be at least this part as alike as the other words: two events of one kind
# can be told in the same sentences.
ALIKE = 0.5
NAME, NUMBER = 2.0, 3.0  # how much more these words weigh than others
LEAD_WORDS = 60  # title and lead: these count twice
WINDOW = timedelta(days=3)  # reports of one story are published within it
# An idf from ten stories means little: it is taken as if so many more had none of the words.
PRIOR = 300


@dataclass(frozen=True)
class Story:
    """An English article; `published` is None where it is not known."""

    title: str
    text: str
    published: datetime | None = None


def group(stories: Sequence[Story]) -> list[list[int]]:
    """Indices of the stories, one list for each story told.

    Lists and members are in the order of the input; which stories are together does not depend on
    that order. Time and memory grow with the number of stories, and with its square only among
    those that a chain of similar ones links.
    """
    order = sorted(range(len(stories)), key=lambda index: _identity(stories[index]))
    found = _Space([stories[index] for index in order]).groups()
    return sorted(sorted(order[row] for row in rows) for rows in found)


def matches(new: Sequence[Story], old: Sequence[Story]) -> list[int | None]:
    """For each new story the index of the old one most like it in the same group, or None."""
    stories = [*new, *old]
    space = _Space(stories)
    found: list[int | None] = [None] * len(new)
    for members in space.groups():
        earlier = [index for index in members if index >= len(new)]
        for index in members:
            if earlier and index < len(new):
                alike = space.similarities(index)
                found[index] = max(earlier, key=alike.__getitem__) - len(new)
    return found


def additions(story: Story, earlier: Sequence[Story]) -> list[str]:
    """The names and numbers of a story that no earlier one has, in order, each once."""
    known = {english.stem(word) for old in earlier for words in _sentences(old) for word in words}
    found = []
    for words in _sentences(story):
        facts = [_is_number(word) or (at > 0 and _is_name(word)) for at, word in enumerate(words)]
        for is_fact, run in groupby(zip(facts, words, strict=True), key=lambda pair: pair[0]):
            phrase = [word for _, word in run]
            if is_fact and not known.issuperset(map(english.stem, phrase)):
                found.append(" ".join(phrase))
    return list(dict.fromkeys(found))


class _Space:
    """Stories as unit vectors over their terms, with a posting list for each term."""

    def __init__(self, stories: Sequence[Story]) -> None:
        import numpy as np

        vectors, facts = _vectors(stories)
        postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, vector in enumerate(vectors):
            for term, value in vector.items():
                postings[term].append((index, value))
        self._postings = {
            term: (np.array([index for index, _ in found]), np.array([value for _, value in found]))
            for term, found in postings.items()
        }
        self._vectors = vectors
        self._facts = facts
        # How much of each vector's length is in its names and numbers, and how much in the rest.
        self._in_facts = np.array(
            [math.hypot(*(v for term, v in vector.items() if term in facts)) for vector in vectors]
        )
        self._in_rest = np.sqrt(np.maximum(0, 1 - self._in_facts**2))
        self._published = np.array(
            [story.published.timestamp() if story.published else math.nan for story in stories]
        )

    def similarities(self, index: int) -> "Floats":
        """The cosine of one story with each.

        It is 0 where the two are published too far apart, or where their names and numbers are
        much less alike than the rest: two fires are told in the same words.
        """
        import numpy as np

        found = np.zeros(len(self._vectors))
        facts = np.zeros(len(self._vectors))
        for term, value in self._vectors[index].items():
            indices, values = self._postings[term]
            found[indices] += value * values
            if term in self._facts:
                facts[indices] += value * values
        of_facts = self._in_facts * self._in_facts[index]
        of_rest = self._in_rest * self._in_rest[index]
        found[facts * of_rest < ALIKE * (found - facts) * of_facts] = 0
        apart = np.abs(self._published - self._published[index])  # nan where one is not known
        found[apart > WINDOW.total_seconds()] = 0
        return found

    def groups(self) -> Iterator[list[int]]:
        """Indices of the stories, one list for each story told."""
        import numpy as np

        for linked in self._linked():
            alike = np.array([self.similarities(index)[linked] for index in linked])
            for members in _Agglomeration(alike).groups():
                yield [linked[member] for member in members]

    def _linked(self) -> Iterator[list[int]]:
        # Where a mean reaches the threshold one of its pairs does, so no group spans two of these.
        seen: set[int] = set()
        for start in range(len(self._vectors)):
            linked = [start] if start not in seen else []
            for index in linked:  # which grows meanwhile
                seen.add(index)
                near = (self.similarities(index) >= SIMILAR).nonzero()[0].tolist()
                linked += [other for other in near if other not in seen]
                seen.update(near)
            if linked:
                yield sorted(linked)


class _Agglomeration:
    """Groups that grow pair by pair; a group goes by the index of its first member."""

    def __init__(self, alike: "Floats") -> None:
        import numpy as np

        self._between = alike  # (n, n): the sum of cosines between the members of two groups
        self._within = np.zeros(len(alike))  # the same over the pairs inside a group
        self._size = np.ones(len(alike))
        self._cohesion = np.full(len(alike), SIMILAR)
        self._members = {index: [index] for index in range(len(alike))}
        self._best = np.zeros(len(alike))  # the mean cosine with the group's best partner, or 0
        self._partner = np.zeros(len(alike), int)

    def groups(self) -> list[list[int]]:
        """Merge the two most similar groups until no two are one story."""
        for index in self._members:
            self._look_for_partner(index)
        while self._best.max() > 0:
            first = int(self._best.argmax())
            second = int(self._partner[first])
            self._merge(min(first, second), max(first, second))
        return list(self._members.values())

    def _merge(self, kept: int, gone: int) -> None:
        self._within[kept] += self._within[gone] + self._between[kept, gone]
        self._between[kept] += self._between[gone]
        self._between[:, kept] = self._between[kept]
        self._size[kept] += self._size[gone]
        self._members[kept] += self._members.pop(gone)
        self._size[gone], self._best[gone] = math.inf, 0  # so its mean with any group is 0
        pairs = self._size[kept] * (self._size[kept] - 1) / 2
        # One more pair that is just similar enough: few members say little.
        self._cohesion[kept] = (self._within[kept] + SIMILAR) / (pairs + 1)
        self._update_partners(kept, gone)

    def _update_partners(self, kept: int, gone: int) -> None:
        means = self._means(kept)
        better = (means >= self._best) & (means > 0)
        lost = ((self._partner == kept) | (self._partner == gone)) & (self._best > 0) & ~better
        self._best[better], self._partner[better] = means[better], kept
        for index in {kept, *lost.nonzero()[0].tolist()}:
            self._look_for_partner(index)

    def _look_for_partner(self, index: int) -> None:
        means = self._means(index)
        self._partner[index] = means.argmax()
        self._best[index] = means[self._partner[index]]

    def _means(self, index: int) -> "Floats":
        """The mean cosine with each group that may be the same story, 0 with the others."""
        import numpy as np

        means: Floats = self._between[index] / (self._size[index] * self._size)
        looser = np.minimum(self._cohesion[index], self._cohesion)
        means[means < np.maximum(SIMILAR, COHESION * looser)] = 0
        means[index] = 0
        return means


def _vectors(stories: Sequence[Story]) -> tuple[list[dict[str, float]], set[str]]:
    """A unit vector for each story, and which terms are names or numbers."""
    counted = [_terms(story) for story in stories]
    having = Counter(term for counts, _ in counted for term in counts)
    naming = Counter(term for _, names in counted for term in names)
    kind = dict.fromkeys((term for term in having if 2 * naming[term] > having[term]), NAME)
    kind |= dict.fromkeys(filter(_is_number, having), NUMBER)
    rarity = {term: math.log((len(stories) + PRIOR) / count) for term, count in having.items()}
    vectors = []
    for counts, _ in counted:
        # Sorted, so that a cosine is the same sum from either side.
        vector = {
            term: math.sqrt(counts[term]) * rarity[term] * kind.get(term, 1)
            for term in sorted(counts)
        }
        length = math.hypot(*vector.values())
        vectors.append({term: value / length for term, value in vector.items()})
    return vectors, set(kind)


def _terms(story: Story) -> tuple[dict[str, int], set[str]]:
    """How often each term occurs, the lead counted twice, and which terms are a name here."""
    sentences = list(_sentences(story))
    words = list(chain.from_iterable(sentences))
    counts: defaultdict[str, int] = defaultdict(int)
    for word, count in Counter(words + words[:LEAD_WORDS]).items():
        if not english.is_function(word) and (len(word) > 1 or _is_number(word)):
            counts[english.stem(word)] += count
    names = {english.stem(word) for row in sentences for word in row[1:] if _is_name(word)}
    return counts, names


def _sentences(story: Story) -> Iterator[list[str]]:
    for text in (story.title, story.text):
        yield from map(english.tokens, english.sentences(text))


def _is_number(word: str) -> bool:
    return word[0].isdigit()


def _is_name(word: str) -> bool:
    """Whether it is capitalised for what it means, unless it starts its sentence."""
    return word[0].isupper() and not english.is_function(word)


def _identity(story: Story) -> tuple[str, str, str]:
    return story.title, story.text, str(story.published)
