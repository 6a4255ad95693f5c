"""What is compared: a model and how it is run, said in a short recipe; and a run of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, get_args

from depesche.brief import InputError
from translate import Document, Translation, Translator
from translate.checks import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_BEAM = 32
CHOICES = {
    "engine": ("auto", "native", "ctranslate2", "torch"),
    "device": ("auto", "cpu", "cuda"),
    "compute": ("auto", "float32", "float16", "bfloat16", "int8"),
    "cascade": ("on", "off"),
}
FIRST = Document.parse("Guten Morgen, die Zeitung ist da.")


@dataclass(frozen=True)
class System:
    """A translation model and how it is run; "auto" and None leave it to machine and model."""

    model: str
    engine: str = "auto"
    device: str = "auto"
    compute: str = "auto"
    beam: int | None = None
    cascade: str = "on"  # whether what fails its check is tried again
    offline: bool = False

    def changed(self, recipe: str) -> "System":
        """This one, but for what `recipe` says: a model or none, then settings (`mini,beam=1`).

        Raises:
            InputError: there is no such setting, or it has no such value.
        """
        first, *settings = (part.strip() for part in recipe.split(","))
        if "=" in first:
            return replace(self, **_read(recipe, [first, *settings]))
        if not first:
            raise InputError(f"recipe {recipe!r} starts with nothing: a model or a setting does")
        return replace(self, model=first, **_read(recipe, settings))

    def translator(self) -> Translator:
        """The translator, loaded.

        Raises:
            ModelError: no such model, or one that cannot be run so.
        """
        from seq2seq import load

        model = load(
            self.model,
            engine=self.engine,
            device=self.device,
            compute_type=self.compute,
            offline=self.offline,
        )
        return Translator(model, beam=self.beam, cascade=self.cascade == "on")


def _read(recipe: str, settings: Sequence[str]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name == "beam":
            if not (value.isdecimal() and 1 <= int(value) <= MOST_BEAM):
                raise InputError(f"recipe {recipe!r}: beam is a number from 1 to {MOST_BEAM}")
            read[name] = int(value)
        elif name not in CHOICES:
            known = ", ".join(["beam", *CHOICES])
            raise InputError(f"recipe {recipe!r}: no setting {name!r}; there are {known}")
        elif value not in CHOICES[name]:
            raise InputError(f"recipe {recipe!r}: {name} is one of {', '.join(CHOICES[name])}")
        else:
            read[name] = value
    return read


def require_models(names: Iterable[str], *, offline: bool) -> None:
    """See that there are models of these names, and fetch what this machine lacks of them.

    Raises:
        ModelError: there is no such model, or it cannot be fetched.
    """
    from seq2seq.hub import find

    for name in dict.fromkeys(names):
        find(name, offline=offline)


@dataclass(frozen=True)
class Run:
    """What a system made of some lines, and what it took.

    `findings` counts the lines in which the check of translations finds something, by its kind.
    `loading` and `translating` are seconds; loading ends with a first, short translation.
    """

    translations: list[str]
    findings: dict[str, int]
    recipe: dict[str, Any]
    loading: float
    translating: float


def run(system: System, lines: Sequence[str], progress: Callable[[int], None] | None = None) -> Run:
    """Translate lines as depesche translates a text of one line each.

    Args:
        system: what translates.
        lines: German, usually a sentence each.
        progress: called with the number of sentences just finished.

    Raises:
        ModelError: no such model, or one that cannot be run so.
    """
    start = perf_counter()
    translator = system.translator()
    translator.translate(FIRST)
    loaded = perf_counter()
    documents = [Document.parse(line) for line in lines]
    translations = list(translator.translate_all(documents, progress))
    seconds = perf_counter() - loaded
    texts = [" ".join(str(translation.target).split()) for translation in translations]
    return Run(texts, _counted(translations), translator.recipe, loaded - start, seconds)


def _counted(translations: Sequence[Translation]) -> dict[str, int]:
    found = Counter(kind for t in translations for kind in {note.kind for note in t.notes})
    return {kind: found[kind] for kind in KINDS}
