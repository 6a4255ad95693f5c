"""A model's weights, read by transformers and checked."""

from pathlib import Path
from typing import Any

from seq2seq.errors import ModelError


def load_weights(path: Path, **settings: Any) -> Any:
    """The model in `path`; no pickled object is built and no code of the model's is run.

    Raises:
        ModelError: files that are damaged, or weights that do not fill the model.
    """
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        model, report = transformers.AutoModelForSeq2SeqLM.from_pretrained(
            str(path),
            weights_only=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            **settings,
        )
    except Exception as error:  # each weights format fails in its own way
        # A sentence: torch's next one tells how to read the file unsafely.
        reason = str(error).partition("\n")[0].partition(". ")[0] or type(error).__name__
        raise ModelError(f"{path}: the weights cannot be loaded ({reason})") from error
    unfilled = sorted({*report["missing_keys"], *map(str, report["mismatched_keys"])})
    if unfilled:  # transformers would fill them with random numbers
        raise ModelError(f"{path}: the weights lack {unfilled[0]} and {len(unfilled) - 1} others")
    return model
