"""Strings to tokens and back, for Marian and BART, without transformers.

Tokens are strings as the model's vocabulary spells them, special tokens included: that is what
CTranslate2 takes, and the other engines look their ids up in the same vocabulary.
"""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

from seq2seq.errors import ModelError


class Tokenizer(Protocol):
    """Text to source tokens, target tokens to text."""

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        """Source tokens of each text, special tokens included."""
        ...

    def decode(self, targets: Sequence[Sequence[str]]) -> list[str]:
        """The text of each target; special tokens have no text."""
        ...

    def vocabulary(self) -> dict[str, int]:
        """Token to id, as the model's embeddings are ordered."""
        ...

    def targets(self) -> list[str]:
        """The tokens that a target may hold, in the order of the vocabulary."""
        ...


class MarianTokenizer:
    """Two SentencePiece models; a source ends with `</s>`.

    Pieces that the model's vocabulary lacks are unknown to the engine as they are to Marian.
    """

    def __init__(self, path: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        try:
            self._source = SentencePieceProcessor(model_file=str(path / "source.spm"))
            self._target = SentencePieceProcessor(model_file=str(path / "target.spm"))
        except (OSError, RuntimeError) as error:
            raise ModelError(f"{path}: source.spm or target.spm is damaged") from error
        self._path = path

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        """Source tokens of each text, `</s>` included."""
        pieces: list[list[str]] = self._source.encode(list(texts), out_type=str)
        return [[*tokens, "</s>"] for tokens in pieces]

    def decode(self, targets: Sequence[Sequence[str]]) -> list[str]:
        """The text of each target."""
        special = {"</s>", "<pad>", "<unk>"}
        return [
            self._target.decode([t for t in tokens if t not in special]).strip()
            for tokens in targets
        ]

    def vocabulary(self) -> dict[str, int]:
        """Token to id; CTranslate2 has its own at run time, so only now it is read."""
        try:
            tokens: dict[str, int] = json.loads(
                (self._path / "vocab.json").read_text(encoding="utf-8")
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"{self._path}: vocab.json is missing or damaged") from error
        return tokens

    def targets(self) -> list[str]:
        """All but the pieces that only sources are written with, 45 % of opus-mt-de-en's.

        The vocabulary is of both languages, and no target that the model has learned from holds
        those pieces; without them the output layer has half the work.
        """
        source, target = (
            {pieces.id_to_piece(index) for index in range(pieces.get_piece_size())}
            for pieces in (self._source, self._target)
        )
        return _in_order(self.vocabulary(), source - target)


class BartTokenizer:
    """GPT-2's byte-level BPE between `<s>` and `</s>`.

    Only the merges are taken from the model's files, not its added tokens: "</s>" in an article
    is text and never ends the source.
    """

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer, decoders, pre_tokenizers
        from tokenizers.models import BPE

        try:
            if (path / "tokenizer.json").exists():
                whole = Tokenizer.from_file(str(path / "tokenizer.json"))
                self._vocabulary = whole.get_vocab()
                bpe = Tokenizer(whole.model)
            else:
                bpe = Tokenizer(BPE.from_file(str(path / "vocab.json"), str(path / "merges.txt")))
                self._vocabulary = bpe.get_vocab()
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"{path}: the tokenizer's files are damaged") from error
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        bpe.decoder = decoders.ByteLevel()
        self._bpe = bpe

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        """Source tokens of each text, `<s>` and `</s>` included."""
        encodings = self._bpe.encode_batch(list(texts), add_special_tokens=False)
        return [["<s>", *e.tokens, "</s>"] for e in encodings]

    def decode(self, targets: Sequence[Sequence[str]]) -> list[str]:
        """The text of each target."""
        special = {"<s>", "</s>", "<pad>", "<unk>", "<mask>"}
        ids = [
            [i for t in tokens if t not in special and (i := self._bpe.token_to_id(t)) is not None]
            for tokens in targets
        ]
        texts: list[str] = self._bpe.decode_batch(ids, skip_special_tokens=False)
        return [text.strip() for text in texts]

    def vocabulary(self) -> dict[str, int]:
        """Token to id."""
        return self._vocabulary

    def targets(self) -> list[str]:
        """All tokens: both sides are English."""
        return _in_order(self._vocabulary)


def target_rows(tokenizer: Tokenizer, size: int) -> dict[str, int]:
    """The tokens that a target may hold, in order, and their rows in weights of `size` rows.

    distilbart's vocabulary has a token more than its weights have rows.
    """
    vocabulary = tokenizer.vocabulary()
    return {token: vocabulary[token] for token in tokenizer.targets() if vocabulary[token] < size}


def _in_order(vocabulary: dict[str, int], without: Collection[str] = ()) -> list[str]:
    order = sorted(vocabulary, key=vocabulary.__getitem__)
    return [token for token in order if token not in without]


def load_tokenizer(path: Path, config: dict[str, Any]) -> Tokenizer:
    """The tokenizer of the model in `path`.

    Raises:
        ModelError: no such kind of model, or damaged files.
    """
    match config.get("model_type"):
        case "marian":
            return MarianTokenizer(path)
        case "bart":
            return BartTokenizer(path)
        case other:
            raise ModelError(f"{path} is a {other} model; depesche runs marian and bart models")
