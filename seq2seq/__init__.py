"""An encoder–decoder model, found, loaded and run: strings in, hypotheses out."""

from seq2seq.engine import Decoding
from seq2seq.errors import InputTooLong, ModelError
from seq2seq.model import Hypothesis, Model, Recipe, Seq2Seq, load

__all__ = [
    "Decoding",
    "Hypothesis",
    "InputTooLong",
    "Model",
    "ModelError",
    "Recipe",
    "Seq2Seq",
    "load",
]
