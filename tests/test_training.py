"""The recipe of the bundled model, from a few dozen invented pairs to a scored directory."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seq2seq
from seq2seq.tokenizers import MarianTokenizer
from training import align, batches, export, prepare
from training.config import Config, load
from training.evaluate import loops, score, translate
from training.model import Transformer
from training.plot import plot
from training.train import Trainer

# MarianTokenizer recommends a library that it never calls
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")

_SUBJECTS = {"Der Minister": "The minister", "Die Stadt": "The city", "Ein Gericht": "A court"}
_VERBS = {"lobt": "praises", "kritisiert": "criticises", "prüft": "examines", "baut": "builds"}
_OBJECTS = {"die neue Brücke": "the new bridge", "das Gesetz": "the law", "den Plan": "the plan"}
_TIMES = {"heute": "today", "im März 2024": "in March 2024", "seit Jahren": "for years"}

_CONFIG = """
[data]
corpus = "corpus"
vocabulary = 150
longest = 40

[model]
width = 32
feed_forward = 64
heads = 4
encoder_layers = 2
decoder_layers = 1
positions = 64

[train]
minutes = 10
steps = 12
batch_tokens = 200
widths = [16, 24, 41]
optimizer = "muon"
warmup = 4
guide = 0.5
save_minutes = 100
dev_set = "held-out"
dev_lines = 4

[[train.phase]]
until = 0.5
longest = 30
weights = { general = 0.5, invented_news = 1 }

[[train.phase]]
until = 1.0
weights = { news = 2 }
"""


def _write(folder: Path, name: str, pairs: list[tuple[str, str]]) -> None:
    for index, language in enumerate(("de", "en")):
        text = "".join(f"{pair[index]}\n" for pair in pairs)
        (folder / f"{name}.{language}").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for one another cost more than they save on work as small as this."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Path]:
    """A corpus of invented sentences, and the folder that `prepare` made of it."""
    root = tmp_path_factory.mktemp("training")
    for name in ("train", "test"):
        (root / "corpus" / name).mkdir(parents=True)
    pairs = [
        (f"{s} {v} {o} {t}.", f"{_SUBJECTS[s]} {_VERBS[v]} {_OBJECTS[o]} {_TIMES[t]}.")
        for s in _SUBJECTS
        for v in _VERBS
        for o in _OBJECTS
        for t in _TIMES
    ]
    _write(root / "corpus" / "test", "held-out", pairs[:6])
    leaked = [
        (pairs[0][0].upper(), "Something else, and it is not the same."),
        ("Etwas ganz anderes, nicht das gleiche.", f"“{pairs[1][1]}”"),
    ]
    _write(root / "corpus" / "train", "invented_news", pairs[6:70] + leaked + pairs[6:8])
    _write(root / "corpus" / "train", "invented_talk", pairs[60:])
    (root / "corpus" / "MANIFEST.tsv").write_text(
        "file\tdomain\tlicence\tsource\n"
        "train/invented_news\tnews\tCC0\tinvented\n"
        "train/invented_talk\tgeneral\tCC0\tinvented\n",
        encoding="utf-8",
    )
    (root / "tiny.toml").write_text(_CONFIG, encoding="utf-8")
    config = load(root / "tiny.toml")
    counts = prepare.prepare(config, root / "run" / "data")
    assert counts == {"kept": 102, "implausible": 0, "in a test set": 2, "duplicate": 12}
    return config, root


@pytest.fixture(scope="module")
def trained(prepared: tuple[Config, Path]) -> Path:
    """A run of all its steps, without a break."""
    config, root = prepared
    Trainer(config, root / "run").run()
    return root / "run"


@pytest.fixture(scope="module")
def exported(prepared: tuple[Config, Path], trained: Path) -> Path:
    """The same run with its model directory."""
    assert export.average(trained, 1) == ["step-0000012"]
    export.export(prepared[0], trained)
    return trained


@pytest.fixture
def converted_once(exported: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exported run; what uses it shares CTranslate2's conversion."""
    monkeypatch.setenv("DEPESCHE_CACHE", str(exported / "cache"))
    return exported


def _load(path: Path) -> tuple[Any, Any]:
    from transformers import MarianMTModel, MarianTokenizer

    model: Any = MarianMTModel.from_pretrained(path)
    return model.eval(), MarianTokenizer.from_pretrained(path)


def test_no_test_sentence_is_trained_on(prepared: tuple[Config, Path]) -> None:
    """Scores would be a lie: a pair goes if either side is in a test set, in capitals too."""
    config, root = prepared
    pairs = batches.Pairs(root / "run" / "data")
    words = export.tokenizer(config.model, root / "run" / "data")
    held_out = {
        prepare.key(s) for pair in prepare.read_pairs(root / "corpus/test/held-out") for s in pair
    }
    for index in range(len(pairs)):
        for side in (0, 1):
            ids = pairs.rows(np.array([index]), side)[0].tolist()
            assert prepare.key(words.decode(ids, skip_special_tokens=True)) not in held_out


def test_a_stopped_run_goes_on_as_if_never_stopped(
    prepared: tuple[Config, Path], trained: Path
) -> None:
    """A GPU that is taken away in mid-run would cost the run, or change its result."""
    config, root = prepared
    folder = root / "stopped"
    shutil.copytree(root / "run" / "data", folder / "data")
    first = Trainer(config, folder)
    for batch in first.batches():
        first.step(batch)
        if first.position.step == 7:  # past the first phase
            break
    first.save()
    (folder / "log.jsonl").write_text('{"step": 7}\n{"step": 9}\n', encoding="utf-8")
    second = Trainer(config, folder)
    assert (folder / "log.jsonl").read_text(encoding="utf-8") == '{"step": 7}\n'
    second.run()
    whole, parts = (
        torch.load(run / "checkpoint.pt", weights_only=True)["model"] for run in (trained, folder)
    )
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_transformers_computes_the_same(prepared: tuple[Config, Path], exported: Path) -> None:
    """The exported model would not be the trained one."""
    config, _ = prepared
    theirs, words = _load(exported / "model")
    assert theirs.dtype == torch.float32
    ours = Transformer(config.model, len(words)).eval()
    state = torch.load(exported / "checkpoint.pt", weights_only=True)["model"]
    ours.load_state_dict({name: weight.half().float() for name, weight in state.items()})
    texts = ["Der Minister prüft das Gesetz.", "Heute."]
    source = words(texts, return_tensors="pt", padding=True)
    target = torch.tensor([[words.pad_token_id, 5, 6, 7], [words.pad_token_id, 8, 2, 3]])
    with torch.no_grad():
        expected = theirs(**source, decoder_input_ids=target).logits
        states, attention = ours(source.input_ids, target)
    torch.testing.assert_close(ours.logits(states), expected[..., :-1], rtol=1e-4, atol=1e-4)
    assert (expected[..., -1] < -1e3).all()  # <pad> is never an answer
    torch.testing.assert_close(attention.exp().sum(3), torch.ones(2, 4, 4))


def test_ctranslate2_writes_the_same(converted_once: Path) -> None:
    """The bundled model would run in one engine only, or differently in each."""
    texts = ["Der Minister prüft das Gesetz.", "Die Stadt baut heute."]
    words = MarianTokenizer(converted_once / "model")
    german = words.vocabulary().keys() - set(words.targets())
    assert german, "as many pieces are looked at as there are"
    settings: dict[str, Any] = {
        "num_beams": 1,
        "max_new_tokens": 12,
        "no_repeat_ngram_size": 0,
        "suppress_tokens": [words.vocabulary()[piece] for piece in german],
    }
    expected = translate(*_load(converted_once / "model"), texts, **settings)
    model = seq2seq.load(
        str(converted_once / "model"), engine="ctranslate2", device="cpu", compute_type="float32"
    )
    found = model.generate(texts, seq2seq.Decoding(beam=1, max_tokens=10))
    assert [hypotheses[0].text for hypotheses in found] == expected


def test_counting_finds_the_translation_of_a_word(prepared: tuple[Config, Path]) -> None:
    """Attention would be guided to wrong words, which is worse than not at all."""
    _, root = prepared
    pairs = batches.Pairs(root / "run" / "data")
    table = align.lexicon(pairs, torch.device("cpu"))
    batch = batches.collate(pairs, np.arange(20), None)
    found = align.posteriors(table, batch, pairs.pad)
    sums = found.sum(2)
    torch.testing.assert_close(sums, (batch.target != pairs.pad).float())
    vocabulary = json.loads((root / "run" / "data" / "vocab.json").read_text(encoding="utf-8"))
    assert table[vocabulary["4"]].argmax().item() == vocabulary["4"]


def test_sampling_changes_the_pieces_and_not_the_text(prepared: tuple[Config, Path]) -> None:
    """The model would be trained on garbled text, in training runs with subword sampling."""
    config, root = prepared
    pairs = batches.Pairs(root / "run" / "data")
    words = export.tokenizer(config.model, root / "run" / "data")
    every = np.arange(len(pairs))

    def texts(side: int) -> list[str]:
        found: list[str] = words.batch_decode(pairs.rows(every, side), skip_special_tokens=True)
        return found

    before, pieces = (texts(0), texts(1)), pairs.lengths.sum()
    pairs.set_ids(*batches.resample(root / "run" / "data", 0.1))
    assert (texts(0), texts(1)) == before
    assert pairs.lengths.sum() > pieces


def test_every_pair_comes_as_often_as_its_weight_says(prepared: tuple[Config, Path]) -> None:
    """Some text would be trained on twice or never, and no score would tell why."""
    config, root = prepared
    pairs = batches.Pairs(root / "run" / "data")
    order = batches.epoch(pairs, config.train.phases[1], config.train, 3)
    drawn = np.bincount(np.concatenate(order), minlength=len(pairs))
    assert set(drawn[pairs.files == 0]) == {2} and set(drawn[pairs.files == 1]) == {0}
    for batch in order:
        padded = batches.collate(pairs, batch, config.train.widths)
        assert padded.source.shape[1] in config.train.widths
        assert padded.source.numel() <= config.train.batch_tokens


def test_a_run_is_scored_plotted_and_described(
    prepared: tuple[Config, Path], converted_once: Path
) -> None:
    """Nobody could tell what a model is worth and what it was made of."""
    from training.card import write_card
    from training.evaluate import evaluate

    config, root = prepared
    scores = evaluate(converted_once / "model", root / "run" / "data", ["held-out"], beam=2)
    assert scores["sets"]["held-out"]["sentences"] == 6
    (converted_once / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
    write_card(config, converted_once)
    card = (converted_once / "model" / "README.md").read_text(encoding="utf-8")
    assert "| invented_news | news | 64 | CC0 | invented |" in card and "held-out" in card
    assert plot(converted_once).read_bytes().startswith(b"<?xml")


def test_a_mistyped_setting_is_named(tmp_path: Path) -> None:
    """A run with a typing error would train for an hour on a default."""
    path = tmp_path / "run.toml"
    path.write_text(_CONFIG.replace("batch_tokens", "batch_token"), encoding="utf-8")
    with pytest.raises(ValueError, match="batch_token"):
        load(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the the the the end", True),
        ("he said so he said so he said so he said so", True),
        ("the the the end", False),
        ("a very very long way, and a very very long day", False),
        ("now, now, now, now, now", True),
        ("11 11 11 111", False),
    ],
)
def test_loops_are_counted(text: str, found: bool) -> None:
    """The pinned number of loops would mean nothing."""
    assert loops(text) is found


def test_empty_outputs_are_counted() -> None:
    """A dropped sentence would go unseen."""
    result = score(["A cat sat on the mat.", " "], ["A cat sat on the mat.", "A dog."])
    assert result["empty"] == 1 and 0 < result["bleu"] < 100


def test_phases_follow_one_another(prepared: tuple[Config, Path]) -> None:
    """The final phase on news would never begin."""
    config, _ = prepared
    assert config.weight("invented_news", "news") == 2
    assert config.weight("invented_talk", "general") == 0.5
    assert config.weight("other", "legal") == 0
    longer = dataclasses.replace(config.train.phases[0], weights={})
    assert not longer.weights
