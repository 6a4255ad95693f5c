"""The files that make a model: which are needed, and whether a directory has them."""

import json
import re
from collections.abc import Collection
from pathlib import Path

from seq2seq.errors import ModelError

CONFIG = "config.json"

# The kinds of encoder–decoder that run here, each with the tokenizer files one of which sets it
# needs.
KINDS: dict[str, tuple[frozenset[str], ...]] = {
    "marian": (frozenset({"source.spm", "target.spm", "vocab.json"}),),
    "bart": (frozenset({"vocab.json", "merges.txt"}), frozenset({"tokenizer.json"})),
}
SETTINGS = (CONFIG, "generation_config.json", "tokenizer_config.json", "special_tokens_map.json")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # the first that is whole is what is loaded


def kind(name: str, path: Path) -> str | None:
    """What kind of encoder–decoder the config.json in `path` describes; None if it has none.

    Raises:
        ModelError: the model, which is called `name`, is of a kind that does not run here.
    """
    try:
        settings = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        found, both_sides = settings.get("model_type"), settings.get("is_encoder_decoder", True)
    except (OSError, ValueError, AttributeError):
        return None
    if not isinstance(found, str) or found not in KINDS or both_sides is not True:
        raise ModelError(
            f"{name} is no encoder–decoder that runs here but of the kind {found!r}; "
            f"there are {' and '.join(KINDS)}"
        )
    return found


def files(names: Collection[str]) -> list[str]:
    """Those of `names` that are worth fetching, the weights last; other frameworks' are not."""
    wanted = {*SETTINGS, *(file for sets in KINDS.values() for set_ in sets for file in set_)}
    return sorted(wanted.intersection(names)) + _weights(names)


def lack(names: Collection[str], kind: str | None) -> str | None:
    """The file that a model of this kind needs and `names` lack, or None."""
    if kind is None:
        return CONFIG
    if not _weights(names):
        return " or ".join(WEIGHTS)
    tokenizers = KINDS[kind]
    if any(needed.issubset(names) for needed in tokenizers):
        return None
    return min(tokenizers[0].difference(names))


def flaw(name: str, path: Path) -> str | None:
    """The file of the model `name` in `path` that is missing or visibly damaged, or None.

    Raises:
        ModelError: as `kind` does.
    """
    found = kind(name, path)
    names = {file.name for file in path.glob("*") if file.is_file()}  # not: a link to nowhere
    return lack(names, found) or next((n for n in files(names) if not _is_whole(path / n)), None)


def _weights(names: Collection[str]) -> list[str]:
    """The files of one set of weights, in one file or several, or none."""
    for whole in WEIGHTS:
        if whole in names:
            return [whole]
        stem, suffix = whole.split(".")
        parts = re.compile(rf"{stem}-\d+-of-(\d+)\.{suffix}")
        shards = {n: int(match[1]) for n in sorted(names) if (match := parts.fullmatch(n))}
        index = f"{whole}.index.json"
        if index in names and shards and set(shards.values()) == {len(shards)}:
            return [index, *shards]
    return []


def _is_whole(file: Path) -> bool:
    if file.suffix != ".safetensors":
        return file.stat().st_size > 0
    from safetensors import SafetensorError, safe_open

    try:  # the header says where the data end
        with safe_open(file, framework="np"):
            return True
    except (SafetensorError, OSError):
        return False
