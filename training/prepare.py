"""From parallel text to token ids: filtered, deduplicated, segmented, in one compact file."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.config import Config, Data

SPECIAL = ("</s>", "<unk>")  # ids 0 and 1; <pad> is the last id, as in the opus-mt models
_QUOTES = str.maketrans("“”„‟’‘‚", '""""\'\'\'')


@dataclass(frozen=True)
class Corpus:
    """One parallel file: `name`.de and `name`.en beside the manifest."""

    name: str
    domain: str
    licence: str
    source: str


def manifest(folder: Path) -> list[Corpus]:
    """The parallel files that MANIFEST.tsv names (columns file, domain, licence, source)."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Corpus(r["file"], r["domain"], r["licence"], r["source"]) for r in rows]


def read_pairs(stem: Path) -> list[tuple[str, str]]:
    """The lines of `stem`.de and `stem`.en, white space made single, both in NFC.

    Raises:
        ValueError: the two files differ in their number of lines.
    """
    sides = []
    for language in ("de", "en"):
        text = Path(f"{stem}.{language}").read_text(encoding="utf-8")
        lines = unicodedata.normalize("NFC", text).removesuffix("\n").split("\n")
        sides.append([" ".join(line.split()) for line in lines])
    if len(sides[0]) != len(sides[1]):
        raise ValueError(f"{stem}: {len(sides[0])} German and {len(sides[1])} English lines")
    return list(zip(*sides, strict=True))


def key(text: str) -> str:
    """What two texts share that differ in case, space and punctuation only."""
    return re.sub(r"[\W_]+", "", text).casefold()


def keep(german: str, english: str) -> bool:
    """Whether a pair looks like a sentence and its translation, by its characters alone."""
    if german == english or not (1 < len(german) < 800 and 1 < len(english) < 800):
        return False
    if not 0.4 < len(german) / len(english) < 3.0:
        return False
    letters = sum(c.isalpha() for c in german)
    return letters > 0.5 * len(german.replace(" ", ""))


def clean(config: Config) -> tuple[list[tuple[Corpus, list[tuple[str, str]]]], dict[str, int]]:
    """The pairs of every file in use, and how many were dropped for which reason.

    A pair is dropped if either side occurs in a test set, whatever its case and punctuation, or
    if an earlier file has the pair. Curly quotes of the English side become straight ones, so
    that the model has one way to quote.
    """
    folder = config.data.corpus
    tests = {
        key(side)
        for path in sorted((folder / "test").glob("*.de"))
        for pair in read_pairs(path.with_suffix(""))
        for side in pair
    }
    seen: set[int] = set()
    dropped = {"implausible": 0, "in a test set": 0, "duplicate": 0}
    corpora = []
    for corpus in manifest(folder):
        if not config.weight(Path(corpus.name).name, corpus.domain):
            continue
        kept = []
        for german, raw in read_pairs(folder / corpus.name):
            english = raw.translate(_QUOTES)
            keys = key(german), key(english)
            if not keep(german, english):
                dropped["implausible"] += 1
            elif tests.intersection(keys):
                dropped["in a test set"] += 1
            elif hash(keys) in seen:
                dropped["duplicate"] += 1
            else:
                seen.add(hash(keys))
                kept.append((german, english))
        corpora.append((corpus, kept))
    return corpora, dropped


def train_pieces(config: Config, corpora: list[tuple[Corpus, list[tuple[str, str]]]]) -> bytes:
    """A SentencePiece unigram model of both languages (Kudo 2018), from a weighted sample.

    Digits stand alone: a small model copies them better one by one.
    """
    import sentencepiece

    rng = np.random.default_rng(config.train.seed)

    def sample() -> Iterator[str]:
        for corpus, pairs in corpora:
            share = config.weight(Path(corpus.name).name, corpus.domain)
            for pair, draw in zip(pairs, rng.random(len(pairs)), strict=True):
                if draw < share:
                    yield from pair

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sample(),
        model_writer=model,
        vocab_size=config.data.vocabulary,
        character_coverage=0.9998,
        input_sentence_size=400_000,
        shuffle_input_sentence=True,
        split_digits=True,
        hard_vocab_limit=False,  # a small text has fewer pieces
        num_threads=2,
        bos_id=-1,
        eos_id=0,
        unk_id=1,
        pad_id=-1,
        minloglevel=2,
    )
    return model.getvalue()


def segment(
    model: bytes, data: Data, corpora: list[tuple[Corpus, list[tuple[str, str]]]]
) -> dict[str, np.ndarray]:
    """Token ids of all pairs, without </s>: flat arrays, and the lengths that cut them."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    flat: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    lengths, files = [], []
    for index, (_, pairs) in enumerate(corpora):
        sides = [pieces.encode([pair[side] for pair in pairs], num_threads=2) for side in (0, 1)]
        for source, target in zip(*sides, strict=True):
            sizes = len(source), len(target)
            if (
                min(sizes) > 0
                and max(sizes) <= data.longest
                and max(sizes) <= data.ratio * (min(sizes) + 4)
            ):
                flat[0].append(np.array(source, np.uint16))
                flat[1].append(np.array(target, np.uint16))
                lengths.append(sizes)
                files.append(index)
    return {
        "source": np.concatenate(flat[0]),
        "target": np.concatenate(flat[1]),
        "lengths": np.array(lengths, np.uint16),
        "files": np.array(files, np.uint8),
    }


def vocabulary(model: bytes) -> dict[str, int]:
    """Every piece and its id: those of SentencePiece, and <pad> as the last."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    table = {pieces.id_to_piece(i): i for i in range(pieces.get_piece_size())}
    assert all(table[piece] == i for i, piece in enumerate(SPECIAL))
    return table | {"<pad>": len(table)}


def spoken(model: bytes, targets: np.ndarray) -> bytes:
    """The SentencePiece model without the pieces that are not among these ids.

    What no target holds that a translator learns from it never says, and need not look at.
    """
    from sentencepiece import sentencepiece_model_pb2

    pieces: Any = sentencepiece_model_pb2.ModelProto.FromString(model)  # type: ignore[attr-defined]
    counts = np.bincount(targets, minlength=len(pieces.pieces))
    counts[: len(SPECIAL)] = 1
    kept = [piece for piece, count in zip(pieces.pieces, counts, strict=True) if count]
    del pieces.pieces[:]
    pieces.pieces.extend(kept)
    data: bytes = pieces.SerializeToString()
    return data


def prepare(config: Config, folder: Path) -> dict[str, int]:
    """Write all that `train` needs into a folder that can be carried to another machine.

    pieces.spm, target.spm, vocab.json, pairs.npz, corpora.json (what went in, for the model card)
    and the dev and test sets as text.

    Returns:
        The numbers of pairs kept and dropped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    corpora, dropped = clean(config)
    model = train_pieces(config, corpora)
    (folder / "pieces.spm").write_bytes(model)
    text = json.dumps(vocabulary(model), ensure_ascii=False, indent=0)
    (folder / "vocab.json").write_text(text, encoding="utf-8")
    arrays = segment(model, config.data, corpora)
    np.savez_compressed(folder / "pairs.npz", allow_pickle=False, **arrays)
    (folder / "target.spm").write_bytes(spoken(model, arrays["target"]))
    counts = np.bincount(arrays["files"], minlength=len(corpora))
    used = [
        {"file": Path(c.name).name, "domain": c.domain, "licence": c.licence, "source": c.source}
        | {"pairs": int(count)}
        for (c, _), count in zip(corpora, counts, strict=True)
    ]
    text = json.dumps(used, ensure_ascii=False, indent=1)
    (folder / "corpora.json").write_text(text, encoding="utf-8")
    for path in sorted((config.data.corpus / "test").glob("*.??")):
        (folder / path.name).write_bytes(path.read_bytes())
    return {"kept": int(counts.sum()), **dropped}
