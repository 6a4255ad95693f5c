"""A batch as a process of its own, to be killed: a model that is slow and minds its company."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from depesche import pipeline
from depesche.archive import Archive
from depesche.batch import Batch
from depesche.brief import Failure, Item
from depesche.worker import Worker
from seq2seq import Decoding, Hypothesis
from tests.fake import FakeModel
from translate import Translator

WINDOW = 40  # sentences


@dataclass
class Touchy(FakeModel):
    """Its answers depend on the whole call, as those of a model in int8 do now and then.

    So two outputs are equal only if their articles went to the model in the same company.
    """

    seconds: float = 0.0  # a call
    version: str = "1"

    def generate(self, texts: Sequence[str], decoding: Decoding) -> list[list[Hypothesis]]:
        time.sleep(self.seconds)
        company = sha256("\n".join(texts).encode()).hexdigest()[:8]
        return [[Hypothesis(f"{text} in {company}")] * decoding.hypotheses for text in texts]


def batch(output: Path, form: Any = "jsonl", seconds: float = 0.0, **options: Any) -> Batch:
    pipeline.WINDOW = WINDOW
    translator = Translator(Touchy(seconds=seconds))
    chain = pipeline.Pipeline(translator, None, words=0, force=True)
    return Batch(Worker(chain, form), output, form, **options)


def run(source: Path, output: Path, form: str, seconds: float, reported: Any) -> None:
    """`reported.value` follows what the run says is done."""
    made = batch(output, form, seconds)

    def entries() -> Iterator[Item | Failure]:
        for entry in Archive(source):
            reported.value = made.summary.done
            yield entry

    made.run(entries())


def memory(articles: int, output: Path) -> None:
    """Write to `output` the resident kB when a tenth of the articles was read, and all.

    What is resident now, not the peak: a process takes over the peak of the one it is started from.
    Each article has a word that no other has, as real ones do, so caches of words fill up.
    """
    resident = []

    def entries() -> Iterator[Item]:
        for number in range(articles):
            if number in (articles // 10, articles - 1):
                pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
                resident.append(pages * os.sysconf("SC_PAGE_SIZE") // 1024)
            place = "Dorf" + "".join(chr(ord("a") + int(digit)) for digit in str(number))
            yield Item(f"{number}", f"In {place} steht ein Haus. Es ist rot.", "Ein Haus")

    pipeline.WINDOW = 400
    chain = pipeline.Pipeline(Translator(Touchy()), None, words=0)
    Batch(Worker(chain, "jsonl"), output.with_suffix(".jsonl"), "jsonl").run(entries())
    output.write_text(json.dumps(resident), encoding="utf-8")
