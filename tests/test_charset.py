"""Bytes of any encoding become clean German text."""

import codecs
import random
import time
from pathlib import Path

import pytest

from depesche.brief import InputError
from depesche.charset import clean, decode

TEXT = "Die Bürger von Großenwarden fürchten höhere Gebühren.\nÜberall – sogar in Österreich."


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp850", "mac-roman"],
)
def test_umlauts_survive_every_encoding_in_use(codec: str) -> None:
    assert clean(decode(TEXT.replace("–", "-").encode(codec))) == TEXT.replace("–", "-")


def test_big_endian_utf16_with_a_mark() -> None:
    assert decode(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")) == TEXT


def test_latin_1_is_read_as_windows_means_it() -> None:
    """Quotes and the euro sign of a file or page that calls itself Latin-1 would be lost."""
    text = "„Das kostet 5 €“, sagte er – natürlich."
    assert decode(text.encode("cp1252")) == text
    assert decode(text.encode("cp1252"), "ISO-8859-1") == text


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_single_lines_in_old_encodings(codec: str) -> None:
    """Short notices are where guessing goes wrong; training text, so not one on which we report."""
    path = Path(__file__).parents[1].parent / "shared" / "corpus" / "train" / "debian_news.de"
    if not path.exists():
        pytest.skip("the shared corpus is not here")
    lines = path.read_text(encoding="utf-8").splitlines()
    plain = [line for line in lines if any(c in "äöüß" for c in line) and _fits(line, codec)]
    for line in random.Random(0).sample(plain, 500):
        assert decode(line.encode(codec)) == line


def _fits(line: str, codec: str) -> bool:
    return line.encode(codec, "ignore").decode(codec) == line


def test_a_declared_charset_is_believed() -> None:
    assert decode("Preis: 5 €".encode("iso8859-15"), "ISO-8859-15") == "Preis: 5 €"


def test_a_wrongly_declared_charset_spoils_nothing() -> None:
    assert decode(TEXT.encode(), "ISO-8859-1") == TEXT
    assert decode(TEXT.encode("cp1252"), "utf-8") == TEXT
    assert decode(TEXT.encode("cp1252"), "no-such-charset") == TEXT
    assert decode(TEXT.encode("cp1252"), "a\0b") == TEXT


def test_a_charset_that_is_slow_on_purpose_is_not_used() -> None:
    start = time.process_time()
    decode(b"b\xfc" * 200_000, "punycode")
    assert time.process_time() - start < 1


def test_one_bad_byte_does_not_spoil_the_rest_and_is_seen() -> None:
    assert decode(TEXT.encode() + b" \xfc") == TEXT + " \ufffd"


def test_soft_hyphens_and_zero_width_characters_go() -> None:
    assert clean("Haus\u00adhalt \u200bund\ufeff Woh\u200cnung\u2060 hier\u200d.") == (
        "Haushalt und Wohnung hier."
    )


def test_a_joined_emoji_stays_whole() -> None:
    assert clean("👩\u200d💻") == "👩\u200d💻"


def test_decomposed_umlauts_are_composed() -> None:
    """As macOS writes them; no tokenizer knows them."""
    assert clean("u\u0308ber") == "über"


def test_line_ends_of_every_system() -> None:
    assert clean("a\r\nb\rc\nd") == "a\nb\nc\nd"


@pytest.mark.parametrize(
    "data",
    [random.Random(0).randbytes(5000), b"\0" * 100, b"Text\0\0\0\0\0mit\0\0\0Nullen" * 9],
    ids=["noise", "zeros", "zeros between"],
)
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="binary"):
        decode(data)


def test_an_old_end_mark_makes_no_text_binary() -> None:
    """DOS ended text files with Ctrl-Z."""
    assert clean(decode(b"Ein kurzer Text.\r\n\x1a")) == "Ein kurzer Text.\n"
