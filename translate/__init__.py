"""A German document becomes an English one, sentence by sentence."""

from translate.document import Document, Sentence
from translate.glossary import Glossary, GlossaryError
from translate.translator import DEFAULT_MODEL, Note, Translation, Translator

__all__ = [
    "DEFAULT_MODEL",
    "Document",
    "Glossary",
    "GlossaryError",
    "Note",
    "Sentence",
    "Translation",
    "Translator",
]
