"""What comes from outside, made safe to show; and the small words that every page needs."""

import json
import re
from collections.abc import Iterator
from typing import Any

_URL = re.compile(r"https?://[^\s<>\x00-\x20\x7f]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
_NOT_IN_XML = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_SPECIAL = re.compile(r"[\\`*^\[\]<~|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|(?<=\s)#(?=#*$)")
_SPECIAL_AT_START = re.compile(r"^([-+=#>])|^(\d{1,9})([.)])(?=\s|$)")


def one_line(text: str) -> str:
    """The text without line breaks and runs of spaces."""
    return " ".join(text.split())


def is_link(url: str | None) -> bool:
    """Whether it may be followed: a feed can say anything."""
    return _URL.fullmatch(url or "") is not None


def printable(text: str) -> str:
    """The text with what could steer a terminal replaced."""
    return _CONTROL.sub("\ufffd", text)


def for_xml(text: str) -> str:
    """The text with what XML 1.0 cannot hold, escaped or not, replaced."""
    return _NOT_IN_XML.sub("\ufffd", text)


def markdown(text: str) -> str:
    """Markdown that reads as `text`, whatever is in it."""
    text = _SPECIAL.sub(r"\\\g<0>", one_line(text))
    return _SPECIAL_AT_START.sub(r"\2\\\1\3", text)


def leaves(recipe: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a recipe, under dotted names."""
    if isinstance(recipe, dict):
        for key, inner in recipe.items():
            yield from leaves(inner, f"{name}.{key}" if name else key)
    else:
        yield name, recipe if isinstance(recipe, str) else json.dumps(recipe, ensure_ascii=False)
