"""English sentences become a short brief; every line knows its evidence."""

from summarize.line import Line

__all__ = ["Line"]
