"""What a user would lose of an output on object storage: results, whole files, or their own."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from depesche.archive import Archive
from depesche.batch import Batch
from depesche.brief import OutputError
from depesche.export import failures_file
from depesche.journal import Result
from depesche.remote import Output, RemoteOutput, placed
from depesche.worker import Worker
from tests import batch_child
from tests.batch_child import batch

URL = "memory://bucket/out/briefs.jsonl"


@pytest.fixture
def bucket() -> Iterator[Any]:
    """Object storage that is gone after the test."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.mkdir("/bucket/out", create_parents=True)
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("depesche.pipeline.WINDOW", batch_child.WINDOW)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "archive.jsonl"
    path.write_text(rows(60) + "{ kaputt\n", encoding="utf-8")
    return path


def rows(count: int) -> str:
    texts = (
        f"Im Ort {n} steht ein Haus. Es ist \u2028rot. Der Baum {n} auch." for n in range(count)
    )
    return "".join(json.dumps({"id": f"{n}", "text": text}) + "\n" for n, text in enumerate(texts))


def run(source: Path, url: str = URL, form: Any = "jsonl", *, broken_off: bool = False) -> Batch:
    """A run from an empty disk, perhaps stopped after the first window."""
    stop = threading.Event()
    with placed(url, form) as place:

        def keep(results: list[Result]) -> None:
            place.keep(results)
            if broken_off:
                stop.set()

        made = batch(place.path, form, keep=keep)
        made.run(Archive(source), stop)
        if not stop.is_set():
            place.publish()
    return made


def objects(bucket: Any) -> dict[str, bytes]:
    return {path: bucket.cat_file(path) for path in bucket.find("/") if ".state/" not in path}


def test_a_stopped_run_goes_on_on_another_machine_to_the_same_output(
    bucket: Any, source: Path, tmp_path: Path
) -> None:
    batch(tmp_path / "briefs.jsonl").run(Archive(source))
    first = run(source, broken_off=True)
    assert first.summary.interrupted
    assert objects(bucket) == {}
    second = run(source)
    assert second.summary.before == first.summary.done > 0
    assert objects(bucket) == {
        "/bucket/out/briefs.jsonl": (tmp_path / "briefs.jsonl").read_bytes(),
        "/bucket/out/briefs.failures.jsonl": failures_file(tmp_path / "briefs.jsonl").read_bytes(),
    }


def test_only_what_changed_is_put_there_and_what_is_gone_is_removed(
    bucket: Any, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depesche.export.PART", 20)
    url = "memory://bucket/parts"
    run(source, url, "parquet")
    bucket.pipe_file("/bucket/parts/notes.txt", b"mine")
    parts = [f"/bucket/parts/part-0000{n}.parquet" for n in range(3)]
    others = ["/bucket/parts.failures.jsonl", "/bucket/parts/notes.txt"]
    assert sorted(objects(bucket)) == sorted([*parts, *others])
    written = {part: bucket.modified(part) for part in parts}
    source.write_text(rows(35), encoding="utf-8")
    again = run(source, url, "parquet")
    assert (again.summary.before, again.summary.done) == (35, 0)
    assert sorted(objects(bucket)) == sorted([*parts[:2], others[1]])
    assert bucket.modified(parts[0]) == written[parts[0]]
    assert bucket.modified(parts[1]) > written[parts[1]]


def test_a_later_result_takes_the_place_of_a_failure(bucket: Any, source: Path) -> None:
    class Broken(batch_child.Touchy):
        def generate(self, texts: Any, decoding: Any) -> Any:
            if any("Ort 7 " in text for text in texts):
                raise RuntimeError("out of luck")
            return super().generate(texts, decoding)

    from depesche.pipeline import Pipeline
    from translate import Translator

    for model, retry, failures in ((Broken(), False, 2), (batch_child.Touchy(), True, 1)):
        with placed(URL, "jsonl") as place:
            worker = Worker(Pipeline(Translator(model), None, words=0, force=True), "jsonl")
            made = Batch(worker, place.path, "jsonl", retry_failed=retry, keep=place.keep)
            made.run(Archive(source))
            place.publish()
        assert made.summary.failures == failures
    assert run(source).summary.failures == 1


def test_what_is_not_the_output_of_a_batch_is_not_overwritten(bucket: Any, source: Path) -> None:
    bucket.pipe_file("/bucket/out/briefs.jsonl", b"mine")
    with pytest.raises(OutputError, match=r"briefs\.jsonl\.state is not beside it"):
        RemoteOutput(URL, "jsonl")
    assert bucket.cat_file("/bucket/out/briefs.jsonl") == b"mine"


def test_a_file_is_there_whole_or_not_at_all(
    bucket: Any, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(source: Any, target: Any) -> None:
        target.write(source.read(10))
        raise OSError("connection lost")

    with placed(URL, "jsonl") as place:
        monkeypatch.setattr("shutil.copyfileobj", torn)
        with pytest.raises(OutputError, match=f"^cannot write {URL}: connection lost$"):
            batch(place.path, keep=place.keep).run(Archive(source))
    assert bucket.find("/") == []


def test_a_place_on_this_machine_needs_no_copy(tmp_path: Path) -> None:
    for place in (str(tmp_path / "x.jsonl"), (tmp_path / "x.jsonl").as_uri()):
        found = placed(place, "jsonl")
        assert type(found) is Output
        assert found.path == tmp_path / "x.jsonl"


@pytest.mark.parametrize(
    ("url", "form", "said"),
    [
        ("nowhere://x/y.jsonl", "jsonl", "nowhere"),
        ("memory://bucket/briefs", "md", r"a \.jsonl file or --format parquet"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_in_a_line(url: str, form: Any, said: str) -> None:
    with pytest.raises(OutputError, match=f"^{url}: [^\n]*{said}[^\n]*$"):
        placed(url, form)
