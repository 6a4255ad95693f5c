"""The article of an HTML page, without the page around it."""

import json
import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from depesche.brief import InputError
from depesche.furniture import CONSENT_BUTTON, asks_consent, is_furniture, is_paywall

if TYPE_CHECKING:
    from lxml.etree import _Element

# trafilatura reports every odd page; what matters is raised. An application may still listen.
logging.getLogger("trafilatura").addHandler(logging.NullHandler())
logging.getLogger("htmldate").addHandler(logging.NullHandler())

# No article is larger, and trafilatura takes up to half a minute for that much.
MAX_CHARACTERS = 5_000_000
MAX_ELEMENTS = 50_000
MAX_DEPTH = 512  # of elements in one another, as in browsers
STUB_WORDS = 200  # an article that is longer is no teaser, whatever the page sells

# lxml takes no str that declares an encoding, and nothing after the first end of a document, which
# careless templates have in the middle of an article.
_DECLARATION_OR_END = re.compile(r"\A\s*<\?xml[^>]{0,200}>|</(?:body|html)\s*>", re.IGNORECASE)
_PUBLISHED = """
    //meta[@property="article:published_time" or @property="og:article:published_time"
        or @itemprop="datePublished" or @name="date" or @name="pubdate" or @name="DC.date.issued"
    ]/@content
    | //time[@itemprop="datePublished" or @pubdate]/@datetime
"""
_LOCKED = '//meta[@property="article:content_tier" or @name="article:content_tier"]/@content'
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}

Wall = Literal["consent", "paywall"]


@dataclass(frozen=True)
class Article:
    """An article and what its page says about it; None where it says nothing.

    `text` is Markdown without emphasis and without the title: "## " before headings, "- " before
    list items, "> " before quotations. `published` has a time zone only where the page gives one;
    where it gives a day alone, that day begins it. `wall` says that the text is no article but a
    request for consent ("consent") or only its beginning ("paywall").
    """

    text: str
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    section: str | None = None
    image: str | None = None
    url: str | None = None
    wall: Wall | None = None


@dataclass(frozen=True)
class _Block:
    """A paragraph, heading, list, quotation or table: its lines and what stands before each."""

    tag: str
    lines: tuple[str, ...]
    mark: str = ""

    def __str__(self) -> str:
        return "\n".join((self.mark + line).rstrip() for line in self.lines)

    @property
    def words(self) -> int:
        return sum(len(line.split()) for line in self.lines)

    @property
    def is_furniture(self) -> bool:
        if self.tag == "list":
            return all(map(is_furniture, self.lines))
        return is_furniture(" ".join(self.lines))


def parse(html: str, url: str | None = None) -> Article:
    """Extract the article of a page.

    Args:
        html: the page.
        url: where it was fetched from, if it was; the page's own canonical link otherwise.

    Raises:
        InputError: there is no article in it, or it is too large to be one.
    """
    from lxml.etree import LxmlError
    from lxml.html import HTMLParser, document_fromstring
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    if len(html) > MAX_CHARACTERS:
        raise InputError(f"the page is larger than {MAX_CHARACTERS // 1_000_000} MB")
    try:
        # Without `huge_tree` the page would be cut at half of our depth, in silence.
        parser = HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
        tree = document_fromstring(_DECLARATION_OR_END.sub("", html), parser)
    except LxmlError:
        raise InputError("no article in this page") from None
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        raise InputError(f"the page has more than {MAX_ELEMENTS:,} elements")
    if tree.xpath("/*" * (MAX_DEPTH + 1)):
        raise InputError(f"the page nests more than {MAX_DEPTH} elements in one another")
    schema = list(_schema(tree))
    document = bare_extraction(
        tree, url=url, favor_precision=True, include_comments=False, with_metadata=True
    )
    if not isinstance(document, Document):
        if CONSENT_BUTTON.search(html):
            return Article("", wall="consent")
        raise InputError("no article in this page")
    found = list(_blocks(document.body))
    kept = _without_furniture(found)
    headline, kept = _headline(kept)
    article = Article(
        text="\n\n".join(map(str, kept)),
        title=headline or document.title,
        author=document.author,
        publisher=document.sitename,
        published=_published(tree, schema),
        section=next(iter(document.categories or ()), None),
        image=document.image,
        url=url or document.url,
        wall=_wall(html, tree, schema, found, kept),
    )
    if not article.text and not article.wall:
        raise InputError("no article in this page")
    return article


def _blocks(body: "_Element") -> Iterator[_Block]:
    """The blocks of trafilatura's simplified tree."""
    for element in body:
        tag = str(element.tag)
        if tag == "head":
            mark = _HEADINGS.get(element.get("rend", ""), "## ")
            block = _Block(tag, (" ".join(_lines(element)),), mark)
        elif tag == "list":
            items = [" ".join(_lines(item)) for item in element.iter("item")]
            if element.get("rend") == "ol":
                items = [f"{number}. {item}" for number, item in enumerate(items, 1)]
            block = _Block(tag, tuple(items), "" if element.get("rend") == "ol" else "- ")
        elif tag == "quote":
            block = _Block(tag, tuple(_lines(element)), "> ")
        elif tag == "table":
            rows = (map(_cell, row.iter("cell")) for row in element.iter("row"))
            block = _Block(tag, tuple(f"| {' | '.join(row)} |" for row in rows))
        else:
            block = _Block(tag, tuple(_lines(element)))
        if any(block.lines):
            yield block
        if element.tail and element.tail.strip():
            yield _Block("p", (" ".join(element.tail.split()),))


def _lines(element: "_Element") -> list[str]:
    """The text of an element, divided at its line breaks and paragraphs; lists in it are not."""
    parts: list[str] = []

    def walk(node: "_Element") -> None:
        if node.tag in ("lb", "p"):
            parts.append("\n")
        parts.append(node.text or "")
        for child in node:
            if child.tag != "list":
                walk(child)
            parts.append(child.tail or "")

    walk(element)
    return [" ".join(line.split()) for line in "".join(parts).strip().split("\n")]


def _cell(element: "_Element") -> str:
    return " ".join(_lines(element)).replace("|", "/")


def _without_furniture(blocks: list[_Block]) -> list[_Block]:
    """The blocks of the article; a list goes with the promoting line above it."""
    kept: list[_Block] = []
    promoted = False
    for block in blocks:
        if block.is_furniture:
            promoted = block.tag in ("head", "p")
        elif not (promoted and block.tag == "list"):
            kept.append(block)
            promoted = False
    return kept


def _headline(blocks: list[_Block]) -> tuple[str | None, list[_Block]]:
    """The main heading, if it is near the top, and the blocks after it and what belongs to it."""
    for index, block in enumerate(blocks[:4]):
        if block.mark == "# ":
            return block.lines[0], blocks[index + 1 :]
        if str(block).endswith((".", "!", "?", "“")):  # a sentence, no kicker or section name
            break
    return None, blocks


def _wall(
    html: str,
    tree: "_Element",
    schema: list[dict[str, Any]],
    found: list[_Block],
    kept: list[_Block],
) -> Wall | None:
    if sum(block.words for block in kept) > STUB_WORDS:
        return None
    asking = sum(block.words for block in found if asks_consent(" ".join(block.lines)))
    if CONSENT_BUTTON.search(html) and 2 * asking >= sum(block.words for block in found):
        return "consent"
    sold = any(str(entry.get("isAccessibleForFree")).lower() == "false" for entry in schema)
    locked = any(tier in ("locked", "metered") for tier in tree.xpath(_LOCKED))
    # An offer that the article goes on after is for another one.
    after = found[found.index(kept[-1]) + 1 :] if kept else found
    if sold or locked or any(is_paywall(" ".join(block.lines)) for block in after):
        return "paywall"
    return None


def _published(tree: "_Element", schema: list[dict[str, Any]]) -> datetime | None:
    """When the page says it was published; neither its text nor its URL is searched for a date."""
    values = [*tree.xpath(_PUBLISHED), *(entry.get("datePublished") for entry in schema)]
    for value in values:
        try:
            return datetime.fromisoformat(str(value).strip())
        except ValueError:
            continue
    return None


def _schema(tree: "_Element") -> Iterator[dict[str, Any]]:
    """The schema.org objects of the page (JSON-LD) that describe an article or a part of one."""
    for script in tree.xpath('//script[@type="application/ld+json"]'):
        try:
            pending = deque([json.loads(script.text or "", strict=False)])
        except (ValueError, RecursionError):
            # trafilatura's regular expressions take quadratic time over what is no JSON.
            script.drop_tree()
            continue
        while pending:
            entry = pending.popleft()
            if isinstance(entry, list):
                pending += entry
            elif isinstance(entry, dict):
                pending += [entry[key] for key in ("@graph", "hasPart") if key in entry]
                yield entry
