"""A PDF's text is what its author wrote, not how it was printed; hostile ones end."""

import io
import time

import pytest

from depesche import pdf
from depesche.brief import InputError
from tests.documents import Printed, paragraphs, pdf_of, saved, stream, typeset
from tests.documents import pdf as printed


def lines(*texts: str, size: float = 10, top: float = 700) -> list[Printed]:
    return [Printed(72, top - 14 * i, size, text) for i, text in enumerate(texts)]


@pytest.mark.parametrize("name", ["politik.txt", "umbruch.txt"])
def test_paragraphs_come_back_from_several_pages(name: str) -> None:
    """Divided words, page breaks within sentences, running headers and page numbers."""
    texts = [" ".join(text.split()) for text in paragraphs(name)]
    assert pdf.text(typeset(texts)).split("\n\n") == texts


def test_hyphens_that_belong_to_the_word_stay() -> None:
    page = lines(
        "Die Regierung will nach langer Beratung die Nord-",
        "und die Südseite des Hafens ausbauen; die CDU-",
        "Fraktion hat einen Antrag gestellt, den der 72-",
        "jährige Vorsitzende am Abend im Landtag begrün-",
        "dete, ohne dass ihm jemand zuhören wollte, und",
    )
    assert pdf.text(printed([page])) == (
        "Die Regierung will nach langer Beratung die Nord- und die Südseite des Hafens ausbauen;"
        " die CDU-Fraktion hat einen Antrag gestellt, den der 72-jährige Vorsitzende am Abend im"
        " Landtag begründete, ohne dass ihm jemand zuhören wollte, und"
    )


def test_a_date_at_a_lines_beginning_is_no_list() -> None:
    page = lines(
        "Die Abgeordneten stimmen über den Antrag erst am",
        "5. April ab, wie die Präsidentin am Montag sagte.",
    )
    assert "\n" not in pdf.text(printed([page]))


def test_items_of_a_list_stay_apart() -> None:
    page = lines(
        "Der Leitfaden nennt drei Punkte, die zu beachten sind:",
        "• das Datum und die Uhrzeit, seit wann die Heizung aus",
        "ist,",
        "• eine Frist.",
    )
    assert pdf.text(printed([page])).split("\n") == [
        "Der Leitfaden nennt drei Punkte, die zu beachten sind:",
        "• das Datum und die Uhrzeit, seit wann die Heizung aus ist,",
        "• eine Frist.",
    ]


def test_only_what_repeats_at_the_edge_of_pages_is_dropped() -> None:
    body = "Der Haushalt steigt auf 5 Millionen Euro."
    pages = [
        [
            Printed(72, 800, 8, "Seite 1"),
            *lines("Erster Satz der ersten Seite.", body, "Ende."),
            Printed(72, 60, 10, "Nur hier unten."),
        ],
        [Printed(72, 800, 8, "Seite 2"), *lines("Zweite Seite.", body, "Schluss."),
         Printed(72, 60, 10, "Und anders hier.")],
    ]  # fmt: skip
    text = pdf.text(printed(pages))
    assert "Seite" not in text.replace("ersten Seite", "").replace("Zweite Seite", "")
    assert text.count(body) == 2
    assert "Nur hier unten." in text
    assert "Und anders hier." in text


def test_ligatures_become_letters() -> None:
    """No vocabulary has a word with one."""
    font = b"/BaseFont/Helvetica/Encoding/WinAnsiEncoding"
    ligature = b"/BaseFont/A/Encoding<</Differences[33/fi]>>".ljust(len(font))
    data = pdf_of([b"BT /F 10 Tf 72 700 Td (Das !nde ich gut.) Tj ET"]).replace(font, ligature)
    assert pdf.text(data) == "Das finde ich gut."


def test_two_columns_are_read_one_after_the_other() -> None:
    left = lines("Die Häfen an der Küste sind", "für neue Schiffe zu flach, sagt")
    right = [
        Printed(320, line.y, 10, text)
        for line, text in zip(
            left, ("die Ministerin, die nun im", "Herbst bauen will."), strict=True
        )
    ]
    assert pdf.text(printed([[*left, *right]])) == (
        "Die Häfen an der Küste sind für neue Schiffe zu flach, sagt die Ministerin, die nun im"
        " Herbst bauen will."
    )


def encrypted(password: str) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=io.BytesIO(typeset(paragraphs("notiz.txt"))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    return saved(writer)


def test_encrypted_is_refused_and_protected_against_printing_is_read() -> None:
    with pytest.raises(InputError, match="encrypted"):
        pdf.text(encrypted("geheim"))
    assert "Rohrbruchs" in pdf.text(encrypted(""))


def test_scanned_is_refused_with_what_helps() -> None:
    with pytest.raises(InputError, match="OCR"):
        pdf.text(pdf_of([b"0 0 595 842 re f"]))


@pytest.mark.parametrize("part", [0.01, 0.3, 0.7, 0.95])
def test_a_broken_download_is_refused_not_read_in_part(part: float) -> None:
    whole = typeset(paragraphs("politik.txt"))
    with pytest.raises(InputError, match="broken"):
        pdf.text(whole[: int(len(whole) * part)])


FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 3 0 R>>>>"
TEXT = b"BT /F 9 Tf " + b"(a) Tj\n" * 9_999
HOSTILE = {
    "zeros": pdf_of([b"\0" * 11_000_000]),
    "operators": pdf_of([TEXT * 20]),
    "nesting": pdf_of([b"[" * 1_000_000]),
    "forms": pdf_of([b"/X Do " * 4900], b"/XObject<</X 4 0 R>>", [stream(TEXT, FORM)]),
    "pages": pdf_of([TEXT] * 200),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_with_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some kilobytes must not take the machine for hours."""
    monkeypatch.setattr(pdf, "SECONDS", 1.0)
    monkeypatch.setattr(pdf, "MAX_OPERATIONS", 100_000)
    start = time.monotonic()
    with pytest.raises(InputError, match=r"oversized|more than 1 s"):
        pdf.text(HOSTILE[name])
    assert time.monotonic() - start < 10


def test_pages_that_contain_each_other_end() -> None:
    data = pdf_of([b""]).replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]")
    with pytest.raises(InputError, match="broken"):
        pdf.text(data)
