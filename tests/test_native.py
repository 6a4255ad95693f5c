"""Without this, the fastest engine could say something else than the model it was made from."""

import math
import random
import shutil
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import seq2seq
from seq2seq import Decoding, Model, ModelError, convert, native
from seq2seq.devices import Place, place
from seq2seq.native import replica
from seq2seq.native.pack import WEIGHTS, quantize, shape
from seq2seq.native.replica import NativeNetwork, NativeReplica
from seq2seq.torch_engine import TorchReplica
from seq2seq.transformer import Transformer
from tests import tiny
from tests.test_engines import SEARCHES
from tests.tiny import ENGLISH, GERMAN, tiny_bart, tiny_marian

Load = Callable[[str], Model]

pytestmark = pytest.mark.skipif(
    not native.runs(), reason="no native engine here: no AVX-512 VNNI, or no C++ compiler"
)

UNUSUAL = {
    "one token": Decoding(beam=3, hypotheses=3, max_tokens=1),
    "one length": Decoding(beam=3, min_tokens=7, max_tokens=7),
    "no token twice": Decoding(beam=2, no_repeat_ngram=1, max_tokens=12),
    "wide": Decoding(beam=70, hypotheses=70, max_tokens=3),
    "sum": Decoding(beam=4, length_penalty=0, min_tokens=3, max_tokens=9),
}
MAPS = "query_keys_values own_out cross_query cross_keys_values cross_out widen narrow".split()


def linear(weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
    """What the native engine computes, with the means of torch."""
    quantized, steps = (torch.from_numpy(part) for part in quantize(weight.numpy()))
    columns = quantized.float().T

    def times(x: Tensor) -> Tensor:
        most = x.abs().amax(-1, keepdim=True).clamp(min=1e-30)
        products = (x * (127 / most)).round() @ columns  # exact: below 2 ** 24
        return products * (steps * (most / 127)) + bias

    return times


def embeddings(weight: Tensor) -> Tensor:
    quantized, steps = quantize(weight.numpy())
    return torch.from_numpy(quantized * steps[:, None])


def in_eight_bits(network: Transformer) -> None:
    """Have the reference round where the native engine does."""
    layers: list[Any] = [*network.encoder.layers, *network.decoder.layers]
    for layer in layers:
        for name in MAPS:
            if hasattr(layer, name):
                setattr(layer, name, linear(**getattr(layer, name).keywords))
    decoder: Any = network.decoder
    decoder.logits = linear(decoder.weight, decoder.bias)
    for side in (network.encoder, network.decoder):
        side.embed.tokens = embeddings(side.embed.tokens)


def rounded(self: TorchReplica, *arguments: Any) -> None:
    """Begin as a replica that computes in eight bits."""
    begin(self, *arguments)
    in_eight_bits(self._network)


begin = TorchReplica.__init__


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small models; the odd one has sizes that no vector and no panel is a multiple of."""
    folder = tmp_path_factory.mktemp("models")
    made = {"marian": tiny_marian(folder / "marian"), "bart": tiny_bart(folder / "bart")}
    with pytest.MonkeyPatch.context() as patch:
        odd = {"d_model": 54, "encoder_attention_heads": 3, "decoder_attention_heads": 2}
        patch.setattr(tiny, "LAYERS", tiny.LAYERS | odd | {"encoder_ffn_dim": 70})
        return made | {"odd": tiny_marian(folder / "odd"), "mini": Path("mini")}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where conversions are made, in this process, which has torch already."""
    path = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            convert, "_convert_apart", lambda found, *how: convert.convert(found.path, *how)
        )
        yield path


@pytest.fixture
def load(models: dict[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.setenv("DEPESCHE_CACHE", str(cache))
    return lambda kind: seq2seq.load(str(models[kind]), engine="native")


def texts(kind: str) -> list[str]:
    sentences = ENGLISH if kind == "bart" else GERMAN
    return sentences[:16] + [" ".join(sentences[i : i + 3]) for i in range(4)]


def network(model: Model) -> NativeNetwork:
    engine: Any = model._engine
    made: NativeNetwork = engine._replicas[0]._network
    return made


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("kind", ["marian", "bart", "odd"])
def test_the_tokens_are_those_of_the_reference(
    models: dict[str, Path], load: Load, kind: str, search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all: a sum in another order may round an activation to its neighbour."""
    monkeypatch.setattr(TorchReplica, "__init__", rounded)
    reference = seq2seq.load(str(models[kind]), engine="torch", device="cpu")
    found = load(kind).generate(texts(kind), SEARCHES[search])
    expected = reference.generate(texts(kind), SEARCHES[search])
    assert sum(f == e for f, e in zip(found, expected, strict=True)) >= 0.8 * len(expected)
    assert len({h[0].text for h in found}) > 6, "the model says the same to everything"


@pytest.mark.parametrize("search", UNUSUAL)
@pytest.mark.parametrize("kind", ["bart", "odd"])
def test_unusual_searches_are_as_the_reference_has_them(
    models: dict[str, Path], load: Load, kind: str, search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source of one token, too, and one as long as there are positions."""
    monkeypatch.setattr(TorchReplica, "__init__", rounded)
    reference = seq2seq.load(str(models[kind]), engine="torch", device="cpu")
    model = load(kind)
    pieces = [token for source in model._tokenizer.encode(texts(kind) * 2) for token in source]
    sources = [pieces[:1], pieces[:2], pieces[:17], pieces[20:150], pieces[: model.limit]]
    searches = [UNUSUAL[search]] * len(sources)
    found, expected = (one._engine.generate(sources, searches) for one in (model, reference))
    assert sum(f[0] == e[0] for f, e in zip(found, expected, strict=True)) >= len(sources) - 1


@pytest.mark.parametrize("seed", range(3))
def test_networks_and_searches_may_be_of_any_shape(
    cache: Path, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    heads = rng.choice([(1, 3), (3, 2), (2, 5)])
    layers = {
        "d_model": math.lcm(*heads) * 2 * rng.randint(4, 9),
        "encoder_layers": rng.randint(1, 3),
        "decoder_layers": rng.randint(2, 3),
        "encoder_attention_heads": heads[0],
        "decoder_attention_heads": heads[1],
        "encoder_ffn_dim": rng.randint(20, 130),
        "decoder_ffn_dim": rng.randint(20, 130),
    }
    monkeypatch.setattr(tiny, "LAYERS", layers)
    monkeypatch.setattr(TorchReplica, "__init__", rounded)
    monkeypatch.setenv("DEPESCHE_CACHE", str(cache))
    path = str(tiny_marian(tmp_path / f"seed-{seed}", seed=seed))
    reference, model = seq2seq.load(path, engine="torch"), seq2seq.load(path, engine="native")
    searches = [any_search(rng) for _ in GERMAN]
    sources = model._tokenizer.encode(GERMAN)
    found, expected = (one._engine.generate(sources, searches) for one in (model, reference))
    alike = sum(f[0] == e[0] for f, e in zip(found, expected, strict=True))
    assert alike >= 0.8 * len(GERMAN), layers


def any_search(rng: random.Random) -> Decoding:
    beam, least = rng.randint(1, 9), rng.randint(1, 6)
    return Decoding(
        beam=beam,
        hypotheses=rng.randint(1, beam),
        length_penalty=rng.choice([0, 0.5, 1, 2]),
        no_repeat_ngram=rng.randint(0, 3),
        min_tokens=least,
        max_tokens=least + rng.randint(0, 20),
    )


def test_a_beam_may_be_wider_than_the_vocabulary(load: Load) -> None:
    model = load("odd")
    beam = network(model).shape.target_tokens + 50
    found = model._engine.generate([["</s>"]], [Decoding(beam, hypotheses=beam, max_tokens=1)])[0]
    assert len(set(found)) == beam


@pytest.mark.parametrize("kind", ["marian", "bart", "odd", "mini"])
def test_what_is_beside_a_text_changes_nothing(load: Load, kind: str) -> None:
    """Otherwise a batch that is resumed would differ from one that was not broken off."""
    model, search = load(kind), SEARCHES["summary"]
    engine: Any = model._engine
    sources = model._tokenizer.encode(texts(kind))
    engine._replicas = [NativeReplica(network(model), 1)]
    alone = [engine.generate([source], [search])[0] for source in sources]
    limits = [replace(search, max_tokens=40 + i % 2) for i in range(len(sources))]
    for threads in (1, 2, 3):
        engine._replicas = [NativeReplica(network(model), threads)] * 2
        assert engine.generate(sources, [search] * len(sources)) == alone
        mixed = engine.generate(sources, limits)
        assert mixed[::2] == alone[::2], "another's limit is not this one's"


def test_threads_share_a_network(load: Load) -> None:
    model = load("marian")
    alone = model.generate(GERMAN, SEARCHES["beam"])
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: model.generate(GERMAN, SEARCHES["beam"]), range(8))
        assert list(found) == [alone] * 8


def test_a_hypothesis_that_met_its_limit_says_so(load: Load) -> None:
    model = load("marian")
    whole = model.generate(GERMAN, Decoding(beam=1, max_tokens=40))
    cut = model.generate(GERMAN, Decoding(beam=1, max_tokens=3))
    assert [c == w for c, w in zip(cut, whole, strict=True)] == [c[0].complete for c in cut]
    assert {c[0].complete for c in cut} == {True, False}


def test_no_text_no_work(load: Load) -> None:
    assert load("marian").generate([], Decoding()) == []


def test_where_memory_runs_out_batches_get_smaller(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load("marian")
    whole = model.generate(GERMAN, SEARCHES["beam"])
    tried: list[int] = []
    search = NativeNetwork.search
    most = 3

    def limited(self: NativeNetwork, sources: list[list[int]], *how: Any) -> Any:
        tried.append(len(sources))
        return search(self, sources, *how) if len(sources) <= most else None

    monkeypatch.setattr(NativeNetwork, "search", limited)
    assert model.generate(GERMAN, SEARCHES["beam"]) == whole
    assert max(tried) > most
    assert tried[-1] <= most
    most = 0
    with pytest.raises(ModelError, match="no memory for a text of"):
        model.generate(GERMAN, SEARCHES["beam"])


def test_no_memory_beyond_the_weights_is_read(load: Load) -> None:
    """A caller's mistake would be a crash, or a translation of what happens to lie there."""
    made = network(load("marian"))
    beyond = [([0] * 513, 8), ([0] * 8, 512), ([0], 0), ([made.shape.source_tokens], 8), ([-1], 8)]
    for source, limit in beyond:
        with pytest.raises(ValueError, match=r"position|token"):
            made.search([source], Decoding(), [limit], 1)
    longest = made.search([[5] * 512], Decoding(beam=2, min_tokens=511), [511], 1)
    assert longest and len(longest[0][0]) == 512, "the end included"


def test_more_beams_than_memory_holds_are_refused(load: Load) -> None:
    """A model's own settings may ask for any number."""
    with pytest.raises(ModelError, match="fewer beams need less"):
        load("marian").generate(GERMAN[:1], Decoding(beam=2**40))


def test_what_is_handed_over_lives_as_long_as_the_call() -> None:
    """Limits were read after they had been freed: another thread might have written there."""

    class Array(np.ndarray[Any, Any]):
        """One that can be watched."""

    array = np.arange(3, dtype=np.int32).view(Array)
    watched, pointer = weakref.ref(array), replica._pointer(array)
    del array
    assert watched() is not None
    del pointer
    assert watched() is None


def test_weights_of_another_size_are_refused(load: Load, cache: Path, tmp_path: Path) -> None:
    load("marian")
    shutil.copytree(next(cache.glob("converted/marian*[!k]")), tmp_path / "damaged")
    with (tmp_path / "damaged" / WEIGHTS).open("ab") as file:
        file.write(b"more")
    with pytest.raises(ModelError, match="damaged"):
        NativeNetwork(tmp_path / "damaged", [], 0)


def test_networks_of_another_kind_are_refused() -> None:
    """It would compute something, and call that a translation."""
    with pytest.raises(ModelError, match=r"gelu_new.*--engine ctranslate2"):
        shape({}, SimpleNamespace(activation_function="gelu_new"), [])
    embeddings = ("model.decoder.embed_tokens.weight", "lm_head.weight")
    state = {name: np.full((2, 2), i, np.float32) for i, name in enumerate(embeddings)}
    with pytest.raises(ModelError, match=r"this model has others.*--engine torch"):
        shape(state, SimpleNamespace(activation_function="relu"), [])


def test_it_is_used_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who asks for nothing has the fastest engine, and one who asks in vain is told."""
    assert place("auto", "cpu") == place("native", "auto") == Place("native", "cpu")
    assert place("auto", "cpu", "float32").engine == "ctranslate2"
    with pytest.raises(ModelError, match="runs on a CPU"):
        place("native", "cuda")
    monkeypatch.setattr(native, "runs", lambda: False)
    assert place("auto", "cpu").engine == "ctranslate2"
    with pytest.raises(ModelError, match=r"AVX-512 VNNI.*--engine ctranslate2"):
        place("native", "auto")


def test_other_compute_types_are_refused(models: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="it has int8"):
        seq2seq.load(str(models["marian"]), engine="native", compute_type="float32")
