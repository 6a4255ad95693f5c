"""What is evaluated on: parallel lines, and articles with their summaries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from depesche.archive import UNPACKED
from depesche.brief import InputError
from depesche.charset import clean, decode
from depesche.language import NAMES, detect


@dataclass(frozen=True)
class Example:
    """An article and a person's summary of it; `language` is the article's, "de" or "en"."""

    article: str
    summary: str
    language: str


def parallel(source: Path, reference: Path) -> tuple[list[str], list[str]]:
    """The lines of two files (also .gz and .zst) that translate each other, German and English.

    Raises:
        InputError: a file cannot be read or is empty, their lines differ in number, or the source
            is not German.
    """
    german, english = _lines(source), _lines(reference)
    if len(german) != len(english):
        raise InputError(
            f"{source} has {len(german):,} lines and {reference} {len(english):,}: "
            "a line of one must translate the same line of the other"
        )
    language = detect("\n".join(german))
    if language != "de":
        raise InputError(f"{source} is {NAMES.get(language, language)}, not German")
    return german, english


def examples(path: Path) -> list[Example]:
    """Those of a file (also .gz and .zst) with a JSON object a line: `article` and `summary`.

    Raises:
        InputError: the file cannot be read, is empty, or has a line that is no example.
    """
    return list(_examples(path))


def _examples(path: Path) -> Iterator[Example]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            article, summary = clean(row["article"]), clean(row["summary"])
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise InputError(
                f"{path}:{number} is no JSON object with the texts `article` and `summary`"
            ) from None
        language = detect(article)
        if language not in ("de", "en"):
            name = NAMES.get(language, language)
            raise InputError(f"{path}:{number}: the article is {name}, neither German nor English")
        yield Example(article, summary, language)


def _lines(path: Path) -> list[str]:
    """The lines of a file, in whatever encoding; at least one of them has text."""
    unpacked = UNPACKED.get(path.suffix.lower().removeprefix("."))
    try:
        with path.open("rb") as raw:
            data: bytes = unpacked(raw).read() if unpacked else raw.read()
        text = clean(decode(data))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except Exception as error:  # every packing breaks in its own way
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(f"{path} cannot be read: {' '.join(reason.split())}") from None
    if not text.strip():
        raise InputError(f"{path} is empty")
    return text.removesuffix("\n").split("\n")
