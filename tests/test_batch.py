"""What a user would lose of an archive: articles, their order, hours of work, or the reasons."""

import json
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from depesche.archive import Archive
from depesche.batch import Batch, ahead, journal_file
from depesche.brief import InputError, OutputError
from depesche.export import failures_file, file_name
from depesche.journal import Journal
from depesche.pipeline import Pipeline
from depesche.worker import Worker
from seq2seq import ModelError, Recipe
from tests import batch_child
from tests.batch_child import Touchy, batch
from tests.fake import FakeModel
from translate import Translator

ARTICLES = 120


def article(number: int, **changed: Any) -> dict[str, Any]:
    text = f"Im Ort {number} steht ein Haus. Es ist rot. Nebenan wächst ein Baum {number}."
    return {"id": f"nord/{number}", "title": f"Haus {number}", "text": text, **changed}


def write(path: Path, rows: Sequence[object]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("depesche.pipeline.WINDOW", batch_child.WINDOW)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An archive that has something wrong with it here and there."""
    rows: list[object] = [article(number) for number in range(ARTICLES)]
    rows[17] = "{ kaputt"
    rows[40] = article(40, text="* * *")
    rows[77] = article(3, text="Ein anderer Text mit derselben Kennung.")
    return write(tmp_path / "archive.jsonl", rows)


def output_of(path: Path, form: str) -> Path:
    return path / ("briefs.jsonl" if form == "jsonl" else f"briefs-{form}")


def contents(output: Path) -> dict[str, bytes]:
    """Everything that a run has left but its journal."""
    files = [*output.rglob("*")] if output.is_dir() else [output]
    found = {str(p.relative_to(output)): p.read_bytes() for p in files if p.is_file()}
    return found | {"failures": failures_file(output).read_bytes()}


def rows(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def ids(output: Path) -> list[str]:
    return [row["id"] for row in rows(output)]


# Nothing is lost


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that start at once, from one that has everything imported and no threads."""
    if os.name == "nt":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.batch_child"])
    return context


@pytest.mark.parametrize("form", ["jsonl", "parquet", "md"])
def test_killed_at_any_moment_a_run_goes_on_to_the_same_output(
    form: str, source: Path, tmp_path: Path, processes: Any
) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    undisturbed.mkdir()
    killed.mkdir()
    batch(output_of(undisturbed, form), form).run(Archive(source))
    expected = contents(output_of(undisturbed, form))
    chance, kills, finished = random.Random(form), 0, 0
    output = output_of(killed, form)
    while kills < 12 or not finished:
        reported = processes.Value("i", 0)
        process = processes.Process(
            target=batch_child.run, args=(source, output, form, 0.003, reported)
        )
        process.start()
        process.join(chance.uniform(0.05, 0.4) if kills < 12 else None)
        if process.is_alive():
            process.kill()
            process.join()
            kills += 1
            with Journal(journal_file(output)) as journal:  # what is reported as done is kept
                assert journal.count() >= reported.value
            continue
        assert process.exitcode == 0
        assert contents(output) == expected
        left = {path.name for path in killed.iterdir()} - {f"{journal_file(output).name}-journal"}
        assert left == {p.name for p in (output, failures_file(output), journal_file(output))}
        finished += 1
        if kills < 12:  # from the start, but for the parts that a kill may have left
            journal_file(output).unlink()
            for path in [failures_file(output), *output.rglob("*"), output]:
                if path.is_file():
                    path.unlink()
            for folder in sorted(output.rglob("*"), reverse=True):
                folder.rmdir()


@pytest.mark.skipif(os.name == "nt", reason="file size limits are POSIX only")
@pytest.mark.parametrize("room", [36_000, 60_000])
def test_a_full_disk_stops_the_run_in_a_line_and_loses_nothing(
    room: int, source: Path, tmp_path: Path
) -> None:
    import resource

    output, undisturbed = tmp_path / "briefs.jsonl", tmp_path / "undisturbed.jsonl"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"^cannot (keep|write) [^\n]+$"):
            batch(output).run(Archive(source))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    again = batch(output)
    again.run(Archive(source))
    batch(undisturbed).run(Archive(source))
    assert contents(output)["."] == contents(undisturbed)["."]
    assert again.summary.before > 0


def test_what_a_killed_run_was_about_to_write_is_removed(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "briefs.jsonl"
    batch(output).run(Archive(source))
    torn = tmp_path / ".briefs.jsonl.0123abcd.tmp"
    torn.write_text('{"id": "to')
    batch(output).run(Archive(source))
    assert not torn.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_ctrl_c_finishes_what_is_in_flight_and_the_next_run_goes_on(
    source: Path, tmp_path: Path
) -> None:
    from depesche.watch import stopping

    output, undisturbed = tmp_path / "briefs.jsonl", tmp_path / "undisturbed.jsonl"
    said: list[str] = []
    run = batch(output, seconds=0.01)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    with stopping(said.append) as stop:
        timer.start()
        run.run(Archive(source), stop)
    assert said == ["finishing what is in flight; once more to drop it"]
    assert run.summary.interrupted
    assert 0 < run.summary.done < ARTICLES - 3
    assert not output.exists()
    again = batch(output)
    again.run(Archive(source))
    assert again.summary.before == run.summary.done
    batch(undisturbed).run(Archive(source))
    assert output.read_bytes() == undisturbed.read_bytes()


def test_a_second_run_on_one_output_says_so_and_stops(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "briefs.jsonl"
    with Journal(journal_file(output)), pytest.raises(OutputError, match=r"^another run"):
        batch(output).run(Archive(source))
    batch(output).run(Archive(source))


def test_a_file_that_is_no_output_of_a_batch_is_not_overwritten(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "mine.jsonl"
    output.write_text("mine")
    with pytest.raises(OutputError, match="not the output of a batch"):
        batch(output).run(Archive(source))
    with pytest.raises(OutputError, match="is no folder"):
        batch(output, "md").run(Archive(source))
    with pytest.raises(OutputError, match="there is no folder"):
        batch(tmp_path / "nowhere" / "b.jsonl").run(Archive(source))
    assert output.read_text() == "mine"


# What is there is recognised


def test_each_article_once_in_the_order_of_the_input(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "briefs.jsonl"
    run = batch(output)
    run.run(Archive(source))
    wrong = {17, 40, 77}
    assert ids(output) == [f"nord/{n}" for n in range(ARTICLES) if n not in wrong]
    reasons = {row["id"]: row["reason"] for row in rows(failures_file(output))}
    assert list(reasons) == ["archive.jsonl:18", "nord/40", "nord/3"]
    assert "not JSON" in reasons["archive.jsonl:18"]
    assert "no sentences" in reasons["nord/40"]
    assert "another article" in reasons["nord/3"]
    assert (run.summary.articles, run.summary.done, run.summary.failures) == (120, 117, 3)


def test_only_what_is_new_or_changed_is_done_and_what_is_gone_is_left_out(tmp_path: Path) -> None:
    source, output = tmp_path / "a.jsonl", tmp_path / "briefs.jsonl"
    batch(output).run(Archive(write(source, [article(n) for n in range(40)])))
    before = {row["id"]: row for row in rows(output)}
    changed = article(7, text="Es wurde abgerissen.")
    later = [article(99), *(article(n) for n in range(5, 40) if n != 7), changed, changed]
    run = batch(output)
    run.run(Archive(write(source, later)))
    assert (run.summary.done, run.summary.before, run.summary.repeated) == (2, 34, 1)
    assert ids(output) == ["nord/99", *(f"nord/{n}" for n in range(5, 40) if n != 7), "nord/7"]
    after = {row["id"]: row for row in rows(output)}
    assert after["nord/7"]["sentences"][0]["de"] == "Es wurde abgerissen."
    assert all(after[f"nord/{n}"] == before[f"nord/{n}"] for n in range(5, 40) if n != 7)


def test_another_model_does_everything_again_and_the_first_is_still_known(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "briefs.jsonl"

    def run(version: str) -> Batch:
        model = Touchy(recipe=Recipe("fake", version, "fake", "float32"))
        pipeline = Pipeline(Translator(model), None, words=0, force=True)
        made = Batch(Worker(pipeline, "jsonl"), output, "jsonl")
        made.run(Archive(source))
        return made

    assert run("1").summary.done == 117
    first = output.read_bytes()
    assert run("2").summary.done == 117
    assert rows(output)[0]["recipe"]["translator"]["revision"] == "2"
    assert run("1").summary.done == 0
    assert output.read_bytes() == first


def test_a_limit_takes_up_so_many_and_leaves_what_is_done_in_the_output(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "briefs.jsonl"
    for expected in (10, 20):
        batch(output, limit=10).run(Archive(source))
        assert ids(output) == [f"nord/{n}" for n in range(expected + 1) if n != 17][:expected]
    batch(output).run(Archive(source))
    finished = output.read_bytes()
    changed = [article(0, text="Neu."), article(1, text="Neu."), *map(article, range(2, 16))]
    run = batch(output, limit=1)
    run.run(Archive(write(source, changed)))
    assert run.summary.done == 1
    assert ids(output) == ["nord/0", *(f"nord/{n}" for n in range(2, 16))]
    assert finished != output.read_bytes()


def test_a_folder_keeps_only_the_files_of_what_is_in_the_input(tmp_path: Path) -> None:
    source, output = tmp_path / "a.jsonl", tmp_path / "briefs"
    batch(output, "md").run(Archive(write(source, [article(n) for n in range(4)])))
    (output / "nord" / "notes.txt").write_text("mine")
    kept = (output / "nord" / "2.md").stat()
    batch(output, "md").run(Archive(write(source, [article(2), article(3, title="Neu")])))
    names = sorted(path.name for path in (output / "nord").iterdir())
    assert names == ["2.md", "3.md", "notes.txt"]
    assert (output / "nord" / "2.md").stat().st_mtime_ns == kept.st_mtime_ns
    assert "# Neu" in (output / "nord" / "3.md").read_text(encoding="utf-8")


def test_parquet_has_what_the_json_has(source: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    batch(tmp_path / "briefs.jsonl").run(Archive(source))
    batch(tmp_path / "parts", "parquet").run(Archive(source))
    table = parquet.read_table(tmp_path / "parts" / "part-00000.parquet").to_pylist()
    expected = rows(tmp_path / "briefs.jsonl")
    for found, row in zip(table, expected, strict=True):
        found["recipe"] = json.loads(found["recipe"])
        found["warnings"] = [
            {name: value for name, value in warning.items() if value is not None}
            for warning in found["warnings"]
        ]
        if found["brief"] is None:
            del found["brief"]
        assert found == row


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "https://x.de/a?b=c", "a//b", "..", "CON", "a.", "%", "",
     "ü" * 300, "con.txt/nul", "a\x00b", "M\udcfcnchen"],
)  # fmt: skip
def test_no_id_leads_out_of_the_output_folder(name: str, tmp_path: Path) -> None:
    path = file_name(name, "json")
    parts = path.split("/")
    assert all(part and part[0] not in ". " and len(part.encode()) <= 160 for part in parts)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("")
    assert (tmp_path / path).resolve().is_relative_to(tmp_path.resolve())
    assert path not in {file_name(other, "json") for other in (name + "x", f"%{name}", "b")}


def test_ids_that_differ_only_in_case_do_not_overwrite_each_other(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [article(1, id="Aa"), article(2, id="aA")])
    batch(tmp_path / "briefs", "json").run(Archive(source))
    assert [path.name for path in (tmp_path / "briefs").iterdir()] == ["Aa.json"]
    assert [row["id"] for row in rows(tmp_path / "briefs.failures.jsonl")] == ["aA"]
    batch(tmp_path / "briefs.jsonl").run(Archive(source))
    assert ids(tmp_path / "briefs.jsonl") == ["Aa", "aA"]


# A bad article never stops the rest


class Choking(FakeModel):
    """Breaks on some texts, or on all."""

    broken = "Baum 33"

    def generate(self, texts: Any, decoding: Any) -> Any:
        if any(self.broken in text for text in texts):
            raise RuntimeError("CUDA error: an illegal memory access\nwas encountered")
        return super().generate(texts, decoding)


def choking_batch(output: Path, broken: str, **options: Any) -> Batch:
    model = Choking()
    model.broken = broken
    pipeline = Pipeline(Translator(model), None, words=0, force=True)
    return Batch(Worker(pipeline, "jsonl"), output, "jsonl", **options)


def test_an_article_that_breaks_the_model_is_a_failure_and_is_taken_up_on_request(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "briefs.jsonl"
    choking_batch(output, "Baum 33").run(Archive(source))
    reasons = {row["id"]: row["reason"] for row in rows(failures_file(output))}
    assert reasons["nord/33"].startswith("RuntimeError: CUDA error: an illegal memory access was")
    assert len(ids(output)) == 116
    again = choking_batch(output, "Nichts")
    again.run(Archive(source))
    assert (again.summary.done, again.summary.failures) == (0, 4)
    again = choking_batch(output, "Nichts", retry_failed=True)
    again.run(Archive(source))
    assert (again.summary.done, again.summary.failures) == (1, 3)
    assert ids(output)[31:33] == ["nord/32", "nord/33"]
    assert "nord/33" not in failures_file(output).read_text(encoding="utf-8")


def test_a_model_that_runs_no_more_stops_the_run_instead_of_failing_every_article(
    source: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="the models no longer run: RuntimeError"):
        choking_batch(tmp_path / "briefs.jsonl", "").run(Archive(source))
    run = batch(tmp_path / "briefs.jsonl")
    run.run(Archive(source))
    assert run.summary.failures == 3


def test_bad_articles_are_failures_with_a_reason(tmp_path: Path) -> None:
    english = "The weather was nice on Sunday and everybody went out to see the park. " * 3
    endless = "Wort " * 30_000 + "Ende. Und noch ein Satz."
    source = tmp_path / "bad.jsonl"
    write(source, [article(1), article(2, text=""), article(3, text=english), {"id": 4}, 5])
    with source.open("ab") as file:
        file.write(b'{"id": "6", "text": "M\xfcnchen"}\n')
        file.write(json.dumps(article(7, text=endless)).encode() + b"\n")
    output = tmp_path / "briefs.jsonl"
    pipeline = Pipeline(Translator(FakeModel()), None, words=0)
    Batch(Worker(pipeline, "jsonl"), output, "jsonl").run(Archive(source))
    reasons = {row["id"]: row["reason"] for row in rows(failures_file(output))}
    assert ids(output) == ["nord/1", "nord/7"]
    assert reasons.keys() == {"nord/2", "nord/3", "bad.jsonl:4", "bad.jsonl:5", "bad.jsonl:6"}
    assert "English" in reasons["nord/3"]
    assert "UTF-8" in reasons["bad.jsonl:6"]


def test_an_archive_that_is_not_there_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Archive(tmp_path / "missing")
    assert not list(tmp_path.iterdir())


# Estimates, memory, threads


def test_a_dry_run_counts_and_writes_nothing(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "briefs.jsonl"
    estimate = batch(output).estimate(Archive(source))
    assert (estimate.new, estimate.seconds) == (118, None)
    assert abs(estimate.sentences - 4 * 117) < 10
    assert [path.name for path in tmp_path.glob("briefs*")] == []
    batch(output, limit=20).run(Archive(source))
    estimate = batch(output).estimate(Archive(source))
    assert estimate.new == 98
    assert estimate.seconds
    assert estimate.seconds < 60


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory as Linux tells it")
def test_memory_does_not_grow_with_the_archive(tmp_path: Path, processes: Any) -> None:
    process = processes.Process(target=batch_child.memory, args=(4000, tmp_path / "resident"))
    process.start()
    process.join()
    first, last = json.loads((tmp_path / "resident").read_text())
    # kB: caches of words, which have a bound, take 1 an article; articles would take 5 or more.
    assert last - first < 6_000
    assert len(ids(tmp_path / "resident.jsonl")) == 4000


def test_reading_ahead_keeps_order_passes_errors_on_and_ends_with_its_reader() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise InputError("torn")

    values = ahead(broken(), 2)
    assert next(values) == 1
    with pytest.raises(InputError, match="torn"):
        next(values)
    assert list(ahead(range(1000), 2)) == list(range(1000))
    count = threading.active_count()
    endless = ahead(iter(int, 1), 2)
    next(endless)
    endless.close()
    deadline = time.monotonic() + 5
    while threading.active_count() > count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == count
