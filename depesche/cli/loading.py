"""What the options of a command name, loaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depesche.cli.options import Device, EngineName

if TYPE_CHECKING:
    from seq2seq import Model
    from summarize import Summarizer
    from translate import Glossary

BUNDLED_MODEL = "mini"
BUNDLED_SUMMARIZER = "extract"


@dataclass(frozen=True)
class Runtime:
    """Where models come from, and what runs them."""

    bundled: bool
    device: Device
    engine: EngineName
    offline: bool
    deferred: bool = False  # weights are loaded when they are first needed

    def model(self, name: str | None) -> "Model":
        """The translation model of this name, or the default one."""
        from seq2seq import load
        from translate import DEFAULT_MODEL

        return load(
            name or (BUNDLED_MODEL if self.bundled else DEFAULT_MODEL),
            device=self.device.value,
            engine=self.engine.value,
            offline=self.offline or self.bundled,
            deferred=self.deferred,
        )

    def summarizer(self, name: str | None, *, single: bool = False) -> "Summarizer":
        """The summarizer of this name, or the default one; `single` as for `seq2seq.load`."""
        from summarize import DEFAULT_SUMMARIZER, load

        return load(
            name or (BUNDLED_SUMMARIZER if self.bundled else DEFAULT_SUMMARIZER),
            device=self.device.value,
            engine=self.engine.value,
            offline=self.offline or self.bundled,
            single=single,
            deferred=self.deferred,
        )


def glossary(file: Path | None, no_names: bool) -> "Glossary":
    """The terms of a file, before the bundled names."""
    from translate import Glossary

    names = Glossary([]) if no_names else Glossary.names()
    return Glossary.read(file) | names if file else names
