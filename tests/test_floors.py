"""The bundled model is not to get worse, by whatever change to it or to what runs it."""

import json
from pathlib import Path

import pytest

from bench import floors


@pytest.mark.skipif(not floors.SETS.exists(), reason="newstest2014 is not beside this checkout")
@pytest.mark.filterwarnings("ignore")  # of the converter, on which nothing depends here
def test_the_bundled_model_is_as_good_as_pinned() -> None:
    """Users would get worse translations, or loops, and nobody would have decided that."""
    pinned = floors.pinned()
    assert pinned["loops"] == pinned["empty"] == 0
    assert floors.below(floors.measure(), pinned) == []


def test_floors_are_raised_and_never_lowered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss of quality would be pinned as the new normal."""
    path = tmp_path / "floors.json"
    path.write_text('{"mini": {"newstest2014_first200_bleu": 9.5, "loops": 1}}', encoding="utf-8")
    monkeypatch.setattr(floors, "FLOORS", path)
    floors.raise_floors({"newstest2014_first200_bleu": 10.37, "loops": 0})
    raised = {"mini": {"newstest2014_first200_bleu": 10.1, "loops": 0}}
    assert json.loads(path.read_text(encoding="utf-8")) == raised
    for worse in (
        {"newstest2014_first200_bleu": 10.0, "loops": 0},
        {"newstest2014_first200_bleu": 30.0, "loops": 1},
    ):
        with pytest.raises(ValueError, match="never lowered"):
            floors.raise_floors(worse)
    assert json.loads(path.read_text(encoding="utf-8")) == raised
    floors.raise_floors({"newstest2014_first200_bleu": 10.15, "loops": 0})  # within the margin
    assert json.loads(path.read_text(encoding="utf-8")) == raised
