"""A model's weights in the format of an engine: made once, kept in the user's cache.

The conversion runs in a process of its own, so that torch and transformers, which it needs, never
enter the process that translates: neither their memory nor their OpenMP runtime.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

from seq2seq.errors import ModelError
from seq2seq.hub import Snapshot, conversions_dir, is_directory, slug
from seq2seq.progress import waiting
from seq2seq.tokenizers import MarianTokenizer

# Of what is made for an engine: another layout, or version of CTranslate2, makes all anew.
LAYOUTS = {"native": "1", "ctranslate2": "2"}

# BART's own settings, which transformers no longer fills in where a config lacks them.
BART_DEFAULTS = {
    "normalize_before": False,
    "normalize_embedding": True,
    "add_final_layer_norm": False,
}


def converted(snapshot: Snapshot, compute_type: str, engine: str = "ctranslate2") -> Path:
    """The directory of `snapshot` in the engine's format, converted now if it is not yet.

    Another revision, compute type or version of CTranslate2 has another directory. A directory
    that is not as it was written is converted anew. The native engine has but one compute type.

    Raises:
        ModelError: weights that are damaged or of no kind that converts.
    """
    from filelock import FileLock

    target = conversions_dir() / f"{slug(snapshot.name)}--{_key(snapshot, compute_type, engine)}"
    if _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if _is_whole(target):  # another process was faster
            return target
        shutil.rmtree(target, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".converting-") as temporary:
            made = Path(temporary) / "model"
            with waiting(f"converting {snapshot.name}, this once"):
                _convert_apart(snapshot, made, compute_type, engine)
            _seal(made, snapshot, compute_type)
            made.replace(target)
    return target


def _key(snapshot: Snapshot, compute_type: str, engine: str) -> str:
    from importlib.metadata import version

    made_by = version("ctranslate2") if engine == "ctranslate2" else engine
    parts = [str(snapshot.revision), compute_type, made_by, LAYOUTS[engine]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _seal(made: Path, snapshot: Snapshot, compute_type: str) -> None:
    checksums = {file.name: _checksum(file) for file in sorted(made.iterdir())}
    seal = {
        "model": snapshot.name,
        "revision": snapshot.revision,
        "compute_type": compute_type,
        "checksums": checksums,
    }
    (made / "depesche.json").write_text(json.dumps(seal, indent=1), encoding="utf-8")


def _is_whole(target: Path) -> bool:
    try:
        seal = json.loads((target / "depesche.json").read_text("utf-8"))
        return all(_checksum(target / name) == sum_ for name, sum_ in seal["checksums"].items())
    except (OSError, ValueError, KeyError):
        return False


def _checksum(file: Path) -> int:
    """CRC-32: it meets damage, not malice, and takes a tenth of the time of loading the file."""
    checksum = 0
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _convert_apart(snapshot: Snapshot, made: Path, compute_type: str, engine: str) -> None:
    what = [str(snapshot.path), str(made), compute_type, engine]
    command = [sys.executable, "-m", "seq2seq.convert", *what]
    # The package is found where it was found now, also when it runs from a checkout.
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        lines = run.stderr.strip().splitlines() or [f"exit code {run.returncode}"]
        mend = f"`depesche models remove {snapshot.name}` and pull it again"
        if is_directory(snapshot.name):
            mend = "put them there again"
        raise ModelError(
            f"{snapshot.name} cannot be converted ({lines[-1]}); if its files are damaged, {mend}"
        )


def convert(source: Path, target: Path, compute_type: str, engine: str) -> None:
    """Convert the transformers model in `source`; only safe weights are read, no code is run.

    The decoder of a Marian model keeps the tokens that a target may hold, and no others.
    """
    if engine == "native":
        from seq2seq.native.pack import pack

        pack(source, target)
    else:
        _to_ctranslate2(source, target, compute_type)


def _to_ctranslate2(source: Path, target: Path, compute_type: str) -> None:
    from ctranslate2.converters import TransformersConverter
    from ctranslate2.converters.transformers import MarianMTLoader, register_loader

    from seq2seq.weights import load_weights

    class Converter(TransformersConverter):  # type: ignore[misc]
        def load_model(self, _class: Any, path: str, **settings: Any) -> Any:
            config = settings["config"]
            for name, value in BART_DEFAULTS.items():
                if not hasattr(config, name):
                    setattr(config, name, value)
            return load_weights(Path(path), **settings)

    @register_loader("MarianConfig")  # in place of its parent
    class Loader(MarianMTLoader):  # type: ignore[misc]
        def set_vocabulary(self, spec: Any, tokens: list[str]) -> None:
            held = set(MarianTokenizer(source).targets())
            kept = [index for index, token in enumerate(tokens) if token in held]
            decoder = spec.decoder
            decoder.embeddings.weight = decoder.projection.weight = decoder.projection.weight[kept]
            if decoder.projection.has_bias():
                decoder.projection.bias = decoder.projection.bias[kept]
            spec.register_source_vocabulary(tokens)
            spec.register_target_vocabulary([tokens[index] for index in kept])

    Converter(str(source)).convert(str(target), quantization=compute_type)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
