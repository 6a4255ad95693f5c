"""Figures that flatter, or that nobody can reproduce, would lead a user to the wrong model."""

import gzip
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from backports import zstd

import summarize
from depesche.brief import InputError, OutputError
from depesche.evaluate import briefs, report, scores, systems, texts
from depesche.evaluate.apart import apart
from depesche.evaluate.systems import KINDS, Run, System
from depesche.evaluate.texts import Example
from summarize import Line
from tests.fake import FakeModel

GERMAN = [
    "Der Zug nach Erlenau fährt am Montag um 8 Uhr ab.",
    "Die Stadt zahlt 4.300 Euro an den Verein.",
    "Mehr dazu steht auf https://erlenau.example/zug für alle Fahrgäste.",
    "Niemand wurde bei dem Unfall auf der Brücke verletzt.",
]
ENGLISH = [
    "The train to Erlenau leaves at 8 on Monday.",
    "The city pays the club 4,300 euros.",
    "More about it is at https://erlenau.example/zug for all passengers.",
    "Nobody was hurt in the accident on the bridge.",
]
MINI = System("mini")


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


# Recipes


def test_a_recipe_changes_what_it_names_and_nothing_else() -> None:
    base = System("mini", beam=6, offline=True)
    assert base.changed("beam=1") == System("mini", beam=1, offline=True)
    assert base.changed("org/other@1") == System("org/other@1", beam=6, offline=True)
    assert base.changed(" mini , engine=torch, compute=float32,cascade=off ") == System(
        "mini", engine="torch", compute="float32", beam=6, cascade="off", offline=True
    )


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("", "starts with nothing"),
        (",beam=1", "starts with nothing"),
        ("mini,", "no setting ''; there are beam, engine"),
        ("mini,bem=1", "no setting 'bem'"),
        ("model=mini", "no setting 'model'"),
        ("beam=0", "from 1 to 32"),
        ("beam=viele", "from 1 to 32"),
        ("compute=int4", "auto, float32"),
        ("cascade", "no model"),
    ],
)
def test_a_wrong_recipe_is_said_before_anything_runs(recipe: str, says: str) -> None:
    if says == "no model":  # a word alone is a model, which only loading can know
        assert MINI.changed(recipe).model == "cascade"
        return
    with pytest.raises(InputError, match=says):
        MINI.changed(recipe)


# Texts


def test_lines_come_packed_and_in_any_encoding(tmp_path: Path) -> None:
    source = tmp_path / "a.de.gz"
    source.write_bytes(gzip.compress("\r\n".join(GERMAN).encode("utf-8-sig")))
    reference = tmp_path / "a.en.zst"
    reference.write_bytes(zstd.compress(("\n".join(ENGLISH) + "\n").encode()))
    assert texts.parallel(source, reference) == (GERMAN, ENGLISH)


def test_files_that_do_not_match_are_refused(tmp_path: Path) -> None:
    """Else every sentence after a lost line would be scored against another's translation."""
    german = written(tmp_path / "de", GERMAN)
    english = written(tmp_path / "en", ENGLISH)
    for source, reference, says in (
        (german, written(tmp_path / "short", ENGLISH[:3]), "de has 4 lines and .*short 3"),
        (german, written(tmp_path / "empty", []), "empty is empty"),
        (written(tmp_path / "blank", ["", " "]), english, "blank is empty"),
        (tmp_path / "none", english, "No such file"),
        (written(tmp_path / "broken.gz", ["no gzip"]), english, "cannot be read"),
        (english, german, "is English, not German"),
    ):
        with pytest.raises(InputError, match=says) as caught:
            texts.parallel(source, reference)
        assert "\n" not in str(caught.value)


def test_examples_are_objects_with_two_texts(tmp_path: Path) -> None:
    good = {"article": " ".join(ENGLISH), "summary": ENGLISH[3], "id": 7}
    german = {"article": " ".join(GERMAN), "summary": ENGLISH[0]}
    path = written(tmp_path / "a.jsonl", [json.dumps(good), "", json.dumps(german)])
    assert [example.language for example in texts.examples(path)] == ["en", "de"]
    french = "Le conseil municipal a décidé mardi de construire un nouveau pont sur la rivière."
    for bad in ("[]", "{", '{"article": "x"}', '{"article": 1, "summary": "x"}'):
        with pytest.raises(InputError, match=r"b.jsonl:2 is no JSON object"):
            texts.examples(written(tmp_path / "b.jsonl", [json.dumps(good), bad]))
    with pytest.raises(InputError, match=":1: the article is French"):
        texts.examples(
            written(tmp_path / "c.jsonl", [json.dumps({"article": french, "summary": "x"})])
        )


# Scores


def test_equal_translations_are_never_called_different() -> None:
    """The test that sacrebleu has calls them different, with all the certainty it has."""
    worse = [" ".join(line.split()[1:]) for line in ENGLISH]
    found = scores.scored([worse, worse, ENGLISH], ENGLISH)
    first, same, perfect = found.systems
    assert (first["bleu"].p, same["bleu"].p, same["chrf2"].p) == (None, 1.0, 1.0)
    assert perfect["bleu"].value == pytest.approx(100)
    assert perfect["bleu"].p is not None
    assert perfect["bleu"].p < 0.05
    assert first["bleu"].low <= first["bleu"].value <= first["bleu"].high
    assert found.tokens[0] < found.tokens[2]
    assert "tok:13a" in found.signatures["bleu"]
    assert scores.scored([worse, worse, ENGLISH], ENGLISH) == found


def test_means_have_intervals_and_significance() -> None:
    """A hair's breadth on a few articles would pass for a better summarizer."""
    low = [float(i % 7) for i in range(100)]
    first, same, better, luck = scores.averaged(
        [low, low, [x + 0.5 for x in low], [x + (-1) ** i * 3 + 0.1 for i, x in enumerate(low)]]
    )
    assert (first.p, same.p) == (None, 1.0)
    assert first.low < first.value < first.high
    assert better.p is not None
    assert luck.p is not None
    assert better.p < 0.01 < 0.1 < luck.p


def test_small_and_odd_sets_have_scores() -> None:
    (only,) = scores.scored([[""]], ["Nobody was hurt."]).systems
    assert (only["bleu"].value, only["chrf2"].value) == (0, 0)


# Runs


def test_a_run_counts_the_lines_with_each_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    english = dict(zip(GERMAN, ENGLISH, strict=True))
    wrong = {
        GERMAN[1]: "The city pays the club 43 euros and 5 cents.",
        GERMAN[2]: "More about it is on the website for all passengers.",
        GERMAN[3]: "Nobody was was was was was hurt on the bridge.",
    }
    model = FakeModel(lambda text: wrong.get(text) or english.get(text, "Good morning."))
    monkeypatch.setattr("seq2seq.load", lambda name, **how: model)
    done: list[int] = []
    run = systems.run(System("mini", cascade="off"), [*GERMAN, GERMAN[3], ""], done.append)
    assert run.translations == [ENGLISH[0], *wrong.values(), wrong[GERMAN[3]], ""]
    assert run.findings["number"] == 1  # the sentence has two of them
    assert run.findings["lost"] == 1
    assert run.findings["loop"] == 2
    assert run.findings["empty"] == 0
    assert set(run.findings) == set(KINDS)
    assert run.recipe["cascade"] is False
    assert sum(done) == 5


# A process of its own


def filled(size: int) -> int:
    """Takes so many bytes."""
    return len(bytearray(b"x") * size)


def test_memory_is_the_works_own() -> None:
    """Else every model would seem as large as the largest before it."""
    mine = bytearray(b"x") * 200_000_000
    small, before = apart(filled, 4)
    large, after = apart(filled, 100_000_000)
    assert (small, large) == (4, 100_000_000)
    if before is None or after is None:
        pytest.skip("this system does not tell")
    assert 1_000_000 < before < len(mine)
    assert after > 100_000_000 + before / 2


def test_what_goes_wrong_in_the_other_process_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none cannot be read: No such file"):
        apart(texts.parallel, tmp_path / "none", tmp_path / "none")
    with pytest.raises(InputError, match=r"died \(exit code 7\)$"):
        apart(os._exit, 7)
    if os.name != "nt":
        with pytest.raises(InputError, match="memory may have run out"):
            apart(signal.raise_signal, signal.SIGKILL)


# Briefs


class Repeating:
    """Says the second sentence, and a number that is nowhere."""

    recipe = {"model": "repeating"}  # noqa: RUF012

    def summarize_all(self, articles, words):  # type: ignore[no-untyped-def]
        for sentences in articles:
            yield [Line(sentences[1], (1,)), Line("It cost 77,123 euros.", ())]


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    english = dict(zip(GERMAN, ENGLISH, strict=True))
    monkeypatch.setattr("seq2seq.load", lambda *_, **__: FakeModel(lambda t: english.get(t, "Hi.")))
    monkeypatch.setattr(summarize, "load", lambda *_, **__: Repeating())


def test_german_and_english_articles_are_briefed_beside_their_lead(doubles: None) -> None:
    examples = [
        Example("\n\n".join(GERMAN), ENGLISH[1], "de"),
        Example(" ".join(ENGLISH), ENGLISH[0], "en"),
        Example(" ".join(ENGLISH), ENGLISH[1], "en"),
        Example("https://erlenau.example", ENGLISH[1], "de"),
    ]
    run = briefs.run(MINI, "any", 60, examples)
    assert [brief[0] for brief in run.briefs[:3]] == [ENGLISH[1]] * 3
    assert run.leads == [ENGLISH[:3]] * 3 + [[]]
    assert run.failures == {3: "no sentences in it"}
    assert run.unsupported == 3
    record = report.of_briefs(run, None, [example.summary for example in examples])
    assert (record["examples"], record["articles"], record["lines"]) == (3, 2, 6)
    assert record["unsupported_share"] == 0.5
    assert record["brief"]["rouge1"]["score"] > record["lead3"]["rouge1"]["score"]
    assert record["lead3"]["rouge1"]["p"] is None
    assert record["lead3"]["words"] == sum(len(line.split()) for line in ENGLISH[:3])
    table = "".join(report.briefs_table(record))
    assert re.search(r"^  unsupported +50\.0%$", table, re.MULTILINE)
    assert re.search(r"^peak memory, MB +–$", table, re.MULTILINE)


def test_a_model_is_loaded_only_where_an_article_is_german(
    doubles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seq2seq.load", lambda *_, **__: pytest.fail("a model was loaded"))
    run = briefs.run(MINI, "any", 60, [Example(" ".join(ENGLISH), ENGLISH[0], "en")])
    assert run.failures == {}


def test_rouge_of_the_same_text_is_100() -> None:
    found = briefs.rouge([ENGLISH], [" ".join(ENGLISH)])
    assert [score for (score,) in found.values()] == pytest.approx([100] * 3)


# Reports


def record(names: tuple[str, ...] = ("mini", "beam=1")) -> report.Record:
    found = scores.scored([ENGLISH] * len(names), ENGLISH)
    counts: dict[str, int] = {**dict.fromkeys(KINDS, 0), "loop": 1234}
    run = Run(ENGLISH, counts, {"model": "mini", "cascade": True}, 1.25, 2.0)
    measured = [report.Measured(name, run, 123_456_789) for name in names]
    return report.of_translations(measured, found, {})


def test_the_table_has_a_column_for_each_way() -> None:
    lines = "".join(report.translations_table(record())).splitlines()
    rows = {line[:20].strip(): line[20:].split() for line in lines}
    assert lines[2].split() == ["mini", "beam=1"]
    assert rows["BLEU"] == ["100.00", "100.00"]
    assert lines[5].split() == ["p", "–", "1.000"]
    assert rows["loop"] == ["1,234", "1,234"]
    assert rows["sentences a second"] == ["2.0", "2.0"]
    assert rows["peak memory, MB"] == ["123", "123"]
    assert not any(line.startswith("  p") for line in report.translations_table(record(("a",))))


def test_the_same_figures_give_the_same_chart(tmp_path: Path) -> None:
    """Else every run would change the file, and nobody would see when the figures did."""
    for name in ("a.svg", "b.svg", "c.PNG"):
        report.chart(record(), tmp_path / name)
    svg = (tmp_path / "a.svg").read_bytes()
    assert svg == (tmp_path / "b.svg").read_bytes()
    assert b"<svg" in svg
    assert (tmp_path / "c.PNG").read_bytes().startswith(b"\x89PNG")


def test_a_chart_that_cannot_be_is_said_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (tmp_path / "a.pdf", tmp_path / "a", tmp_path / "no" / "a.svg"):
        with pytest.raises(OutputError, match=r"end it in \.svg or \.png|no such folder"):
            report.require_chart(path)
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(OutputError, match="it is a folder"):
        report.require_chart(tmp_path / "folder.svg")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'depesche\[evaluate\]'"):
        report.require_chart(tmp_path / "a.svg")
