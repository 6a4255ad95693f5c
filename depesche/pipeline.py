"""The chain: items in, briefs or failures out, lazily and in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from depesche import __version__
from depesche.brief import Brief, Failure, InputError, Item, Warning
from depesche.check import Source
from depesche.language import require_english, require_german
from summarize import Line, english
from summarize.summarizer import Summarizer
from translate import Document, Glossary, Translation, Translator

# Sentences of many items go through each step together; an item is never divided.
WINDOW = 2048


@dataclass(frozen=True)
class Parsed:
    """An item and its documents; `title` is None where the text itself holds the title."""

    item: Item
    document: Document
    title: Document | None

    @property
    def sentences(self) -> int:
        """How many there are, the title's included."""
        return len(self.document.sentences) + (len(self.title.sentences) if self.title else 0)


class Pipeline:
    """Translates items, summarizes them, or both."""

    def __init__(
        self,
        translator: Translator | None,
        summarizer: Summarizer | None,
        *,
        words: int,
        force: bool = False,
    ) -> None:
        """Without a translator items are taken for English, without a summarizer none is made.

        Args:
            translator: of the German text.
            summarizer: of the English text.
            words: about how many a brief has.
            force: whatever the language of a text is.
        """
        self._translator = translator
        self._summarizer = summarizer
        # Right in a line even where the translator was told to do without the bundled ones.
        self._names = translator.glossary | Glossary.names() if translator else None
        self._words = words
        self._force = force

    @property
    def recipe(self) -> dict[str, Any]:
        """How briefs are made, as plain JSON."""
        recipe: dict[str, Any] = {"depesche": __version__}
        if self._translator:
            recipe["translator"] = self._translator.recipe
        if self._summarizer:
            recipe["summarizer"] = self._summarizer.recipe
            recipe["words"] = self._words
        return recipe

    def briefs(
        self, items: Iterable[Item | Failure], progress: Callable[[int], None] | None = None
    ) -> Iterator[Brief | Failure]:
        """A brief or a failure for each item; failures of reading pass through.

        Args:
            items: any number; a few thousand sentences of them are held at a time.
            progress: called with the number of sentences just translated.
        """
        for window in windows(map(self.parse, items)):
            yield from self.finish(window, progress)

    def parse(self, item: Item | Failure) -> Parsed | Failure:
        """What needs no model: the language is checked and sentences are found."""
        if isinstance(item, Failure):
            return item
        try:
            if not self._force:
                require = require_german if self._translator else require_english
                require(item)
        except InputError as error:
            return Failure(item, str(error))
        document = self._document(item.text)
        if not any(sentence.kind != "verbatim" for sentence in document.sentences):
            return Failure(item, "no sentences in it")
        title = item.title and " ".join(item.title.split())
        inside = not title or document.sentences[0].plain == title
        return Parsed(item, document, None if inside else self._document(title or ""))

    def _document(self, text: str) -> Document:
        return Document.parse(text) if self._translator else Document.parse(text, english.spans)

    def finish(
        self, window: list[Parsed | Failure], progress: Callable[[int], None] | None = None
    ) -> Iterator[Brief | Failure]:
        """What needs the models, for all items of a window together; threads may do it at once."""
        parsed = [entry for entry in window if isinstance(entry, Parsed)]
        documents = [d for p in parsed for d in (p.title, p.document) if d]
        translations = self._translated(documents, progress)
        titled = [(next(translations) if p.title else None, next(translations)) for p in parsed]
        lines = self._summarized([translation for _, translation in titled])
        finished = (
            self._brief(p, title, translation, found)
            for p, (title, translation), found in zip(parsed, titled, lines, strict=True)
        )
        for entry in window:
            yield entry if isinstance(entry, Failure) else next(finished)

    def _translated(
        self, documents: list[Document], progress: Callable[[int], None] | None
    ) -> Iterator[Translation]:
        if self._translator:
            return self._translator.translate_all(documents, progress)
        return (Translation(document, document) for document in documents)

    def _summarized(self, translations: list[Translation]) -> Iterator[list[Line] | None]:
        if not self._summarizer:
            yield from [None] * len(translations)
            return
        bodies = [body_sentences(translation.target) for translation in translations]
        texts = ([sentence for _, sentence in body] for body in bodies)
        for body, lines in zip(
            bodies, self._summarizer.summarize_all(texts, self._words), strict=True
        ):
            # The summarizer counts the sentences it was given; the brief counts the document's.
            yield [replace(ln, evidence=tuple(body[i][0] for i in ln.evidence)) for ln in lines]

    def _brief(
        self,
        parsed: Parsed,
        title: Translation | None,
        translation: Translation,
        lines: list[Line] | None,
    ) -> Brief:
        english_title = None
        if title:
            english_title = " ".join(str(title.target).split())
        elif parsed.item.title:
            english_title = translation.target.sentences[0].text
        warnings = [Warning(n.kind, n.detail, sentence=n.sentence) for n in translation.notes]
        if lines is not None:
            lines, doubts = _checked(lines, translation, self._source(translation))
            warnings += doubts
        return Brief(
            item=parsed.item,
            translation=translation,
            title=english_title,
            lines=None if lines is None else tuple(lines),
            warnings=tuple(warnings),
            recipe=self.recipe,
        )

    def _source(self, translation: Translation) -> Source:
        """What the lines of a brief are checked against."""
        text, german = (
            "\n".join(sentence.plain for sentence in document.sentences)
            for document in (translation.target, translation.source)
        )
        return Source(text, german, self._names) if self._translator else Source(text)


def windows(entries: Iterable[Parsed | Failure]) -> Iterator[list[Parsed | Failure]]:
    """Entries in groups of at most `WINDOW` sentences, or of one entry that has more.

    Where a window ends depends on nothing before its start: entries that begin with one make the
    same windows, whatever came before.
    """
    window: list[Parsed | Failure] = []
    sentences = 0
    for entry in entries:
        size = entry.sentences if isinstance(entry, Parsed) else 1
        if window and sentences + size > WINDOW:
            yield window
            window, sentences = [], 0
        window.append(entry)
        sentences += size
    if window:
        yield window


def body_sentences(document: Document) -> list[tuple[int, str]]:
    """The sentences a brief is made of, with their indices: what is neither heading nor wordless.

    A text of headings alone is summarized as it is.
    """
    worded = [(i, s) for i, s in enumerate(document.sentences) if s.kind != "verbatim"]
    prose = [(i, s) for i, s in worded if s.kind != "heading"]
    return [(i, s.plain) for i, s in prose or worded]


def _checked(
    lines: list[Line], translation: Translation, source: Source
) -> tuple[list[Line], list[Warning]]:
    """Lines that say what the English and the German behind it say, as far as can be seen.

    One that fails gives way to another wording that passes, else to the sentence it is closest to;
    where neither passes it stays, with a warning.
    """
    checked: list[Line] = []
    warnings: list[Warning] = []
    for line in lines:
        doubts = source.unsupported(line.text)
        if doubts:
            said = {other.text for other in checked}
            closest = [translation.target.sentences[i].plain for i in line.evidence[:1]]
            better = (text for text in (*line.alternatives, *closest) if text not in said)
            passing = next((text for text in better if not source.unsupported(text)), None)
            if passing:
                line = replace(line, text=passing)
            else:
                detail = f"not found in the text: {', '.join(doubts)}"
                warnings.append(Warning("unsupported", detail, line=len(checked)))
        if line.note:
            warnings.append(Warning("summary", line.note, line=len(checked)))
        checked.append(line)
    return checked, warnings
