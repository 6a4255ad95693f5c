"""An encoder–decoder model behind strings: texts in, hypotheses out."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from seq2seq.devices import Place, cores, place
from seq2seq.engine import Decoding, Engine, Target
from seq2seq.errors import InputTooLong, ModelError
from seq2seq.hub import Snapshot, find
from seq2seq.tokenizers import Tokenizer, load_tokenizer, target_rows


@dataclass(frozen=True)
class Hypothesis:
    """A target for a source; not `complete` where the search met its limit before its end."""

    text: str
    complete: bool = True


@dataclass(frozen=True)
class Recipe:
    """How a model was run; part of every output."""

    model: str
    revision: str | None
    engine: str
    compute_type: str


class Seq2Seq(Protocol):
    """What translate and summarize ask of a model; tests pass a double through this seam."""

    @property
    def recipe(self) -> Recipe:
        """Which model this is and how it runs."""
        ...

    @property
    def limit(self) -> int:
        """The most tokens of one source, special tokens included."""
        ...

    @property
    def decoding(self) -> Decoding:
        """The model's own settings (its generation config)."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included."""
        ...

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        """`decoding.hypotheses` hypotheses for each text, best first, in the order of `texts`.

        Raises:
            InputTooLong: a text has more than `limit` tokens.
        """
        ...


class Model:
    """A tokenizer and an engine: `Seq2Seq` for real. Threads may share it."""

    def __init__(
        self, tokenizer: Tokenizer, engine: Engine, recipe: Recipe, limit: int, decoding: Decoding
    ) -> None:
        self._tokenizer = tokenizer
        self._engine = engine
        self.recipe = recipe
        self.limit = limit
        self.decoding = decoding
        self.written = 0  # tokens, in all hypotheses so far
        self._lock = threading.Lock()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included."""
        return [len(source) for source in self._tokenizer.encode(texts)]

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        """`decoding.hypotheses` hypotheses for each text, best first, in the order of `texts`.

        Raises:
            InputTooLong: a text has more than `limit` tokens.
        """
        sources = self._tokenizer.encode(texts)
        for index, source in enumerate(sources):
            if len(source) > self.limit:
                raise InputTooLong(index, len(source), self.limit)
        if not sources:
            return []
        searches = [decoding.of_source(len(source)) for source in sources]
        targets = self._engine.generate(sources, searches)
        with self._lock:
            self.written += sum(len(t.tokens) for found in targets for t in found)
        decoded = iter(self._tokenizer.decode([t.tokens for found in targets for t in found]))
        return [[Hypothesis(next(decoded), t.complete) for t in found] for found in targets]


class _Deferred:
    """An engine that is loaded when it is first asked."""

    def __init__(self, load: Callable[[], Engine]) -> None:
        self._load = load
        self._loaded: Engine | None = None
        self._lock = threading.Lock()

    def generate(
        self, sources: Sequence[Sequence[str]], searches: Sequence[Decoding]
    ) -> list[list[Target]]:
        """See `seq2seq.engine.Engine`."""
        with self._lock:
            self._loaded = self._loaded or self._load()
        return self._loaded.generate(sources, searches)


def load(
    name: str,
    *,
    engine: str = "auto",
    device: str = "auto",
    compute_type: str = "auto",
    offline: bool = False,
    single: bool = False,
    deferred: bool = False,
) -> Model:
    """Find the model `name`, convert it if the engine needs that, and load it.

    Args:
        name: a hub id (`org/name` or `org/name@revision`), a directory or a bundled model's name.
        engine: "native", "ctranslate2", "torch" or "auto": see `seq2seq.devices.place`.
        device: "cpu", "cuda" (all GPUs), "cuda:0", "cuda:0,1" or "auto" (the GPUs if the engine
            finds any).
        compute_type: "float32", "float16", "bfloat16", "int8" or "auto" (float16 on a GPU; on a
            CPU int8, but float32 for torch).
        offline: never touch the network.
        single: tune for one text at a time rather than for many: of several GPUs the first is used.
        deferred: load the weights when they are first needed; if they cannot be, it is said then.

    Raises:
        ModelError: no such model, or one that cannot be loaded or run.
    """
    where = place(engine, device, compute_type, single=single)
    compute_type = _compute_type(compute_type, where)
    snapshot = find(name, offline=offline)
    config = _read_json(snapshot.path / "config.json")
    generation = {**config, **_read_json(snapshot.path / "generation_config.json", optional=True)}
    tokenizer = load_tokenizer(snapshot.path, config)
    prefix = _prefix(generation, tokenizer)
    recipe = Recipe(snapshot.name, snapshot.revision, where.engine, compute_type)
    limit = int(config.get("max_position_embeddings", 512))

    def start() -> Engine:
        if where.engine == "ctranslate2":
            return _ctranslate2(snapshot, prefix, where, compute_type, single)
        return _replicated(snapshot, tokenizer, prefix, where, compute_type, single)

    runs = _Deferred(start) if deferred else start()
    return Model(tokenizer, runs, recipe, limit, _decoding(generation, limit - 1 - len(prefix)))


def _ctranslate2(
    snapshot: Snapshot, prefix: list[str], where: Place, compute_type: str, single: bool
) -> Engine:
    from seq2seq.convert import converted
    from seq2seq.ctranslate2_engine import CTranslate2Engine

    path = converted(snapshot, compute_type)
    return CTranslate2Engine(path, prefix, where, compute_type, single=single)


def _replicated(
    snapshot: Snapshot,
    tokenizer: Tokenizer,
    prefix: list[str],
    where: Place,
    compute_type: str,
    single: bool,
) -> Engine:
    from seq2seq.replicas import Replica, ReplicatedEngine

    size = int(_read_json(snapshot.path / "config.json")["vocab_size"])
    vocabulary = {token: i for token, i in tokenizer.vocabulary().items() if i < size}
    rows = target_rows(tokenizer, size)
    targets = list(rows)
    given, end = [targets.index(token) for token in prefix], targets.index("</s>")
    replicas: list[Replica] = []
    if where.engine == "native":
        from seq2seq.convert import converted
        from seq2seq.native.replica import NativeNetwork, NativeReplica

        network = NativeNetwork(converted(snapshot, compute_type, "native"), given, end)
        shares = [cores()] if single else [1] * cores()
        replicas += [NativeReplica(network, threads) for threads in shares]
    else:
        from seq2seq.torch_engine import TorchReplica

        replicas += [
            TorchReplica(snapshot.path, device, compute_type, [*rows.values()], given, end)
            for device in where.devices
        ]
    return ReplicatedEngine(replicas, vocabulary, targets)


def _compute_type(compute_type: str, where: Place) -> str:
    if compute_type == "auto":
        if where.kind == "cuda":
            return "float16"
        return "float32" if where.engine == "torch" else "int8"
    known = ["float32", "float16", "bfloat16"] * (where.engine != "native")
    known += ["int8"] * (where.engine != "torch")
    if compute_type not in known:
        raise ModelError(
            f"{where.engine} has no compute type {compute_type!r}; it has {', '.join(known)}"
        )
    return compute_type


def _read_json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if optional:
            return {}
        raise ModelError(f"{path} is missing") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} is damaged")
    return value


def _prefix(generation: dict[str, Any], tokenizer: Tokenizer) -> list[str]:
    """The token that BART models were trained to start every target with."""
    forced = generation.get("forced_bos_token_id")
    if forced is None:
        return []
    return [token for token, index in tokenizer.vocabulary().items() if index == forced]


def _decoding(generation: dict[str, Any], longest: int) -> Decoding:
    """The settings that a model brings; its fixed lengths are not among them.

    Lengths are the caller's matter: only it knows how long a target may be.
    """
    settings = {name: value for name, value in generation.items() if value is not None}
    return Decoding(
        beam=int(settings.get("num_beams", 4)),
        length_penalty=float(settings.get("length_penalty", 1.0)),
        no_repeat_ngram=int(settings.get("no_repeat_ngram_size", 0)),
        max_tokens=longest,
    )
