"""A text as sentences and what stands between them; joined, they are the text again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["prose", "heading", "item", "quote", "verbatim"]


@dataclass(frozen=True)
class Sentence:
    """One sentence and what follows it.

    `text` has no white space at its ends (a hard line wrap inside it stays, as it is).
    `gap` is the exact white space and block markup up to the next sentence or the end.
    `kind` is the block it stands in; "verbatim" has no words and is never translated.
    """

    text: str
    gap: str = ""
    kind: Kind = "prose"


@dataclass(frozen=True)
class Document:
    """`lead` (what stands before the first sentence) and the sentences."""

    lead: str
    sentences: tuple[Sentence, ...]

    @classmethod
    def parse(cls, text: str) -> "Document":
        """Split a German text into sentences; `str()` of the result is `text` again."""
        raise NotImplementedError

    def with_texts(self, texts: Sequence[str]) -> "Document":
        """The same document with other sentences in its gaps."""
        pairs = zip(self.sentences, texts, strict=True)
        return Document(self.lead, tuple(replace(s, text=t) for s, t in pairs))

    def __str__(self) -> str:
        """The text, character for character."""
        return self.lead + "".join(s.text + s.gap for s in self.sentences)
