"""What runs in processes of its own: a cluster, a driver that is killed, and the workers' model."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from depesche import pipeline
from depesche.archive import Archive
from depesche.batch import Batch
from depesche.cluster import Cluster
from depesche.journal import Result
from depesche.worker import Worker
from seq2seq import Decoding, Hypothesis
from tests.batch_child import WINDOW, Touchy
from translate import Translator

DEADLY = "Baum 5."  # ends the process where there is a file "fragile"


class Traced(Touchy):
    """Leaves a file named after its process in `folder`."""

    folder = Path()

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        (self.folder / f"{os.getpid()}.pid").touch()
        if (self.folder / "fragile").exists() and any(DEADLY in text for text in texts):
            os._exit(1)
        return super().generate(texts, decoding)


def build(folder: Path, seconds: float = 0.05) -> tuple[Worker, Callable[[], int]]:
    model = Traced(seconds=seconds)
    model.folder = folder
    chain = pipeline.Pipeline(Translator(model), None, words=0, force=True)
    return Worker(chain, "jsonl"), lambda: 7


def serve() -> None:
    """A cluster that says its address and ends with its standard input."""
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    settings = {"include_dashboard": False, "object_store_memory": 100 << 20}
    context = ray.init(address="local", num_cpus=2, num_gpus=2, log_to_driver=False, **settings)
    print(context.address_info["gcs_address"], flush=True)  # noqa: T201
    sys.stdin.read()
    ray.shutdown()


def drive(address: str, source: Path, output: Path) -> None:
    """A run that leaves a file for each window."""
    pipeline.WINDOW = WINDOW

    def keep(results: list[Result]) -> None:
        (output.parent / f"{results[0].key.hex()}.kept").touch()

    with Cluster(address, 1, partial(build, output.parent, 0.2)) as cluster:
        Batch(cluster, output, "jsonl", keep=keep).run(Archive(source))


if __name__ == "__main__":
    if sys.argv[1:]:
        drive(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        serve()
