"""Pieces of HTML, such as stand in feeds and in the rows of an archive, as plain text."""

import re

_BREAKS = set("blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p table td tr ul".split())
_BREAK = re.compile(rf"<({'|'.join(_BREAKS)})\b", re.IGNORECASE)
_HIDDEN = set("figure head iframe noscript object script style svg template title".split())
_ESCAPED_TAG = re.compile(r"</?(a|b|br|div|em|i|img|p|span|strong)\b[^>]{0,500}>", re.IGNORECASE)
_DOCUMENT = re.compile(r"</?(html|body)\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?([a-z][a-z\d]*)\b[^<>]*>", re.IGNORECASE)
# What no text has but one in HTML.
_TAG = re.compile(
    r"</?(a|b|blockquote|br|div|em|figure|h[1-6]|i|img|li|ol|p|span|strong|table|td|tr|ul)"
    r"(\s[^<>]{0,500})?/?>|&(amp|nbsp|quot|lt|gt|[aouAOU]uml|szlig|#\d{2,6});",
    re.IGNORECASE,
)


def unmarked(text: str) -> str:
    """A text that may be HTML as plain text, an empty line between its paragraphs.

    Where no tag breaks a line, its own lines stay; where nothing is HTML, all stays.
    """
    if not _TAG.search(text):
        return text
    if _BREAK.search(text):
        return "\n\n".join(plain(" ".join(text.split())).split("\n"))
    return "\n".join(map(plain, text.split("\n")))


def plain(html: str) -> str:
    """What a reader sees of HTML, a line for each paragraph; what was escaped twice, too."""
    text = _rendered(html)
    return _rendered(text) if _ESCAPED_TAG.search(text) else text


def _rendered(html: str, *, is_flat: bool = False) -> str:
    from lxml.etree import LxmlError, iterwalk
    from lxml.html import HTMLParser, document_fromstring

    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    try:
        # Without `huge_tree` what is long or deep would be cut in silence, as would be what comes
        # after the end of a document.
        parser = HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
        tree = document_fromstring(f"<div>{_DOCUMENT.sub(' ', html)}</div>", parser=parser)
    except (LxmlError, ValueError):
        return ""
    if parser.error_log.filter_from_fatals():  # cut even so, where more than 2,048 tags nest
        return "" if is_flat else _rendered(_flat(html), is_flat=True)
    parts: list[str] = []
    walk = iterwalk(tree, events=("start", "end"))
    for event, node in walk:
        if node.tag in _BREAKS:
            parts.append("\n")
        if event == "end":
            parts.append(node.tail or "")
        elif node.tag in _HIDDEN:
            walk.skip_subtree()
        else:
            parts.append(node.text or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(filter(None, lines))


def _flat(html: str) -> str:
    """HTML of which only hidden parts nest: what breaks lines is a break, and no other tag is."""

    def flat(tag: re.Match[str]) -> str:
        name = tag[1].lower()
        return tag[0] if name in _HIDDEN else "<br>" if name in _BREAKS else ""

    return _ANY_TAG.sub(flat, html)
