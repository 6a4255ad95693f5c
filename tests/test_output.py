"""What a reader keeps when writing goes wrong."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from depesche.brief import OutputError
from depesche.output import format_of, require_writable, write, write_all


def test_a_file_is_replaced_by_the_whole_text(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text("yesterday", encoding="utf-8")
    write(path, iter(["Fähre\n", "ferry\n"]))
    assert path.read_bytes() == "Fähre\nferry\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_break_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text("yesterday", encoding="utf-8")

    def chunks() -> Iterator[str]:
        yield "half of"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, chunks())
    assert path.read_text(encoding="utf-8") == "yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_says_so_in_a_line(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="file size limits are POSIX only")
    path = tmp_path / "brief.txt"
    path.write_text("yesterday", encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"^cannot write .*brief.txt: [^\n]+$"):
            write(path, ["x" * 1_000_000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text(encoding="utf-8") == "yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_belong_together_change_together_or_not_at_all(tmp_path: Path) -> None:
    """An index that links to a page which did not fit on the disk is worse than yesterday's."""
    resource = pytest.importorskip("resource", reason="file size limits are POSIX only")
    folder = tmp_path / "days"
    write_all(folder, {"page.html": b"old", "index.html": b"old"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        for files in ({"page": b"x" * 1_000_000, "i": b"new"}, {"i": b"new", "page": bytes(10**6)}):
            with pytest.raises(OutputError, match=r"^cannot write .*: [^\n]+$"):
                write_all(folder, {f"{name}.html": data for name, data in files.items()})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "page.html": b"old",
        "index.html": b"old",
    }


def test_a_file_that_has_not_changed_is_left_alone(tmp_path: Path) -> None:
    """A copy of the folder elsewhere, by its dates, need not fetch it again."""
    write_all(tmp_path, {"a": b"same", "b": b"old"})
    for name in "ab":
        os.utime(tmp_path / name, (1, 1))
    write_all(tmp_path, {"a": b"same", "b": b"new"})
    assert (tmp_path / "a").stat().st_mtime == 1
    assert (tmp_path / "b").read_bytes() == b"new"


def test_where_no_file_can_be_the_message_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "missing" / "brief.txt", tmp_path / "file" / "brief.txt"):
        with pytest.raises(OutputError, match=r"^cannot write .*: [^\n]+$"):
            write(path, ["text"])
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="links and permissions as POSIX has them")
def test_links_and_permissions_of_the_old_file_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "brief.txt", tmp_path / "latest.txt"
    path.touch(mode=0o600)
    link.symlink_to(path)
    write(link, ["today"])
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "today"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices in the file system")
def test_a_device_is_written_to_and_not_replaced() -> None:
    write(Path("/dev/null"), ["text"])
    assert not Path("/dev/null").is_file()
    if Path("/dev/full").exists():
        with pytest.raises(OutputError, match="No space left"):
            write(Path("/dev/full"), ["text"])


def test_a_file_name_in_an_unknown_encoding_does_not_lose_the_output(tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    write(path, ['{"id": "M\udcfcnchen.txt"}\n'])
    assert path.read_text(encoding="utf-8") == '{"id": "M\\udcfcnchen.txt"}\n'


def test_the_ending_of_a_file_says_its_format() -> None:
    names = ("a.txt", "a.md", "A.HTML", "a.htm", "a.json", "a.jsonl")
    formats = ["txt", "md", "html", "html", "json", "json"]
    assert [format_of(Path(name)) for name in names] == formats
    for name in ("a.docx", "a"):
        with pytest.raises(OutputError, match="--format"):
            format_of(Path(name))


def test_a_place_that_cannot_be_written_to_is_found_beforehand(tmp_path: Path) -> None:
    """Not after hours of work; and what is only looked at stays as it is."""
    (tmp_path / "file").touch()
    require_writable(tmp_path / "file")
    require_writable(tmp_path / "new" / "folder")
    with pytest.raises(OutputError, match=r"file is no folder$"):
        require_writable(tmp_path / "file" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_of_others_is_found_beforehand(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match=r"may not be written to$"):
        require_writable(tmp_path / "file")
