"""An encoder–decoder model, found, loaded and run: strings in, hypotheses out."""

from seq2seq.errors import InputTooLong, ModelError
from seq2seq.model import Decoding, Hypothesis, Recipe, Seq2Seq

__all__ = ["Decoding", "Hypothesis", "InputTooLong", "ModelError", "Recipe", "Seq2Seq"]
