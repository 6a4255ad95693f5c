"""Documents in, translations out: sentences of many documents pooled into large engine calls."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from seq2seq import Seq2Seq
from translate import capitals
from translate.cascade import Cascade, Rendering
from translate.document import Document
from translate.glossary import Glossary

DEFAULT_MODEL = "Helsinki-NLP/opus-mt-de-en"
# Sentences that go to the engine together: enough to fill every batch, few enough to hold.
WINDOW = 2048
# Longer sources are rare in what Marian models were trained on, and lose words.
LONGEST_SOURCE = 200
# English takes fewer tokens than German; thrice as many is a loop.
LONGEST_RATIO = 3.0
# As the corpora of OPUS were written on which the models were trained; „ they left alone.
OPUS_PUNCTUATION = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "…": "..."})


@dataclass(frozen=True)
class Note:
    """What a reader should know about the translation of one sentence."""

    sentence: int
    kind: str
    detail: str


@dataclass(frozen=True)
class Translation:
    """Two documents of one sentence count: sentence i of `target` translates i of `source`."""

    source: Document
    target: Document
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if len(self.source.sentences) != len(self.target.sentences):
            raise ValueError("source and target differ in their number of sentences")


class Translator:
    """Translates documents with one model."""

    def __init__(
        self,
        model: Seq2Seq,
        *,
        beam: int | None = None,
        glossary: Glossary | None = None,
        cascade: bool = True,
    ) -> None:
        """A translator that uses `model`.

        Args:
            model: of German to English.
            beam: hypotheses followed at a time; None takes the model's own number.
            glossary: terms that must come out as it says; None takes the bundled names.
            cascade: try again what fails its check; without, the check only tells.
        """
        self._model = model
        self._decoding = replace(
            model.decoding, beam=beam or model.decoding.beam, max_ratio=LONGEST_RATIO
        )
        self.glossary = Glossary.names() if glossary is None else glossary
        longest = min(model.limit, LONGEST_SOURCE)
        self._retries = cascade
        self._cascade = Cascade(model, self._decoding, longest, self.glossary, retries=cascade)

    @classmethod
    def load(
        cls,
        name: str = DEFAULT_MODEL,
        *,
        beam: int | None = None,
        glossary: Glossary | None = None,
        **how: Any,
    ) -> "Translator":
        """A translator with the model `name`; `how` is passed to `seq2seq.load`."""
        from seq2seq import load

        return cls(load(name, **how), beam=beam, glossary=glossary)

    @property
    def recipe(self) -> dict[str, Any]:
        """How translations are made, as plain JSON."""
        how = {**asdict(self._model.recipe), "beam": self._decoding.beam}
        return {**how, "glossary": self.glossary.digest, "cascade": self._retries}

    def translate(self, document: Document) -> Translation:
        """Translate one document."""
        return next(self.translate_all([document]))

    def translate_all(
        self,
        documents: Iterable[Document],
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[Translation]:
        """Translate documents, lazily and in order.

        Args:
            documents: any number; a few thousand sentences of them are held at a time.
            progress: called with the number of sentences just finished.
        """
        for window in _windows(documents):
            readable = [text for document in window for text in _readable(document)]
            english = self._rendered(readable, progress)
            for document in window:
                yield _joined(document, english)

    def _rendered(
        self, texts: Sequence[str], progress: Callable[[int], None] | None
    ) -> Iterator[Rendering]:
        """English of each text; equal texts are translated once."""
        for start in range(0, len(texts), WINDOW):
            chunk = texts[start : start + WINDOW]
            unique = list(dict.fromkeys(chunk))
            english = dict(zip(unique, self._cascade.render(unique), strict=True))
            if progress:
                progress(len(chunk))
            yield from (english[text] for text in chunk)


def _windows(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents in groups of about `WINDOW` sentences."""
    window: list[Document] = []
    sentences = 0
    for document in documents:
        window.append(document)
        sentences += len(document.sentences)
        if sentences >= WINDOW:
            yield window
            window, sentences = [], 0
    if window:
        yield window


def _readable(document: Document) -> Iterator[str]:
    """What the model reads of each sentence that has words."""
    known: dict[str, str] | None = None
    for sentence in document.sentences:
        if sentence.kind == "verbatim":
            continue
        text = sentence.plain
        if capitals.is_capitals(text):
            if known is None:
                known = capitals.spellings(s.plain for s in document.sentences)
            text = capitals.as_sentence(text, known)
        yield text.translate(OPUS_PUNCTUATION)


def _joined(document: Document, english: Iterator[Rendering]) -> Translation:
    """The translation of `document`, whose readable sentences' English comes next."""
    texts: list[str] = []
    notes: list[Note] = []
    for index, sentence in enumerate(document.sentences):
        if sentence.kind == "verbatim":
            texts.append(sentence.text)
            continue
        rendering = next(english)
        is_capitals = capitals.is_capitals(sentence.plain)
        texts.append(rendering.text.upper() if is_capitals else rendering.text)
        notes += [Note(index, finding.kind, finding.detail) for finding in rendering.findings]
    return Translation(document, document.with_texts(texts), tuple(notes))
