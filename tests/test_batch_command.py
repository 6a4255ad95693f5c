"""`depesche batch` as a user runs it: what it says, what it leaves, and its exit code."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from depesche import cli

Run = Callable[..., tuple[int, str, str]]

ROWS = [
    {"id": "1", "text": "Der Bahnhof bleibt an drei Wochenenden im März gesperrt."},
    {"id": "2", "text": "The weather was nice on Sunday and people went to see the old park."},
    {"id": "3", "text": "Der Zoo freut sich über zwei junge Luchse."},
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model is converted once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def batch(
    tiny_marian_dir: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs the command with a tiny model: its exit code, stdout and stderr."""
    monkeypatch.setenv("DEPESCHE_CACHE", str(cache))
    models = ["--model", str(tiny_marian_dir), "--summarizer", "extract", "--beam", "1"]

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["depesche", "batch", *map(str, arguments), *models])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return run


def archive(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_briefs_failures_summary_and_the_exit_code(batch: Run, tmp_path: Path) -> None:
    source, output = archive(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    code, out, err = batch(source, output, "--summary", tmp_path / "summary.json")
    assert (code, out) == (1, "")
    assert "2 articles" in err
    assert "out.failures.jsonl; --retry-failed tries again" in err
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "3"]
    assert rows[0]["brief"]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["done"], summary["failures"]) == (2, 1)
    assert summary["tokens"] > 2
    assert batch(source, output)[0] == 1
    assert batch(source, output, "--force", "--retry-failed")[0] == 0
    assert not (tmp_path / "out.failures.jsonl").exists()


def test_a_first_try_and_a_dry_run(batch: Run, tmp_path: Path) -> None:
    source, output = archive(tmp_path / "in.jsonl", ROWS), tmp_path / "out"
    assert batch(source, output, "--limit", "1", "--format", "md")[0] == 0
    assert [path.name for path in output.iterdir()] == ["1.md"]
    code, out, _ = batch(source, output, "--dry-run", "--format", "md")
    assert code == 0
    assert out.startswith("3 articles: 1 done, 2 to do")
    assert "as fast as the last run" in out


def test_a_limit_after_a_change_of_recipe_takes_nothing_from_the_output(
    batch: Run, tmp_path: Path
) -> None:
    """After an upgrade, `--limit 1` would leave one article of a finished archive."""
    source, output = archive(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    assert batch(source, output)[0] == 1
    finished = output.read_bytes()
    code, _, err = batch(source, output, "--limit", "1", "--words", "20")
    assert (code, output.read_bytes()) == (2, finished)
    assert "has 2 articles" in err
    assert "name another output" in err
    assert err.count("\n") == 1
    assert batch(source, tmp_path / "other.jsonl", "--limit", "1", "--words", "20")[0] == 0
    assert batch(source, output, "--words", "20")[0] == 1
    assert batch(source, output, "--limit", "1", "--words", "20")[0] == 1


def test_what_cannot_go_on_is_one_line(batch: Run, tmp_path: Path) -> None:
    source = archive(tmp_path / "in.jsonl", ROWS[:1])
    (tmp_path / "mine.jsonl").write_text("mine")
    for wrong, part in (
        ((tmp_path / "missing", tmp_path / "out.jsonl"), "no such file or folder"),
        ((source, tmp_path / "mine.jsonl"), "not the output of a batch"),
        ((tmp_path, tmp_path / "out.jsonl"), "would be part of"),
        ((source, tmp_path / "none" / "out.jsonl"), "there is no folder"),
    ):
        code, out, err = batch(*wrong)
        assert (code, out) == (2, "")
        assert part in err
        assert err.count("\n") == 1


def test_an_empty_archive_empties_no_output(batch: Run, tmp_path: Path) -> None:
    """A disk that is not mounted would cost the briefs of everything that is on it."""
    source, output = archive(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    assert batch(source, output)[0] == 1
    finished = output.read_bytes()
    code, out, err = batch(archive(source, []), output)
    assert (code, out) == (2, "")
    assert err == "depesche: there are no articles in the input; nothing was written\n"
    assert output.read_bytes() == finished


def test_what_else_a_user_types_is_one_line_and_costs_nothing(batch: Run, tmp_path: Path) -> None:
    source = archive(tmp_path / "in.jsonl", ROWS[:1])
    output, before = tmp_path / "out.jsonl", source.read_bytes()
    for wrong, part in (
        ((source, "."), "names no output"),
        ((source, ""), "names no output"),
        ((source, tmp_path / "out.csv"), "does not say its format"),
        ((source, tmp_path / "out.jsonl.gz"), "does not say its format"),
        ((source, output, "--summary", source), "would be part of"),
        ((source, output, "--summary", output), "would be part of"),
    ):
        code, out, err = batch(*wrong)
        assert (code, out) == (2, "")
        assert part in err
        assert err.count("\n") == 1
    assert source.read_bytes() == before
    assert not output.exists()


def test_a_summary_that_cannot_be_written_hides_nothing_of_the_run(
    batch: Run, tmp_path: Path
) -> None:
    source, output = archive(tmp_path / "in.jsonl", ROWS[:2]), tmp_path / "out.jsonl"
    code, _, err = batch(source, output, "--summary", tmp_path / "none" / "summary.json")
    assert code == 2
    assert "1 article," in err
    assert "out.failures.jsonl" in err
    assert "cannot write" in err
    assert output.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_a_request_to_terminate_while_models_are_loaded_ends_the_run_in_a_line(
    batch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log would end in the middle, and nobody would know why."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("seq2seq.load", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
    said = batch(archive(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl")
    assert said == (130, "", "depesche: interrupted\n")
    assert signal.getsignal(signal.SIGTERM) == before


def test_two_ids_that_differ_in_case_alone_are_told_so_where_they_are_file_names(
    batch: Run, tmp_path: Path
) -> None:
    rows = [{**ROWS[0], "id": "Zug"}, {**ROWS[2], "id": "zug"}]
    assert batch(archive(tmp_path / "in.jsonl", rows), tmp_path / "out", "--format", "md")[0] == 1
    assert "upper and lower case" in (tmp_path / "out.failures.jsonl").read_text()
