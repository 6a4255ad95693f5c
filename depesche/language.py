"""Which language a text is in, and that it is the one that a model reads."""

from typing import Any

from depesche.brief import InputError, Item

# A long text is judged by pieces from all over it, so that 50 MB take no longer than a page.
PIECES = 8
PIECE_LENGTH = 500

# How many nats another language must be likelier than German; below, a text is too short or too
# full of names to say. Of single German lines cut to 12 words this refuses 0.2 %, of English texts
# of 60 words 99 %.
DOUBT = 20.0

NAMES = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "la": "Latin",
    "lb": "Luxembourgish",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nb": "Norwegian",
    "nl": "Dutch",
    "nn": "Norwegian",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def detect(text: str, expected: str = "de") -> str:
    """The ISO 639-1 code of a text's language; `expected` where another is not clearly likelier.

    By langid's naive Bayes over byte n-grams (Lui & Baldwin 2012, "langid.py: An Off-the-shelf
    Language Identification Tool").
    """
    from py3langid import langid

    if langid.IDENTIFIER is None:
        langid.load_model()
    model: Any = langid.IDENTIFIER
    sample = _sample(text)
    # Capitals are rare in the training text: a German headline in them would pass for another.
    counts = model.instance2fv(sample.lower() if sample.isupper() else sample)
    # Of the features that occur. All of them would take ten times as long, and BLAS's threads would
    # take the cores from the models.
    found = counts.nonzero()[0]
    scores = counts[found].astype(model.nb_ptc.dtype) @ model.nb_ptc[found] + model.nb_pc
    likelihoods = dict(zip(model.nb_classes, scores.tolist(), strict=True))
    best = max(likelihoods, key=lambda language: likelihoods[language])
    return best if likelihoods[best] - likelihoods[expected] > DOUBT else expected


def require_german(item: Item) -> None:
    """Raise InputError, naming the language, where an item's text is not German."""
    language = detect(item.text)
    if language != "de":
        raise InputError(f"the text is {_name(language)}, not German; --force translates it anyway")


def require_english(item: Item) -> None:
    """Raise InputError, naming the language, where an item's text is not English."""
    language = detect(item.text, "en")
    if language != "en":
        german = language == "de"
        helps = "`depesche brief` translates it" if german else "--force takes it as it is"
        raise InputError(f"the text is {_name(language)}, not English; {helps}")


def _name(language: str) -> str:
    return NAMES.get(language, f"in another language ({language})")


def _sample(text: str) -> str:
    if len(text) <= PIECES * PIECE_LENGTH:
        return text
    step = (len(text) - PIECE_LENGTH) // (PIECES - 1)
    return "\n".join(text[i * step : i * step + PIECE_LENGTH] for i in range(PIECES))
