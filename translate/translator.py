"""Documents in, translations out: sentences of many documents pooled into one engine call."""

from dataclasses import dataclass

from translate.document import Document


@dataclass(frozen=True)
class Translation:
    """Two documents of one sentence count: sentence i of `target` translates i of `source`."""

    source: Document
    target: Document

    def __post_init__(self) -> None:
        if len(self.source.sentences) != len(self.target.sentences):
            raise ValueError("source and target differ in their number of sentences")


class Translator:
    """Stand-in; being written."""
