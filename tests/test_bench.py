"""The bench: without it nobody could tell whether depesche's claims about its speed hold."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import torch

pytest.importorskip("resource", reason="the bench reads memory as Unix tells it")

from bench import measure, peers, process, report, texts, weights
from bench.peers import Contender, direct, loop, ours
from bench.peers.protocol import Job
from bench.process import Failed, Process

GERMAN = [
    "Verletzt wurde niemand.",
    "Der Schaden liegt bei etwa 90.000 Euro.",
    "Die Häfen hatten seit 2019 mehr als ein Fünftel ihres Umschlags verloren.",
]
PLAN = measure.Plan(sizes=(1, 10, 100), lines=4, shape=4, beams=(1, 4), beam_lines=4)
DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The bundled model in every layout, in float32, so that engines may agree to the letter."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPESCHE_CACHE", str(cache))
        return weights.job(weights.MINI, cache, compute_type="float32")


@pytest.fixture
def converted(job: Job, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The same, where depesche finds it converted."""
    monkeypatch.setenv("DEPESCHE_CACHE", str(Path(job.package).parent))
    return job


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch's threads wait for each other for ages where the cores have other work, too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
def test_all_contenders_translate_alike(converted: Job) -> None:
    """Speeds of contenders that do different work would be compared."""
    loads = (ours.unchecked, ours.checked, direct.load, loop.loop(1), loop.loop(2))
    outputs = [list(load(converted)(GERMAN)) for load in loads]
    assert all(outputs[0])
    assert [own for own in outputs if own != outputs[0]] == []


def test_forced_lengths_are_the_same_for_all(converted: Job) -> None:
    """A contender would seem fast because it wrote less."""
    forced = Job(**{**vars(converted), "length": 12})
    ours_, direct_ = (list(load(forced)(GERMAN)) for load in (ours.unchecked, direct.load))
    assert ours_ == direct_
    assert ours_ != list(ours.unchecked(converted)(GERMAN))


def test_a_contender_in_a_process_answers_as_it_does_here(job: Job, tmp_path: Path) -> None:
    """The bench would measure something else than what the other tests look at."""
    with Process(peers.DIRECT, tmp_path) as contender:
        assert "ctranslate2" in contender.load(job)["versions"]
        answer = contender.run(GERMAN)
    assert answer["outputs"] == list(direct.load(job)(GERMAN))
    assert 0 < answer["first"] <= answer["seconds"]
    assert answer["peak_mb"] > 10


def test_a_contender_that_breaks_says_why(job: Job, tmp_path: Path) -> None:
    """The page would leave a contender out without a reason."""
    with (
        Process(peers.DIRECT, tmp_path) as contender,
        pytest.raises(Failed, match=r"source\.spm"),
    ):
        contender.load(Job(str(tmp_path)))


def test_a_contender_that_hangs_is_ended(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One contender would keep all others' figures from ever being written."""
    monkeypatch.setattr(process, "LIMIT", 0.01)
    with Process(peers.DIRECT, tmp_path) as contender, pytest.raises(Failed, match="signal 9"):
        contender.load(job)


def test_the_package_for_argos_has_the_weights_and_ends_sources(job: Job) -> None:
    """Argos would translate with other weights, or badly, and look worse than it is."""
    with zipfile.ZipFile(job.package) as package:
        assert (
            package.read("de_en/model/model.bin") == Path(job.converted, "model.bin").read_bytes()
        )
        assert json.loads(package.read("de_en/model/config.json"))["add_source_eos"] is True
        assert json.loads(package.read("de_en/metadata.json"))["from_code"] == "de"
        assert "de_en/sentencepiece.model" in package.namelist()


def test_no_two_sentences_are_alike() -> None:
    """A cache would pass for speed."""
    sentences = texts.sentences(10_000)
    assert len(set(sentences)) == 10_000
    assert sentences[:10] == texts.sentences(10)
    with pytest.raises(ValueError, match="1000000 sentences"):
        texts.sentences(1_000_000)


class Double:
    """A process that answers at once; Argos fails, and the loop takes ten seconds a sentence."""

    def __init__(self, contender: Contender, _cache: Path) -> None:
        self.contender = contender
        self.started = 0.0

    def load(self, job: Job) -> dict[str, Any]:
        if self.contender == peers.ARGOS:
            raise Failed("no such package")
        return {"versions": {"double": "1.0"}}

    def run(self, given: Sequence[str]) -> dict[str, Any]:
        pace = 10.0 if self.contender == peers.ONE_BY_ONE else 0.1
        seconds = pace * len(given)
        outputs = [f"said {text}" for text in given]
        return {"outputs": outputs, "first": pace, "seconds": seconds, "peak_mb": 99 + len(given)}

    def __enter__(self) -> "Double":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a whole bench of doubles finds, where distilbart's shape cannot be made."""

    def no_memory(path: Path) -> Path:
        raise MemoryError("too large")

    def job(model: Path, cache: Path, **how: Any) -> Job:
        return Job(str(model), **how)

    monkeypatch.setattr(measure, "Process", Double)
    monkeypatch.setattr(measure.Bench, "command", lambda self: 2.5)
    monkeypatch.setattr(weights, "job", job)
    monkeypatch.setattr(weights, "opus_mt", lambda path: path.mkdir() or path)
    monkeypatch.setattr(weights, "distilbart", no_memory)
    machine = {"cpu": "abacus", "cores": 2, "memory_gb": 1, "system": "S", "python": "3"}
    machine |= {"engine": "ctranslate2"}
    made = {"date": "2026-01-02", "depesche": "1", "quick": False, "minutes": 3, "others": 0.25}
    found = measure.Bench(PLAN, tmp_path).everything()
    return json.loads(json.dumps(made | found | {"machine": machine}))  # type: ignore[no-any-return]


def test_a_failing_contender_costs_nobody_else_a_figure(figures: dict[str, Any]) -> None:
    """Half an hour's figures would be lost because a peer could not be installed."""
    assert figures["failures"]["Argos Translate (first start)"] == "no such package"
    assert "too large" in figures["failures"]["briefs"]
    mini = figures["mini"]["contenders"]
    assert set(mini) == {c.name for c in peers.ALL} - {"Argos Translate"}
    assert set(figures["opus_mt"]) == set(mini) - {"depesche"} | {peers.PORTABLE.name}
    assert [row["sentences"] for row in mini["depesche"]["sizes"]] == [1, 10, 100]
    assert [row["sentences"] for row in mini[peers.ONE_BY_ONE.name]["sizes"]] == [1, 10]


def test_the_page_names_machine_versions_date_and_failures(figures: dict[str, Any]) -> None:
    """Nobody could tell what the figures are of."""
    page = report.page(figures, [])
    for said in (
        "2026-01-02",
        "2 cores of abacus",
        "its ctranslate2 engine",
        "25% of the cores",
        "double 1.0",
        "no such package",
        "too large",
    ):
        assert said in page
    assert "| transformers, one by one | 10.0 | 100 | – |" in page


def test_the_page_says_where_depesche_loses(figures: dict[str, Any]) -> None:
    """Users would be told only what flatters depesche."""
    assert "In no measure" in _losses(figures)
    rows = figures["mini"]["contenders"]
    rows["CTranslate2"]["startup"] = 0.4
    rows["depesche"]["startup"] = 0.8
    rows["EasyNMT"]["sizes"][1]["peak_mb"] *= 0.99  # noise
    losses = _losses(figures)
    assert "| start-up and one sentence, s | depesche 0.800 | CTranslate2 0.400 |" in losses
    assert "peak" not in losses
    del rows["depesche"]["sizes"][2]
    rows["CTranslate2"]["sizes"][2]["seconds"] = 1.0
    assert "| 100 sentences, s | depesche, unchecked 10.0 | CTranslate2 1.00 |" in _losses(figures)
    for test in figures["mini"]["test"]["rows"].values():
        test["bleu"] = 30.0
    figures["mini"]["test"]["rows"]["EasyNMT"]["bleu"] = 40.0
    assert "| BLEU | depesche 30.0 | EasyNMT 40.0 |" in _losses(figures)


def test_figures_page_and_plots_are_written_together(
    figures: dict[str, Any], tmp_path: Path
) -> None:
    """The page would show plots of another run."""
    report.write(figures, tmp_path / "docs")
    page = (tmp_path / "docs" / report.PAGE).read_text(encoding="utf-8")
    written = {path.name for path in (tmp_path / "docs").iterdir()}
    drawn = {name for name in written if name.endswith(".svg")}
    assert written == {report.PAGE, report.FIGURES} | drawn
    assert drawn
    assert all(f"]({name})" in page for name in drawn)


@pytest.mark.skipif(not (DOCS / report.PAGE).exists(), reason="nobody has run the bench yet")
def test_the_published_page_is_made_of_its_figures() -> None:
    """Somebody would have written a better figure by hand."""
    made = json.loads((DOCS / report.FIGURES).read_text(encoding="utf-8"))
    drawn = [path.name for path in DOCS.glob("benchmarks-*.svg")]
    assert (DOCS / report.PAGE).read_text(encoding="utf-8") == report.page(made, drawn)
    assert not made["quick"]


def _losses(figures: dict[str, Any]) -> str:
    page = report.page(figures, [])
    return page.partition("## Where depesche loses")[2].partition("\n## ")[0]
