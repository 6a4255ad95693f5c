"""English sentences become a short brief; every line knows its evidence."""

from summarize.line import Line
from summarize.summarizer import DEFAULT_SUMMARIZER, DEFAULT_WORDS, Summarizer, load

__all__ = ["DEFAULT_SUMMARIZER", "DEFAULT_WORDS", "Line", "Summarizer", "load"]
