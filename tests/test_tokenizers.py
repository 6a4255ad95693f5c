"""Without this, a model would read other tokens than the ones it was trained on."""

import json
import warnings
from pathlib import Path

import pytest

from seq2seq.errors import ModelError
from seq2seq.tokenizers import BartTokenizer, MarianTokenizer, load_tokenizer
from tests.tiny import ENGLISH, GERMAN

ODD = [
    "",
    " ",
    "€ 5.000 – „Züge“ …",
    "x" * 300,
    "Zeile\neins",
    "emoji 🎉 and 中文",
    "</s> <s> <pad>",
]


@pytest.mark.parametrize("text", [*GERMAN[:6], *ODD[:-1]])
def test_marian_reads_as_transformers_does(tiny_marian_dir: Path, text: str) -> None:
    from transformers import MarianTokenizer as Reference

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sacremoses, which it never calls
        reference = Reference.from_pretrained(str(tiny_marian_dir))
    ours = MarianTokenizer(tiny_marian_dir)
    vocabulary = ours.vocabulary()
    ids = [vocabulary.get(token, vocabulary["<unk>"]) for token in ours.encode([text])[0]]
    assert ids == reference(text)["input_ids"]


@pytest.mark.parametrize("text", [*ENGLISH[:6], *ODD[:-1]])
def test_bart_reads_as_transformers_does(tiny_bart_dir: Path, text: str) -> None:
    from transformers import BartTokenizer as Reference

    reference = Reference.from_pretrained(str(tiny_bart_dir))
    ours = BartTokenizer(tiny_bart_dir)
    ids = [ours.vocabulary()[token] for token in ours.encode([text])[0]]
    assert ids == reference(text)["input_ids"]


def test_text_that_looks_like_a_special_token_stays_text(
    tiny_marian_dir: Path, tiny_bart_dir: Path
) -> None:
    for tokenizer in (MarianTokenizer(tiny_marian_dir), BartTokenizer(tiny_bart_dir)):
        tokens = tokenizer.encode([ODD[-1]])[0]
        assert tokens.count("</s>") == 1
        assert tokens[-1] == "</s>"


@pytest.mark.parametrize("text", ENGLISH[:4])
def test_what_is_encoded_is_decoded(tiny_bart_dir: Path, text: str) -> None:
    bart = BartTokenizer(tiny_bart_dir)
    assert bart.decode(bart.encode([text])) == [text]


def test_target_text_has_no_special_tokens(tiny_marian_dir: Path) -> None:
    marian = MarianTokenizer(tiny_marian_dir)
    pieces = marian._target.encode(ENGLISH[0], out_type=str)
    assert marian.decode([["<pad>", *pieces, "</s>"]]) == [ENGLISH[0]]


def test_every_piece_of_english_may_be_said(tiny_marian_dir: Path, tiny_bart_dir: Path) -> None:
    """A piece that a target may not hold is a word that is never translated."""
    marian, bart = MarianTokenizer(tiny_marian_dir), BartTokenizer(tiny_bart_dir)
    pieces = {marian._target.id_to_piece(i) for i in range(marian._target.get_piece_size())}
    held, vocabulary = marian.targets(), marian.vocabulary()
    assert {"</s>", "<unk>", "<pad>"} | (pieces & vocabulary.keys()) == {*held}
    assert held == sorted(held, key=vocabulary.__getitem__)
    assert {*bart.targets()} == bart.vocabulary().keys()


def test_a_tokenizer_json_serves_as_well(tiny_bart_dir: Path, tmp_path: Path) -> None:
    """Models saved by a newer transformers have only this file."""
    from transformers import BartTokenizer as Reference

    reference = Reference.from_pretrained(str(tiny_bart_dir))
    reference.backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    ours = BartTokenizer(tmp_path)
    for text in [*ENGLISH[:3], ODD[-1]]:
        assert ours.encode([text]) == BartTokenizer(tiny_bart_dir).encode([text])


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "source.spm").write_bytes(b"damaged")
    (tmp_path / "target.spm").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="damaged"):
        MarianTokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": None}))
    with pytest.raises(ModelError, match="damaged"):
        BartTokenizer(tmp_path)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="t5"):
        load_tokenizer(tmp_path, {"model_type": "t5"})
