"""Random models of a few hundred kilobytes, laid out as the published ones are.

They know nothing, but their output depends on all of their input, so that two engines which agree
on it agree on the arithmetic.
"""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel

GERMAN = """
Der Gemeinderat von Altenbruck hat am Dienstag den Bau einer Brücke über die Linde beschlossen.
Die Kosten werden auf 4,2 Millionen Euro geschätzt, sagte Bürgermeisterin Karla Weidner.
Im Frühjahr beginnen die Arbeiten am östlichen Ufer; im Herbst folgt das westliche.
Anwohner fürchten Lärm und Staub, vor allem in der Schulstraße.
„Wir haben lange genug gewartet“, erklärte ein Sprecher des Vereins.
Der Bahnhof bleibt an drei Wochenenden im März gesperrt.
Züge aus Nordheim enden dann in Kleinwalde, von dort fahren Busse.
Ein Gutachten warnt vor Rissen in den alten Pfeilern.
Die Opposition kritisiert den Zeitplan und verlangt einen Bericht bis zum 12. Juni.
Auch der Radweg soll breiter werden.
Nach dem Regen der vergangenen Tage steht das Wasser zwei Meter höher als üblich.
Die Feuerwehr rückte in der Nacht neunmal aus, verletzt wurde niemand.
Das Museum zeigt ab Sonntag Bilder aus fünf Jahrhunderten.
Der Eintritt ist für Kinder und Schüler frei.
Forscher der Hochschule messen die Luft an zwölf Orten der Stadt.
Erste Ergebnisse liegen im Winter vor.
Bäcker, Fleischer und Gärtner suchen dringend Lehrlinge.
Die Quote lag im vorigen Jahr bei 7,5 Prozent.
Der Zoo freut sich über zwei junge Luchse.
Wer möchte, darf ihnen Namen geben.
Am Abend zogen Wolken auf, der Wind wehte kräftig aus Südwest.
Für morgen sagt der Wetterdienst Sonne und 18 Grad voraus.
Jäger, Xaver und Quirin gewannen das Rennen über 40 Kilometer.
Über ganz Österreich und die Schweiz hinweg änderte sich wenig.
""".strip().splitlines()

ENGLISH = """
The council of Altenbruck decided on Tuesday to build a bridge across the Linde.
It will cost about 4.2 million euros, mayor Karla Weidner said.
Work on the eastern bank begins in spring; the western bank follows in autumn.
Residents fear noise and dust, above all in School Street.
"We have waited long enough," a spokesman for the club explained.
The station stays closed for three weekends in March.
Trains from Nordheim will then end in Kleinwalde, where buses take over.
A report warns of cracks in the old piers.
The opposition criticises the schedule and wants an answer by 12 June.
The cycle path is to become wider, too.
After the rain of recent days the water stands two metres higher than usual.
The fire brigade was called out nine times that night, and nobody was hurt.
The museum shows pictures from five centuries from Sunday on.
Admission is free for children and pupils.
Researchers from the university measure the air at twelve places in town.
First results are expected in winter.
Bakers, butchers and gardeners urgently look for apprentices.
The rate was 7.5 per cent last year.
The zoo is happy about two young lynxes.
Whoever wants to may give them names.
In the evening clouds came up and a strong wind blew from the south-west.
Tomorrow the weather service expects sun and 18 degrees.
Jaeger, Xaver and Quirin won the race over 40 kilometres.
Little changed across the whole of Austria and Switzerland.
""".strip().splitlines()

LAYERS = {
    "d_model": 32,
    "encoder_layers": 2,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_layers": 2,
    "decoder_attention_heads": 4,
    "decoder_ffn_dim": 64,
}
DECOYS = ("tf_model.h5", "flax_model.msgpack", "rust_model.ot", "README.md", ".gitattributes")


def tiny_marian(path: Path, *, seed: int = 0, safetensors: bool = False) -> Path:
    """Writes a Marian model into `path`, with the files and settings of opus-mt-de-en."""
    from transformers import MarianConfig, MarianMTModel

    path.mkdir(parents=True, exist_ok=True)
    pieces: dict[str, None] = {}
    for name, sentences in (("source.spm", GERMAN), ("target.spm", ENGLISH)):
        pieces |= dict.fromkeys(_sentencepiece(path / name, sentences))
    tokens = ["</s>", "<unk>", *pieces, "<pad>"]
    pad = len(tokens) - 1
    _write(path / "vocab.json", {token: index for index, token in enumerate(tokens)})
    decoding = {
        "bad_words_ids": [[pad]],
        "bos_token_id": 0,
        "decoder_start_token_id": pad,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "max_length": 512,
        "num_beams": 4,
        "pad_token_id": pad,
    }
    shape: dict[str, Any] = {
        **LAYERS,
        "activation_function": "swish",
        "architectures": ["MarianMTModel"],
        "decoder_vocab_size": len(tokens),
        "is_encoder_decoder": True,
        "max_position_embeddings": 512,
        "model_type": "marian",
        "scale_embedding": True,
        "share_encoder_decoder_embeddings": True,
        "vocab_size": len(tokens),
    }
    # of an earlier transformers, as published models carry them
    classic = {
        "add_bias_logits": False,
        "add_final_layer_norm": False,
        "normalize_before": False,
        "normalize_embedding": False,
        "static_position_embeddings": True,
    }
    _write(path / "config.json", {**shape, **classic, **decoding})
    _write(path / "generation_config.json", {**decoding, "renormalize_logits": True})
    _write(path / "tokenizer_config.json", {"source_lang": "de", "target_lang": "en"})
    _weights(MarianMTModel, MarianConfig(**shape, **_ids(decoding)), path, seed, safetensors)
    return path


def tiny_bart(path: Path, *, seed: int = 0, safetensors: bool = False) -> Path:
    """Writes a BART model into `path`, with the files and settings of distilbart-cnn-12-6."""
    from transformers import BartConfig, BartForConditionalGeneration

    path.mkdir(parents=True, exist_ok=True)
    vocabulary = _byte_pairs(path, ENGLISH)
    decoding = {
        "bos_token_id": 0,
        "decoder_start_token_id": 2,
        "eos_token_id": 2,
        "forced_bos_token_id": 0,
        "forced_eos_token_id": 2,
        "early_stopping": True,
        "length_penalty": 2.0,
        "max_length": 142,
        "min_length": 56,
        "no_repeat_ngram_size": 3,
        "num_beams": 4,
        "pad_token_id": 1,
    }
    shape: dict[str, Any] = {
        **LAYERS,
        "activation_function": "gelu",
        "architectures": ["BartForConditionalGeneration"],
        "is_encoder_decoder": True,
        "max_position_embeddings": 1024,
        "model_type": "bart",
        "scale_embedding": False,
        "vocab_size": vocabulary,
    }
    # of an earlier transformers, as published models carry them; converters still read them
    classic = {
        "add_bias_logits": False,
        "add_final_layer_norm": False,
        "extra_pos_embeddings": 2,
        "normalize_before": False,
        "normalize_embedding": True,
        "static_position_embeddings": False,
    }
    _write(path / "config.json", {**shape, **classic, **decoding})
    _write(path / "tokenizer_config.json", {"model_max_length": 1024})
    config = BartConfig(**shape, **_ids(decoding))
    _weights(BartForConditionalGeneration, config, path, seed, safetensors)
    return path


def add_decoys(path: Path) -> None:
    """Adds what hub repositories also hold and nobody should fetch."""
    for name in DECOYS:
        (path / name).write_bytes(b"not to be fetched\n" * 64)


def _ids(decoding: dict[str, Any]) -> dict[str, Any]:
    """What a config of today takes; the rest is the business of a generation config."""
    return {
        key: value
        for key, value in decoding.items()
        if key.endswith("_token_id") and "forced" not in key
    }


def _sentencepiece(path: Path, sentences: list[str]) -> list[str]:
    """Trains a SentencePiece model, and returns its pieces without the special ones."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        vocab_size=240,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = range(processor.get_piece_size())
    return [
        processor.id_to_piece(i)
        for i in ids
        if not processor.is_control(i) and not processor.is_unknown(i)
    ]


def _byte_pairs(path: Path, sentences: list[str]) -> int:
    """Trains a byte-level BPE into vocab.json and merges.txt, returns how many tokens it has."""
    from tokenizers import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        sentences,
        vocab_size=400,
        show_progress=False,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
    )
    tokenizer.add_special_tokens(["<mask>"])
    tokens = tokenizer.get_vocab(with_added_tokens=True)
    tokenizer.save_model(str(path))
    _write(path / "vocab.json", dict(sorted(tokens.items(), key=lambda item: item[1])))
    return len(tokens)


def _weights(
    kind: "type[PreTrainedModel]", config: Any, path: Path, seed: int, safetensors: bool
) -> None:
    """Random weights: sharp attention and small embeddings, so that all of a source counts.

    The logits are spread as a trained model's are, so that rounding decides nothing, and the end of
    a text is likely enough that hypotheses end at different lengths.
    """
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)

    def noise(weight: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.randn(weight.shape, generator=generator) * scale

    model = kind(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("layer_norm.weight") or "layernorm_embedding.weight" in name:
                weight.copy_(1 + noise(weight, 0.1))
            elif weight.dim() == 1 or "shared" in name or "embed" in name:
                if weight.requires_grad:  # Marian's positions are sinusoids
                    weight.copy_(noise(weight, 0.1))
            else:
                gain = 6 if "q_proj" in name or "k_proj" in name else 2 if "fc" in name else 1
                weight.copy_(noise(weight, gain / weight.shape[1] ** 0.5))
    state = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
    for part in ("weight", "bias"):
        state[f"model.decoder.layers.1.final_layer_norm.{part}"] *= 4
    # as published: Marian's decoder starts with <pad>, that is from zero
    for name in (
        "model.shared",
        "model.encoder.embed_tokens",
        "model.decoder.embed_tokens",
        "lm_head",
    ):
        state[f"{name}.weight"][config.pad_token_id] = 0
    bias = noise(state["final_logits_bias"], 0.1)
    bias[0, config.eos_token_id] = 5
    state["final_logits_bias"] = bias
    if safetensors:
        save_file(state, path / "model.safetensors", metadata={"format": "pt"})
    else:
        torch.save(state, path / "pytorch_model.bin")


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")
