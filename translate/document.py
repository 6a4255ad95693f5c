"""A text as sentences and what stands between them; joined, they are the text again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from translate.blocks import Kind, Spans, blocks
from translate.segment import spans

__all__ = ["Document", "Kind", "Sentence"]

# "Vor-" at a line's end before one of these words keeps its hyphen: "Vor- und Nachteile".
_JOINERS = frozenset(("und", "oder", "bis", "sowie", "als", "bzw.", "beziehungsweise"))
_END_HYPHEN = re.compile(r"(\w)-$")
_INVISIBLE = str.maketrans("", "", "\u00ad\u200b\u2060\ufeff")


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

    @property
    def plain(self) -> str:
        """The text as one line to read: unwrapped, words joined that a line's end had divided."""
        first, *rest = self.text.splitlines() or [""]
        parts = [first.rstrip()]
        for line in rest:
            line = line.lstrip(">\t ").rstrip()
            word = line.partition(" ")[0]
            hyphen = _END_HYPHEN.search(parts[-1][-2:])
            if hyphen and word and word not in _JOINERS:
                if hyphen[1].islower() and word[0].islower():
                    parts[-1] = parts[-1].removesuffix("-")
            elif not parts[-1].endswith("\u00ad"):
                parts.append(" ")
            parts.append(line)
        return " ".join("".join(parts).translate(_INVISIBLE).split())


@dataclass(frozen=True)
class Document:
    """`lead` (what stands before the first sentence) and the sentences."""

    lead: str
    sentences: tuple[Sentence, ...]

    @classmethod
    def parse(cls, text: str, spans: Spans = spans) -> "Document":
        """Split a text into sentences; `str()` of the result is `text` again.

        Markdown's block markup and plain-text habits are understood: headings (`#`, underlined,
        or a short line by itself without a final stop), list items, quotations with `>`, tables
        cell by cell, fenced code (verbatim). Lines that were wrapped at a width are joined; in
        a text that was not, every line is a paragraph.

        Args:
            text: German, unless `spans` is given.
            spans: the (start, end) of each sentence of a paragraph; by default of a German one.
        """
        found = [
            (start, end, _kind_of(text[start:end], block.kind))
            for block in blocks(text)
            for start, end in block.sentences(spans)
        ]
        if not found:
            return cls(text, ())
        nexts = [start for start, _, _ in found[1:]] + [len(text)]
        sentences = tuple(
            Sentence(text[start:end], text[end:following], kind)
            for (start, end, kind), following in zip(found, nexts, strict=True)
        )
        return cls(text[: found[0][0]], sentences)

    def with_texts(self, texts: Sequence[str]) -> "Document":
        """The same document with other sentences in its gaps."""
        pairs = zip(self.sentences, texts, strict=True)
        return Document(self.lead, tuple(replace(s, text=t) for s, t in pairs))

    def __str__(self) -> str:
        """The text, character for character."""
        return self.lead + "".join(s.text + s.gap for s in self.sentences)


_WORD = re.compile(r"[^\W\d_]{2}")
_ADDRESS = re.compile(  # of a page, a mailbox or a host
    r"(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+|[\w-]+(?:\.[\w-]+)*\.(?:at|ch|com|de|eu|net|org)(?:/\S*)?"
)


def _kind_of(sentence: str, block: Kind) -> Kind:
    return block if any(map(_is_word, sentence.split())) else "verbatim"


def _is_word(token: str) -> bool:
    return bool(_WORD.search(token)) and not _ADDRESS.fullmatch(token.strip("()<>[],;.!?"))
