"""What of an archive is read: every article, under an id that stays, and a reason for the rest."""

import csv
import gzip
import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from depesche import archive
from depesche.archive import Archive, require_apart
from depesche.brief import Failure, InputError, Item, OutputError

ROWS: list[dict[str, Any]] = [
    {"id": "a1", "text": "Ein Fluss steigt.", "title": "Hochwasser", "url": "https://x.de/1"},
    {"id": "a2", "text": "Zwei Züge\nhalten.", "published": "2026-11-18T06:40:00+01:00"},
]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def read(path: Path) -> list[Item | Failure]:
    return list(Archive(path))


def items(path: Path) -> list[Item]:
    found = read(path)
    assert all(isinstance(entry, Item) for entry in found), found
    return [entry for entry in found if isinstance(entry, Item)]


def reasons(path: Path) -> dict[str, str]:
    return {entry.item.id: entry.reason for entry in read(path) if isinstance(entry, Failure)}


@pytest.fixture
def expected() -> list[Item]:
    date = datetime.fromisoformat("2026-11-18T06:40:00+01:00")
    return [
        Item("a1", "Ein Fluss steigt.", "Hochwasser", "https://x.de/1"),
        Item("a2", "Zwei Züge\nhalten.", published=date),
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL.GZ", "a.jsonl.zst"])
def test_json_lines_packed_or_not(name: str, tmp_path: Path, expected: list[Item]) -> None:
    data = b"\xef\xbb\xbf" + lines(ROWS) + b"\n"
    packed = {".gz": gzip.compress(data), ".zst": zstd.compress(data)}
    path = tmp_path / name
    path.write_bytes(packed.get(path.suffix.lower(), data))
    assert items(path) == expected


def test_html_in_a_row_is_no_text(tmp_path: Path) -> None:
    """Tags would be translated, and would stand in the brief."""
    row = {"id": "a", "title": "Br&uuml;cke", "text": "<p>Sie ist <b>zu</b>.</p><p>Bis Mai.</p>"}
    (tmp_path / "a.jsonl").write_bytes(lines([row]))
    assert items(tmp_path / "a.jsonl") == [Item("a", "Sie ist zu.\n\nBis Mai.", "Brücke")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_spreadsheets_write_it(
    encoding: str, delimiter: str, tmp_path: Path, expected: list[Item]
) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["ID", "Titel", "Text", "Link", "Datum"])
        for row in ROWS:
            writer.writerow(
                [row.get(name, "") for name in ("id", "title", "text", "url", "published")]
            )
    assert items(path) == expected


@pytest.mark.parametrize("first", ["sep=;\r\n", '\ufeff"sep=;"\n'])
def test_the_line_by_which_excel_knows_the_delimiter_is_no_header(
    first: str, tmp_path: Path
) -> None:
    """None of the articles in the file would be found."""
    text = f"{first}id;titel;text\r\n1;Wetter, Klima;Der Wind, sagt er, weht.\r\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    assert items(tmp_path / "a.csv") == [Item("1", "Der Wind, sagt er, weht.", "Wetter, Klima")]


def test_csv_with_a_space_after_each_delimiter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id; text; titel\n1; "Wind; Regen."; Wetter\n')
    assert items(tmp_path / "a.csv") == [Item("1", "Wind; Regen.", "Wetter")]


def test_parquet(tmp_path: Path, expected: list[Item]) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    published = pa.array([None, 1_795_000_000_123_456_789], pa.timestamp("ns", "UTC"))
    table = pa.table(
        {
            "doc_id": pa.array(["a1", "a2"]),
            "body": pa.array([row["text"] for row in ROWS], pa.large_string()),
            "headline": pa.array(["Hochwasser", None]).dictionary_encode(),
            "link": pa.array(["https://x.de/1", None]),
            "date": published,
            "embedding": pa.array([[0.1, 0.2], [0.3, 0.4]]),
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    first, second = items(tmp_path / "a.parquet")
    assert first == expected[0]
    assert (second.text, second.title) == (expected[1].text, None)
    seconds = datetime.fromtimestamp(1_795_000_000, UTC)
    assert second.published == seconds.replace(microsecond=123456)


def test_one_broken_string_in_parquet_costs_one_row(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    text = pa.array([b"Gut.", b"M\xfcnchen", b"Auch gut."]).view(pa.string())
    parquet.write_table(pa.table({"text": text}), tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert [type(entry) for entry in found] == [Item, Failure, Item]
    assert reasons(tmp_path / "a.parquet") == {"a.parquet:2": "the row is not in UTF-8"}


def test_without_pyarrow_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    assert "pip install 'depesche[parquet]'" in reasons(tmp_path / "a.parquet")["a.parquet"]


def test_a_folder_is_read_in_order_and_ids_are_paths(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "z.txt").write_text("Der Regen fällt.", encoding="utf-8")
    (tmp_path / "a.md").write_text("# Titel\n\nDer Wind weht.", encoding="utf-8")
    (tmp_path / "b" / "m.jsonl").write_bytes(lines(ROWS))
    (tmp_path / "b" / "photo.jpg").write_bytes(bytes(range(256)) * 40)
    (tmp_path / ".hidden").write_text("nichts")
    found = read(tmp_path)
    names = [entry.id if isinstance(entry, Item) else entry.item.id for entry in found]
    assert names == ["a.md", "b/c/z.txt", "a1", "a2", "b/photo.jpg"]
    assert list(reasons(tmp_path)) == ["b/photo.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="links, pipes and names as POSIX has them")
def test_what_is_no_plain_file_neither_stops_nor_ends_a_run_unsaid(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "wind.txt").write_text("Der Wind weht.", encoding="utf-8")
    assert [entry.id for entry in read(tmp_path) if isinstance(entry, Item)] == ["wind.txt"]
    found = reasons(tmp_path)
    assert list(found) == ["again", "circle", "gone", "pipe.jsonl"]
    assert "link to a folder" in found["again"]
    assert "pipe" in found["pipe.jsonl"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, names are Unicode")
def test_an_id_is_text_even_where_a_file_is_named_in_latin_1(tmp_path: Path) -> None:
    """Else neither Parquet nor most readers of JSON could take it."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcll.txt")).write_text("Der Wind weht.")
    [item] = items(tmp_path)
    assert item.id == r"M\udcfcll.txt"


def test_a_json_file_is_an_article_or_a_list_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"title": "Wetter", "text": "Der Wind weht."}))
    (tmp_path / "b.json").write_bytes(b"\xef\xbb\xbf" + json.dumps([*ROWS, 7]).encode())
    (tmp_path / "c.json").write_text('{"text": "Der Wind')
    (tmp_path / "d.json.gz").write_bytes(gzip.compress(b'{"id": 0, "text": "Der Regen."}'))
    found = [entry for entry in read(tmp_path) if isinstance(entry, Item)]
    assert [item.id for item in found] == ["a.json", "a1", "a2", "0"]
    assert (found[0].title, found[0].text) == ("Wetter", "Der Wind weht.")
    assert list(reasons(tmp_path)) == ["b.json:3", "c.json"]


def test_a_table_without_texts_is_one_failure_that_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;Beschreibung\n1;Der Wind weht.\n2;Der Regen fällt.\n")
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"id": [1, 2], "corpus": ["a", "b"]}), tmp_path / "b.parquet")
    found = reasons(tmp_path)
    assert "id, Beschreibung" in found["a.csv"]
    assert "id, corpus" in found["b.parquet"]


def test_german_columns_and_strings_kept_as_bytes(tmp_path: Path, expected: list[Item]) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    row = {key: [value.encode()] for key, value in ROWS[0].items()}
    german = {"id": "id", "text": "Inhalt", "title": "Überschrift", "url": "Link"}
    table = pa.table({german[key]: value for key, value in row.items()})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert items(tmp_path / "a.parquet") == expected[:1]


def test_an_article_without_an_id_gets_one_that_stays_where_rows_are_added(tmp_path: Path) -> None:
    rows = [{"text": "Eins."}, {"text": "Zwei.", "id": ""}, {"text": "Zwei.", "title": "Anders"}]
    (tmp_path / "a.jsonl").write_bytes(lines(rows))
    first = [item.id for item in items(tmp_path / "a.jsonl")]
    (tmp_path / "a.jsonl").write_bytes(lines([{"text": "Neu."}, *rows]))
    assert [item.id for item in items(tmp_path / "a.jsonl")][1:] == first
    assert len(set(first)) == 3


def test_a_broken_row_is_a_failure_with_its_place_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_ROW", 2000)
    bad = [
        b"{ kaputt",
        b"[1, 2]",
        b"[" * 1900,
        b'{"id": "x"}',
        b'{"text": 7}',
        b'{"text": null}',
        b'{"text": "M\xfcnchen"}',
        b'{"text": "\\ud800"}',
        b'{"text": "' + b"lang " * 5000 + b'"}',
        b'{"id": 3, "text": "Gut."}',
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(bad))
    assert [entry.id for entry in read(path) if isinstance(entry, Item)] == ["3"]
    found = reasons(path)
    assert list(found) == [f"a.jsonl:{number}" for number in range(1, 10)]
    for number, part in enumerate(
        ["not JSON", "no JSON object", "not JSON", "fields are id", "no string", "is null",
         "UTF-8", "encoding is broken", "longer than"], 1
    ):  # fmt: skip
        assert part in found[f"a.jsonl:{number}"]
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n1,Gut.\n2\n3,{'lang ' * 1000}\n4,Auch gut.\n")
    assert [entry.id for entry in read(path) if isinstance(entry, Item)] == ["1", "4"]
    assert list(reasons(path)) == ["a.csv:2", "a.csv:3"]
    path.write_text('id,text\n1,Gut.\n"2,Offen.\n3,Verloren.\n4,"Auch gut."\n')
    (reason,) = reasons(path).values()
    assert "in 3 lines; is a quotation mark missing?" in reason, "two more articles are missing"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.parquet", "a.csv.gz"])
def test_a_damaged_file_gives_what_it_holds_and_a_reason(name: str, tmp_path: Path) -> None:
    many = [{"id": str(n), "text": f"Artikel {n * n * n}."} for n in range(5000)]
    if name.endswith("gz"):
        packed = gzip.compress(lines(many))
    else:
        packed = zstd.compress(lines(many)) if name.endswith("zst") else b"PAR1 kaputt PAR1"
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])
    (tmp_path / "z.jsonl").write_bytes(lines(ROWS))
    found = read(tmp_path)
    assert name in reasons(tmp_path)
    assert "cannot be read to its end" in reasons(tmp_path)[name]
    assert [entry.id for entry in found if isinstance(entry, Item)][-2:] == ["a1", "a2"]


def test_a_date_is_taken_as_it_stands_or_not_at_all(tmp_path: Path) -> None:
    dates = ["2026-11-18", "Wed, 18 Nov 2026 06:40:00 +0100", "18.11.2026", "18.11.2026 06:40"]
    dates += ["gestern", "18.11.26", "1795000000"]
    rows = [{"text": str(n), "date": date} for n, date in enumerate(dates)]
    (tmp_path / "a.jsonl").write_bytes(lines(rows))
    found = [item.published for item in items(tmp_path / "a.jsonl")]
    assert found[3] == datetime(2026, 11, 18, 6, 40)
    assert [date and date.strftime("%d.%m.%Y") for date in found] == ["18.11.2026"] * 4 + [None] * 3


def test_how_much_is_read_is_known_while_reading(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        rows = [{"id": f"{name}{n}", "text": "Lang. " * 300} for n in range(500)]
        (tmp_path / name).write_bytes(lines(rows))
    source = Archive(tmp_path)
    shares = [source.share for _ in source]
    assert shares == sorted(shares)
    assert 0.4 < shares[500] < 0.6
    assert source.share == 1.0


def test_an_output_within_the_input_is_refused(tmp_path: Path) -> None:
    for output in (tmp_path / "out.jsonl", tmp_path):
        with pytest.raises(OutputError, match="would be part of"):
            require_apart(tmp_path, output)
    require_apart(tmp_path / "in", tmp_path / "in.out")


class Sparse(io.BytesIO):
    """Reads what files of object storage can, and no more."""

    def readline(self) -> bytes:  # type: ignore[override]
        return super().readline()


def test_an_archive_elsewhere_is_read_as_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    (tmp_path / "b" / ".hidden").mkdir(parents=True)
    (tmp_path / "b" / "x.jsonl.gz").write_bytes(gzip.compress(lines(ROWS) + b"{\n"))
    (tmp_path / "b-c.txt").write_text("Ein Zug hält. Er wartet.", encoding="utf-8")
    (tmp_path / "b" / ".hidden" / "y.jsonl").write_bytes(lines(ROWS))
    (tmp_path / "leer.pdf").touch()
    page = "<p>Der Fluss ist über die Ufer getreten, und viele Straßen sind gesperrt worden."
    (tmp_path / "seite.html").write_text(page, encoding="utf-8")
    there = "memory://test_archive"
    fsspec.filesystem("memory").put(f"{tmp_path}/", f"{there}/", recursive=True)
    monkeypatch.setattr(
        MemoryFileSystem, "open", lambda system, path, mode: Sparse(system.store[path].getvalue())
    )
    remote = Archive(there)
    assert list(remote) == read(tmp_path)
    assert remote.share == 1
    file = f"{there}/b/x.jsonl.gz"
    assert list(Archive(file)) == read(tmp_path / "b" / "x.jsonl.gz")
    fsspec.filesystem("memory").rm("/test_archive", recursive=True)
    with pytest.raises(InputError, match=r"^memory://test_archive: no such file or folder$"):
        Archive(there)


@pytest.mark.parametrize(
    ("root", "output", "apart"),
    [
        ("s3://bucket/in", "s3://bucket/in/out.jsonl", False),
        ("s3://bucket/in/", "s3://bucket/in", False),
        ("s3://bucket/in", "s3://bucket/in.jsonl", True),
        ("in", "s3://bucket/in/out.jsonl", True),
    ],
)
def test_an_output_within_an_archive_elsewhere_is_refused(
    root: str, output: str, apart: bool
) -> None:
    if apart:
        require_apart(root, output)
    else:
        with pytest.raises(OutputError, match="would be part of"):
            require_apart(root, output)
