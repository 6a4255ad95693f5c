"""Without this, the torch engine could be fast and wrong, or stop where memory runs out."""

import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from seq2seq import Decoding, ModelError, beam
from seq2seq.beam import Prompt, Search, top
from seq2seq.engine import Target
from seq2seq.replicas import ReplicatedEngine
from seq2seq.tokenizers import Tokenizer, load_tokenizer
from seq2seq.torch_engine import TorchReplica
from seq2seq.transformer import Transformer
from seq2seq.weights import load_weights
from tests.tiny import ENGLISH, GERMAN

SEARCHES = {
    "greedy": Decoding(beam=1, max_tokens=40),
    "beam": Decoding(beam=4, hypotheses=4, max_tokens=40),
    "summary": Decoding(beam=4, length_penalty=2.0, no_repeat_ngram=3, min_tokens=9, max_tokens=40),
    "pairs": Decoding(beam=3, length_penalty=0.5, no_repeat_ngram=2, max_tokens=24),
}


class Tiny:
    """A tiny model: its files, its sources and the tokens that its searches begin and end with."""

    def __init__(self, path: Path, texts: list[str], prefix: list[int]) -> None:
        self.path = path
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        self.tokenizer: Tokenizer = load_tokenizer(path, config)
        self.vocabulary = self.tokenizer.vocabulary()
        self.tokens = self.tokenizer.targets()
        self.targets = [self.vocabulary[token] for token in self.tokens]
        self.prefix = prefix
        start, self.end = map(
            self.targets.index, (config["decoder_start_token_id"], self.vocabulary["</s>"])
        )
        self.prompt = Prompt((start, *prefix), self.end)
        self.sources = self.tokenizer.encode(texts)
        self.ids = [[self.vocabulary.get(t, 1) for t in source] for source in self.sources]

    def replica(self, compute_type: str = "float32") -> TorchReplica:
        return TorchReplica(self.path, "cpu", compute_type, self.targets, self.prefix, self.end)

    def engine(self) -> ReplicatedEngine:
        return ReplicatedEngine([self.replica()], self.vocabulary, self.tokens)


@pytest.fixture(scope="module")
def tiny(tiny_marian_dir: Path, tiny_bart_dir: Path) -> dict[str, Tiny]:
    german = GERMAN[:9] + [" ".join(GERMAN[i : i + 3]) for i in range(3)]
    english = ENGLISH[:9] + [" ".join(ENGLISH[i : i + 3]) for i in range(3)]
    return {"marian": Tiny(tiny_marian_dir, german, []), "bart": Tiny(tiny_bart_dir, english, [0])}


def transformers_says(model: Tiny, search: Decoding) -> list[list[list[int]]]:
    """The ids of the hypotheses that transformers' own loop finds, without special tokens.

    What only sources are written with it is forbidden: random weights would say that, too.
    """
    from transformers import GenerationConfig

    network = load_weights(model.path, dtype=torch.float32).eval()
    network.generation_config = GenerationConfig()
    width, pad = max(map(len, model.ids)), network.config.pad_token_id
    given, end = len(model.prefix), model.vocabulary["</s>"]
    never = {pad, *set(model.vocabulary.values()).difference(model.targets)}
    sequences = network.generate(
        torch.tensor([row + [pad] * (width - len(row)) for row in model.ids]),
        attention_mask=torch.tensor([[i < len(r) for i in range(width)] for r in model.ids]).long(),
        generation_config=GenerationConfig(
            num_beams=search.beam,
            num_return_sequences=search.hypotheses,
            length_penalty=search.length_penalty,
            no_repeat_ngram_size=search.no_repeat_ngram,
            min_new_tokens=search.min_tokens + given,
            max_new_tokens=search.max_tokens + given + 1,
            early_stopping=True,
            renormalize_logits=True,
            bad_words_ids=[[index] for index in sorted(never)],
            forced_bos_token_id=model.prefix[0] if given else None,
            decoder_start_token_id=network.config.decoder_start_token_id,
            eos_token_id=end,
            pad_token_id=pad,
        ),
    )
    rows = sequences[:, 1 + given :].tolist()
    bodies = [list(itertools.takewhile(lambda i: i not in (end, pad), r)) for r in rows]
    return [bodies[i : i + search.hypotheses] for i in range(0, len(bodies), search.hypotheses)]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("kind", ["marian", "bart"])
def test_the_tokens_are_those_of_transformers(
    tiny: dict[str, Tiny], kind: str, search: str
) -> None:
    model, decoding = tiny[kind], SEARCHES[search]
    found = model.engine().generate(model.sources, [decoding] * len(model.sources))
    ids = [[[model.vocabulary[t] for t in target.tokens] for target in row] for row in found]
    assert ids == transformers_says(model, decoding)


class Small:
    """Takes no more than so many sources at a time, and counts the batches."""

    def __init__(self, replica: TorchReplica, room: int) -> None:
        self._replica = replica
        self._room = room
        self.batches = 0

    def room(self, width: int, length: int, beam: int) -> int:
        return self._room

    def search(self, *batch: Any) -> list[list[list[int]]] | None:
        self.batches += 1
        return self._replica.search(*batch)


def mixed(model: Tiny) -> list[Decoding]:
    """Searches that differ in their limits, and two kinds of them."""
    return [
        replace(SEARCHES["greedy" if i % 4 == 3 else "beam"], max_tokens=5 + 3 * i)
        for i in range(len(model.sources))
    ]


@pytest.fixture(scope="module")
def expected(tiny: dict[str, Tiny]) -> list[list[Target]]:
    model = tiny["marian"]
    engine = model.engine()
    pairs = zip(model.sources, mixed(model), strict=True)
    return [engine.generate([source], [search])[0] for source, search in pairs]


def test_sources_of_different_limits_share_a_batch(
    tiny: dict[str, Tiny], expected: list[list[Target]]
) -> None:
    model = tiny["marian"]
    replica = Small(model.replica(), room=100)
    engine = ReplicatedEngine([replica], model.vocabulary, model.tokens)
    assert engine.generate(model.sources, mixed(model)) == expected
    assert replica.batches == 2, "one for each kind of search"


def test_all_devices_work_and_the_order_holds(
    tiny: dict[str, Tiny], expected: list[list[Target]]
) -> None:
    model = tiny["marian"]
    devices = [Small(model.replica(), room=2) for _ in range(2)]
    engine = ReplicatedEngine(devices, model.vocabulary, model.tokens)
    assert engine.generate(model.sources, mixed(model)) == expected
    assert sum(device.batches for device in devices) >= len(model.sources) / 2


def lacking(monkeypatch: pytest.MonkeyPatch, most: int) -> list[int]:
    """Lets memory run out with more than `most` sources; returns the sizes that were tried."""
    tried: list[int] = []
    remember = Transformer.remember

    def limited(self: Transformer, sources: torch.Tensor, *how: Any) -> Any:
        tried.append(len(sources))
        if len(sources) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return remember(self, sources, *how)

    monkeypatch.setattr(Transformer, "remember", limited)
    return tried


def test_where_memory_runs_out_smaller_batches_do(
    tiny: dict[str, Tiny], expected: list[list[Target]], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny["marian"]
    engine = model.engine()
    tried = lacking(monkeypatch, most=3)
    assert engine.generate(model.sources, mixed(model)) == expected
    assert max(tried) > 3
    tried.clear()
    assert engine.generate(model.sources, mixed(model)) == expected
    assert max(tried) <= 3, "what did not fit is not tried again"


def test_a_source_that_fits_nowhere_is_said(
    tiny: dict[str, Tiny], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny["marian"]
    engine = model.engine()
    lacking(monkeypatch, most=0)
    with pytest.raises(ModelError, match=r"no memory for a text of \d+ tokens"):
        engine.generate(model.sources, mixed(model))


@pytest.mark.parametrize("kind", ["marian", "bart"])
def test_recorded_steps_at_a_gpus_pace_say_the_same(
    tiny: dict[str, Tiny], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Padding to what a GPU likes, looking rarely and replaying steps must not be seen."""
    model, decoding = tiny[kind], SEARCHES["summary"]
    network = Transformer(model.path, "cpu", torch.float32, model.targets)
    batch = (network, model.prompt, model.ids, decoding, [decoding.max_tokens] * len(model.ids))
    recorded: list[Any] = []

    def record(step: Any) -> Any:
        recorded.append(step)
        return step

    with torch.inference_mode():
        plain = Search(*batch).run()
        monkeypatch.setattr(beam, "CPU_PACE", beam.CUDA_PACE)
        assert Search(*batch).run(record) == plain
    assert 2 <= len(recorded) <= 8, "a recording a shape, not one a step"


class NoWaiting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fails where the host would wait for a device."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        name = func.name()
        assert not any(word in name for word in ("local_scalar", "nonzero", "item", "unique")), name
        return func(*args, **kwargs or {})


def test_a_step_neither_waits_nor_moves_what_it_works_on(tiny: dict[str, Tiny]) -> None:
    """A step that does cannot be recorded on a GPU, which then waits for Python."""
    model, decoding = tiny["bart"], SEARCHES["summary"]
    network = Transformer(model.path, "cpu", torch.float32, model.targets)
    limits = [decoding.max_tokens] * len(model.ids)
    with torch.inference_mode():
        search = Search(network, model.prompt, model.ids, decoding, limits)

        def places() -> list[int]:
            tensors = [*vars(search._beams).values(), *search._memory.own, *search._memory.cross]
            return [tensor.data_ptr() for tensor in [*tensors, search._position]]

        before = places()
        with NoWaiting():  # type: ignore[no-untyped-call]
            search._step(32, choose=False)
            search._step(32, choose=True)
    assert places() == before
    assert search._position.tolist() == [2]


class OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fails where the host has a tensor of its own."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **kwargs or {})
        for value in tree_leaves((args, kwargs, result)):
            if isinstance(value, torch.Tensor):
                assert value.device.type == "meta", f"{func.name()} on {value.device}"
        return result


@pytest.mark.parametrize("kind", ["marian", "bart"])
def test_steps_need_nothing_of_the_host(
    tiny: dict[str, Tiny], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU cannot work with the host's tensors, nor the host with values that are not there yet.

    On torch's "meta" device nothing has values at all. What a GPU computes, this does not show.
    """
    model, decoding = tiny[kind], SEARCHES["summary"]
    monkeypatch.setattr(beam, "CPU_PACE", beam.CUDA_PACE)
    network = Transformer(model.path, "meta", torch.float16, model.targets)
    limits = [decoding.max_tokens] * len(model.ids)
    with torch.inference_mode():
        search = Search(network, model.prompt, model.ids, decoding, limits)
        with OneDevice():  # type: ignore[no-untyped-call]
            for position in range(decoding.max_tokens):
                if position == 35:
                    search._compact(torch.arange(2, device="meta"))
                search._advance(position, lambda step: step)
    assert search._beams.tokens.shape == (2, decoding.beam, 64 + 1)


def test_the_best_of_a_large_vocabulary_are_found_by_blocks() -> None:
    scores = torch.randn(3, 2, 64 * 40, generator=torch.Generator().manual_seed(1))
    scores[..., 64:128] += 3  # several in one block
    scores[0, 0, :] = -torch.inf
    scores[0, 0, 5] = 1.0
    values, places = top(scores, 8)
    assert torch.equal(values, scores.topk(8).values)
    assert torch.equal(scores.gather(-1, places), values)


@pytest.mark.parametrize("kind", ["marian", "bart"])
def test_what_a_batch_needs_is_not_underestimated(tiny: dict[str, Tiny], kind: str) -> None:
    model = tiny[kind]
    network = Transformer(model.path, "cpu", torch.float32, model.targets)
    ids = torch.tensor(model.ids[0]).expand(3, -1)
    with torch.inference_mode():
        memory = network.remember(ids, ids >= 0, 4, 50)
    kept = sum(layer.nbytes for layer in [*memory.own, *memory.cross])
    estimate = 3 * network.footprint(ids.shape[1], 50, 4)
    assert kept < estimate < 10 * kept


@pytest.mark.parametrize("compute_type", ["float16", "bfloat16"])
def test_half_precision_runs(tiny: dict[str, Tiny], compute_type: str) -> None:
    model = tiny["marian"]
    engine = ReplicatedEngine([model.replica(compute_type)], model.vocabulary, model.tokens)
    found = engine.generate(model.sources, [SEARCHES["beam"]] * len(model.sources))
    assert all(len(target.tokens) > 0 for row in found for target in row)


def test_padding_may_be_longer_than_a_model_reads(tiny: dict[str, Tiny]) -> None:
    """On a GPU a position that is not there ends the process's use of it."""
    network = Transformer(tiny["marian"].path, "cpu", torch.float32, tiny["marian"].targets)
    ids = torch.tensor([[5] * 21 + [0] * 3])
    mask = torch.zeros(1, 1, 1, 24).masked_fill(torch.arange(24) >= 21, -torch.inf)
    expected = network.encoder(ids, mask)[:, :21]
    embed = network.encoder.embed
    embed.positions, embed.last = embed.positions[:21], 20
    assert torch.equal(network.encoder(ids, mask)[:, :21], expected)


def test_an_unknown_activation_is_said(tiny: dict[str, Tiny], tmp_path: Path) -> None:
    path = tmp_path / "model"
    shutil.copytree(tiny["bart"].path, path)
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    config["activation_function"] = "tanh"
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match="no activation 'tanh'"):
        Transformer(path, "cpu", torch.float32, tiny["bart"].targets)


def test_weights_that_do_not_fit_are_said(
    tiny: dict[str, Tiny], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.nn.Module, "to", full)
    with pytest.raises(ModelError, match=r"cannot take the weights.*CUDA out of memory\)"):
        Transformer(tiny["bart"].path, "cuda:0", torch.float32, tiny["bart"].targets)
