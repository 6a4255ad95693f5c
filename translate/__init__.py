"""A German document becomes an English one, sentence by sentence."""

from translate.document import Document, Sentence
from translate.glossary import Glossary
from translate.translator import DEFAULT_MODEL, Note, Translation, Translator

__all__ = ["DEFAULT_MODEL", "Document", "Glossary", "Note", "Sentence", "Translation", "Translator"]
