"""What a user would pick instead of depesche, and depesche itself, one small file each."""

from dataclasses import dataclass
from importlib import metadata


@dataclass(frozen=True)
class Contender:
    """A module of this package that serves the protocol, and where it runs."""

    name: str
    module: str
    argument: str = ""
    requirements: tuple[str, ...] = ()  # of an environment of its own; none: this one


def _torch() -> str:
    """The release of torch that is installed here: both loops over it get the same."""
    return f"torch=={metadata.version('torch').partition('+')[0]}"


DEPESCHE = Contender("depesche", "ours", "checked")
UNCHECKED = Contender("depesche, unchecked", "ours", "unchecked")
# Where the native engine does not run, this is what a user has.
PORTABLE = Contender("depesche on CTranslate2, unchecked", "ours", "portable")
DIRECT = Contender("CTranslate2", "direct")
# stanza, which Argos imports, brings torch.
ARGOS = Contender("Argos Translate", "argos", requirements=("argostranslate==1.11.0", _torch()))
# EasyNMT is of 2021 and asks for a transformers before 5; this is the last one.
EASYNMT = Contender(
    "EasyNMT", "easynmt", requirements=("EasyNMT==2.0.2", "transformers==4.57.6", _torch())
)
SORTED = Contender("transformers, sorted batches", "loop", "32")
ONE_BY_ONE = Contender("transformers, one by one", "loop", "1")

ALL = (DEPESCHE, UNCHECKED, DIRECT, ARGOS, EASYNMT, SORTED, ONE_BY_ONE)
