"""Bytes of any encoding found in the wild become clean text."""

import codecs
import re
import unicodedata

from depesche.brief import InputError

# The longer marks first: UTF-32's begins as UTF-16's does.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Of the encodings that give every byte a letter, the first wins where nothing speaks for another.
# charset-normalizer gets a third of single German lines in cp1252 wrong, mostly as cp1250.
LEGACY = ("cp1252", "cp850", "mac-roman")
UMLAUT_IN_WORD = re.compile(r"(?<=[A-Za-z])[äöüß](?=[a-z])")

# Charsets a German page can declare; some of Python's codecs (punycode) take quadratic time.
DECLARABLE = ("cp", "iso8859", "mac", "utf-16")

# How HTML and XML name their charset, and within how many bytes.
IN_MARKUP = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w:.-]+)|<\?xml[^>]{0,100}encoding=[\"']([\w:.-]+)",
    re.IGNORECASE,
)
HEAD = 4096

SAMPLE = 1 << 16  # bytes that are looked at to tell an encoding

# What no reader sees and every tokenizer trips over: soft hyphens, zero-width characters (a joiner
# between emoji stays) and control characters.
CONTROL = r"\x00-\x08\x0e-\x1f\x7f"
INVISIBLE = re.compile(rf"[\u00ad\u200b-\u200d\u2060\ufeff{CONTROL}](?<!\W\u200d(?=\W))")
MAX_CONTROLS = 0.01  # of the characters; above, it is no text


def decode(data: bytes, declared: str | None = None) -> str:
    """Bytes as text, by their mark, as UTF-8, as declared, or as German in an older encoding.

    What decodes as UTF-8 is UTF-8, whatever is declared: other encodings hardly ever do by chance.

    Args:
        data: the whole text.
        declared: the charset named by an HTTP header or an HTML page.

    Raises:
        InputError: it is binary.
    """
    text = _marked(data) or _unicode(data) or _declared(data, declared) or _legacy(data)
    sample = text[:SAMPLE]
    if len(re.findall(f"[{CONTROL}]", sample)) > max(1, MAX_CONTROLS * len(sample)):
        raise InputError("it is binary, not a text")
    return text


def declared(data: bytes) -> str | None:
    """The charset that an HTML page or an XML document names."""
    found = IN_MARKUP.search(data[:HEAD])
    return (found[1] or found[2]).decode("ascii") if found else None


def clean(text: str) -> str:
    r"""Normalize to NFC, drop what is invisible, and end lines with \n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", INVISIBLE.sub("", text))


def _marked(data: bytes) -> str | None:
    for mark, codec in MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace")
    return None


def _unicode(data: bytes) -> str | None:
    """The text if it is UTF-8 or UTF-16 without a mark; single bad bytes become U+FFFD."""
    high, low = data[0:SAMPLE:2], data[1:SAMPLE:2]
    for zeros, others, codec in ((low, high, "utf-16-le"), (high, low, "utf-16-be")):
        # In a Latin text nearly every other byte is zero.
        if zeros.count(0) > 0.8 * len(zeros) and others.count(0) < 0.01 * len(others):
            return data.decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return text if good > bad else None


def _declared(data: bytes, charset: str | None) -> str | None:
    try:
        codec = codecs.lookup(charset or "").name
        if not codec.startswith(DECLARABLE):
            return None
        # What calls itself Latin-1 is Windows' superset of it, as in every browser.
        return data.decode("cp1252" if codec == "iso8859-1" else codec)
    except (LookupError, ValueError):
        return None


def _legacy(data: bytes) -> str:
    def umlauts(codec: str) -> int:
        return len(UMLAUT_IN_WORD.findall(data[:SAMPLE].decode(codec, "replace")))

    return data.decode(max(LEGACY, key=umlauts), "replace")
