"""The weights of a measurement, in the layouts of all contenders.

`mini` has real weights. The published shapes have random ones: how fast a model is does not depend
on what it knows, as long as the lengths of its targets are given.
"""

import json
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from itertools import accumulate, cycle
from pathlib import Path
from typing import Any

from bench.peers.protocol import Job
from seq2seq.hub import BUNDLED, find
from seq2seq.tokenizers import load_tokenizer
from tests.tiny import ENGLISH, tiny_bart

MINI = BUNDLED / "mini"
TARGETS = 32_000  # of opus-mt's pieces: both its SentencePiece models have as many, says its recipe
OPUS_MT = {
    "vocab_size": 58101,
    "decoder_vocab_size": 58101,
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "max_position_embeddings": 512,
}
DISTILBART = {
    "vocab_size": 50264,
    "d_model": 1024,
    "encoder_layers": 12,
    "decoder_layers": 6,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
}
SUMMARIES = {  # the published settings, without their lengths
    "bos_token_id": 0,
    "decoder_start_token_id": 2,
    "early_stopping": True,
    "eos_token_id": 2,
    "forced_bos_token_id": 0,
    "length_penalty": 2.0,
    "no_repeat_ngram_size": 3,
    "num_beams": 4,
    "pad_token_id": 1,
}
METADATA = {
    "package_version": "1.0",
    "argos_version": "1.11",
    "from_code": "de",
    "from_name": "German",
    "to_code": "en",
    "to_name": "English",
}


def opus_mt(path: Path) -> Path:
    """Writes a Marian model of opus-mt-de-en's shape (74 M parameters) into `path`.

    It reads with `mini`'s pieces, so a sentence has about as many tokens as it should. The other
    tokens are fillers; so many of them are of the source alone that the rest is what targets have.
    """
    shutil.copytree(MINI, path, ignore=shutil.ignore_patterns("*.safetensors", "README.md"))
    languages = {"source_lang": "de", "target_lang": "en", "model_max_length": 512}
    (path / "tokenizer_config.json").write_text(json.dumps(languages))
    tokens = json.loads((MINI / "vocab.json").read_text(encoding="utf-8"))
    pad = OPUS_MT["vocab_size"] - 1
    fillers = {f"▁filler{index}": index for index in range(tokens.pop("<pad>"), pad)}
    with (path / "source.spm").open("ab") as pieces:
        pieces.writelines(map(_piece, [*fillers][TARGETS - pad :]))
    (path / "vocab.json").write_text(json.dumps(tokens | fillers | {"<pad>": pad}))
    ids = {"pad_token_id": pad, "decoder_start_token_id": pad}
    search = {"eos_token_id": 0, "num_beams": 4, "bad_words_ids": [[pad]]}
    _random(path, "MarianMTModel", OPUS_MT | ids, ids | search)
    return path


def distilbart(path: Path) -> Path:
    """Writes a BART model of distilbart-cnn-12-6's shape (306 M parameters) into `path`."""
    tiny_bart(path)
    tokens = json.loads((path / "vocab.json").read_text(encoding="utf-8"))
    fillers = {f"Ġfiller{index}": index for index in range(len(tokens), DISTILBART["vocab_size"])}
    (path / "vocab.json").write_text(json.dumps(tokens | fillers))
    (path / "pytorch_model.bin").unlink()
    _random(path, "BartForConditionalGeneration", DISTILBART, SUMMARIES)
    return path


def english(model: Path, tokens: int) -> str:
    """An article that the BART model in this directory reads as about so many tokens."""
    tokenizer = load_tokenizer(model, {"model_type": "bart"})
    sentences = [text for text, _ in zip(cycle(ENGLISH), range(tokens), strict=False)]
    lengths = accumulate(len(source) for source in tokenizer.encode(sentences))
    return " ".join(text for text, read in zip(sentences, lengths, strict=True) if read <= tokens)


def made(cache: Path, name: str, build: Callable[[Path], Path]) -> Path:
    """The directory that `build` writes, written now or before."""
    path = cache / name
    if not path.exists():
        building = cache / f"{name}.building"
        shutil.rmtree(building, ignore_errors=True)
        build(building).replace(path)
    return path


def job(model: Path, cache: Path, **how: Any) -> Job:
    """What a contender has to know to load the model in this directory; `how` is of `Job`."""
    compute_type = how.get("compute_type", "int8")
    name = f"{model.name}-{find(str(model)).revision}-{compute_type}"
    path = made(cache, name, partial(_convert, model, compute_type))
    package = cache / f"{model.name}.argosmodel"
    if (model / "source.spm").exists() and not package.exists():
        _pack(model, path, package)
    return Job(str(model), str(path), str(package), **how)


def _convert(model: Path, compute_type: str, path: Path) -> Path:
    """Convert the weights as CTranslate2's own command does, for those who use that."""
    command = ["ct2-transformers-converter", "--quantization", compute_type]
    converter = Path(sys.executable).with_name(command[0])
    settings = ["--model", str(model), "--output_dir", str(path)]
    subprocess.run([converter, *command[1:], *settings], check=True, capture_output=True)
    return path


def _piece(text: str) -> bytes:
    """A piece to append to a SentencePiece model, in the format of protobuf: text and score."""
    spelled = text.encode()
    fields = b"\x0a" + bytes([len(spelled)]) + spelled + b"\x15" + struct.pack("<f", -99)
    return b"\x0a" + bytes([len(fields)]) + fields


def _pack(model: Path, path: Path, package: Path) -> None:
    """Write the package for Argos, whose models end their sources by themselves."""
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    building = package.with_suffix(".building")
    with zipfile.ZipFile(building, "w") as archive:
        for file in ("model.bin", "shared_vocabulary.json"):
            archive.write(path / file, f"de_en/model/{file}")
        archive.writestr("de_en/model/config.json", json.dumps(config | {"add_source_eos": True}))
        # Argos has one such model for both languages, and mini's two are the same.
        archive.write(model / "source.spm", "de_en/sentencepiece.model")
        archive.writestr("de_en/metadata.json", json.dumps(METADATA))
    building.replace(package)


def _random(path: Path, kind: str, shape: dict[str, Any], search: dict[str, Any]) -> None:
    """Write random weights of this shape, and the settings of the search."""
    import torch
    import transformers

    settings = json.loads((path / "config.json").read_text(encoding="utf-8"))
    (path / "config.json").write_text(json.dumps(settings | shape))
    torch.manual_seed(0)
    config = transformers.AutoConfig.from_pretrained(str(path))
    getattr(transformers, kind)(config).save_pretrained(path, safe_serialization=True)
    saved = json.loads((path / "config.json").read_text(encoding="utf-8"))
    # of an earlier transformers, as published models carry them; converters still read them
    keys = {"normalize_before": False, "normalize_embedding": True, "add_final_layer_norm": False}
    (path / "config.json").write_text(json.dumps(keys | saved))
    (path / "generation_config.json").write_text(json.dumps(search))
