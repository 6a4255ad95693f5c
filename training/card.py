"""The model card: what the model was made of, how well it does, and what it is bad at."""

import json
from pathlib import Path
from typing import Any

from training.config import Config

# BLEU of Helsinki-NLP/opus-mt-de-en as published (newstest: OPUS-MT; flores: its test half)
_OPUS_MT = {"newstest2014": 34.0, "newstest2019": 39.3, "flores-dev": "40.6 (flores-test)"}

_CARD = """---
language: [de, en]
license: other
pipeline_tag: translation
library_name: transformers
---

# mini: a small German–English MarianMT model

The model that comes with depesche, so that it runs at once, without a download and without a
network. **It is for first steps, tests and gist; use the default model,
`Helsinki-NLP/opus-mt-de-en`, for anything that matters.**

{shape}

## Scores

sacrebleu, beam {beam}, with the settings in `generation_config.json`.

| test set | BLEU | opus-mt-de-en, published | chrF | loops | empty |
|---|---|---|---|---|---|
{scores}

A loop is the same word or phrase four times in a row. There is none because the settings forbid
any three pieces to come twice in a sentence, not because the model would not fall into them.
Without that guard: {unguarded}.

newstest2014 chose checkpoints and settings; the other sets were only ever scored. No sentence of
a test set, in either language, is in the training text. {speed}

BLEU: `{bleu_signature}`; chrF: `{chrf_signature}`

Reproduce: `python -m training evaluate training/{config}.toml`

## What it is bad at

- It has seen very little text for a translation model, and it is small. It leaves out parts of
  long sentences, mixes up who did what, and invents what it does not know.
- Rare names and compounds come out garbled or wrong, and numbers are often changed or lost.
- Headlines, fragments, lists, dialects and anything but news and encyclopedia prose are worse.
- Sentences of more than {longest} pieces did not occur in training.
- It must not be relied on for decisions, and what it writes about people may be false.

## Compute

{compute}

## Training text

{pairs:,} pairs of sentences after filtering, from these files, each with the licence that its
source states. Weighted by domain as `training/{config}.toml` says. Several sources are machine
translations, so this is in part a distilled model.

| file | domain | pairs | licence | source |
|---|---|---|---|---|
{corpora}

The weights come without warranty and, like the sources, for any use that the licences above allow.
"""


def write_card(config: Config, run: Path) -> None:
    """Write run/model/README.md from scores.json, log.jsonl and data/corpora.json."""
    from safetensors.torch import load_file

    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    corpora = json.loads((run / "data" / "corpora.json").read_text(encoding="utf-8"))
    sets: dict[str, dict[str, Any]] = scores["sets"]
    first = next(iter(sets.values()))
    size = sum(w.numel() for w in load_file(run / "model" / "model.safetensors").values())
    shape = config.model
    card = _CARD.format(
        config=run.name,
        shape=f"{size / 1e6:.1f} M parameters: {shape.encoder_layers} encoder and "
        f"{shape.decoder_layers} decoder layers, width {shape.width}, feed-forward "
        f"{shape.feed_forward}, {shape.heads} heads, {config.data.vocabulary:,} shared pieces; "
        "float16 on disk.",
        beam=scores["beam"],
        scores="\n".join(
            f"| {name} | {s['bleu']:.1f} | {_OPUS_MT.get(name, '–')} | {s['chrf']:.1f} "
            f"| {s['loops']} | {s['empty']} |"
            for name, s in sets.items()
        ),
        unguarded="; ".join(
            f"{name} {s['unguarded']['loops']} loops, BLEU {s['unguarded']['bleu']:.1f}"
            for name, s in sets.items()
        ),
        speed=f"Speed on the first set: {first['words_per_second']:,} words a second "
        f"({scores['recipe']['engine']}, {scores['recipe']['compute_type']}).",
        bleu_signature=first["bleu_signature"],
        chrf_signature=first["chrf_signature"],
        longest=config.data.longest,
        compute=_compute(config, run),
        pairs=sum(c["pairs"] for c in corpora),
        corpora="\n".join(
            f"| {c['file']} | {c['domain']} | {c['pairs']:,} | {c['licence']} | {c['source']} |"
            for c in corpora
        ),
    )
    (run / "model" / "README.md").write_text(card, encoding="utf-8")


def _compute(config: Config, run: Path) -> str:
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    log = [json.loads(line) for line in lines]
    end, dev = log[-1], [entry for entry in log if "dev_bleu" in entry]
    curve = ", ".join(
        f"{e['tokens'] / 1e6:.1f} M: {e['dev_loss']:.2f} / {e['dev_bleu']:.1f}" for e in dev
    )
    return (
        f"{end['seconds'] / 60:.0f} minutes on {end['device']}; {end['step']:,} updates, "
        f"{end['tokens'] / 1e6:.1f} M target tokens, {end['tokens'] / end['seconds']:,.0f} a "
        f"second. Dev loss and greedy BLEU on the first {config.train.dev_lines} lines of "
        f"{config.train.dev_set} over target tokens seen: {curve}."
    )
