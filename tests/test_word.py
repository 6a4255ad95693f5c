"""A Word file's text in reading order, with its structure; broken and hostile files are refused."""

import io
import zipfile
from pathlib import Path

import pytest

from depesche import word
from depesche.brief import InputError
from tests.documents import docx, paragraphs, saved

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def with_body(xml: str) -> bytes:
    """A Word file whose main part is replaced."""
    return with_part(
        "word/document.xml", f"<w:document {W} {MC}><w:body>{xml}</w:body></w:document>"
    )


def with_part(name: str, content: str) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(docx([])))
    file = io.BytesIO()
    with source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            target.writestr(entry, content if entry == name else source.read(entry))
    return file.getvalue()


def test_paragraphs() -> None:
    texts = paragraphs("politik.txt")
    assert word.text(docx(("Normal", text) for text in texts)).split("\n\n") == texts


def test_headings_lists_quotes_and_tables_keep_their_marks() -> None:
    from docx import Document

    document = Document()
    document.add_paragraph("Leitfaden", "Title")
    document.add_heading("Zuerst", 1)
    document.add_paragraph("Ein Satz.")
    document.add_paragraph("erstens", "List Bullet")
    document.add_paragraph("zweitens", "List Number")
    document.add_paragraph("Ein Zitat.", "Intense Quote")
    table = document.add_table(2, 2)
    for cell, text in zip((c for r in table.rows for c in r.cells), "abcd", strict=True):
        cell.text = text
    document.add_paragraph("Nach der Tabelle.")
    assert word.text(saved(document)) == (
        "# Leitfaden\n\n# Zuerst\n\nEin Satz.\n\n- erstens\n- zweitens\n\n> Ein Zitat.\n\n"
        "| a | b |\n| c | d |\n\nNach der Tabelle."
    )


def test_a_style_looks_as_what_it_is_based_on() -> None:
    """Editorial offices have styles of their own."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE

    document = Document()
    own = document.styles.add_style("Hausstil Zwischentitel", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = document.styles["Heading 2"]
    document.add_paragraph("Streit um das Geld", own)
    assert word.text(saved(document)) == "## Streit um das Geld"


def test_tracked_changes_are_read_as_accepted() -> None:
    """python-docx's own `text` drops what was inserted."""
    xml = (
        "<w:p><w:r><w:t>Das kostet </w:t></w:r><w:del><w:r><w:delText>5</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>6</w:t></w:r></w:ins><w:r><w:t> Euro.</w:t></w:r>"
        "<w:moveFrom><w:r><w:t>Hier nicht.</w:t></w:r></w:moveFrom></w:p>"
    )
    assert word.text(with_body(xml)) == "Das kostet 6 Euro."


def test_fields_links_and_text_boxes_are_read_once() -> None:
    xml = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Im Feld.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:hyperlink><w:r><w:t>Ein Link</w:t></w:r></w:hyperlink><w:r><w:t>.</w:t></w:r>"
        "<mc:AlternateContent>"
        "<mc:Choice><w:txbxContent><w:p><w:r><w:t>Kasten.</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>Kasten.</w:t></w:r></w:p></w:txbxContent>"
        "</mc:Fallback></mc:AlternateContent></w:p>"
        "<w:p><w:r><w:t>Zeile</w:t><w:br/><w:t>zwei</w:t></w:r></w:p>"
    )
    assert word.text(with_body(xml)) == "Im Feld.\n\nEin Link.\n\nKasten.\n\nZeile\nzwei"


def test_a_table_in_a_table_is_read_once() -> None:
    inner = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>innen</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    xml = f"<w:tbl><w:tr><w:tc>{inner}<w:p><w:r><w:t>außen</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    assert word.text(with_body(xml)) == "| innen außen |"


def test_what_unpacks_to_gigabytes_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (word.MAX_UNPACKED + 1))
    with pytest.raises(InputError, match="unpacks to 64 MB"):
        word.text(file.getvalue())


ENTITIES = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BROKEN = {
    "cut off": docx([("Normal", "Text")])[:-500],
    "no archive": b"PK\x03\x04" + b"x" * 500,
    "an archive of something else": with_part("[Content_Types].xml", "<Types/>"),
    "no XML": with_part("word/document.xml", "<w:document"),
    "deep": with_body("<w:p>" * 100_000),
    "entities": with_part(
        "word/document.xml",
        f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]>'
        f"<w:document {W}><w:body><w:p><w:r><w:t>&i;</w:t></w:r></w:p></w:body></w:document>",
    ),
    "styles": with_part("word/styles.xml", "<x/>"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="the DOCX is broken"):
        word.text(BROKEN[name])


def test_no_file_is_read_into_a_document(tmp_path: Path) -> None:
    """An entity that names a file of this machine would put it into the brief."""
    path = tmp_path / "secret"
    path.write_text("geheim", encoding="utf-8")
    xml = (
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "{path.as_uri()}">]>'
        f"<w:document {W}><w:body><w:p><w:r><w:t>A&a;</w:t></w:r></w:p></w:body></w:document>"
    )
    assert word.text(with_part("word/document.xml", xml)) == "A"
