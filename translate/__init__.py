"""A German document becomes an English one, sentence by sentence."""

from translate.document import Document, Sentence
from translate.translator import Translation, Translator

__all__ = ["Document", "Sentence", "Translation", "Translator"]
