"""What users have is not to get worse, by whatever change."""

import json
import sys
from pathlib import Path

import pytest

from bench import floors

FLOORS = {"bleu": 9.5, "loops": 1, "segmentation_f1": 0.99}


@pytest.mark.skipif(
    not floors.SHARED.exists(), reason="the shared texts are not beside this checkout"
)
@pytest.mark.filterwarnings("ignore")  # of the converter, on which nothing depends here
def test_nothing_is_worse_than_pinned() -> None:
    """Users would get worse translations and briefs, and nobody would have decided that."""
    pinned = floors.pinned()
    assert pinned["loops"] == pinned["empty"] == 0
    assert floors.below(floors.measure(), pinned) == []


def test_a_figure_below_its_floor_is_named() -> None:
    """Who broke something would look for it everywhere."""
    worse = {"bleu": 9.4, "loops": 2, "segmentation_f1": 0.99}
    assert floors.below(worse, FLOORS) == ["bleu is 9.4, pinned at 9.5", "loops is 2, pinned at 1"]
    assert floors.below(FLOORS, FLOORS) == []


def test_floors_rise_to_what_is_measured_less_a_margin() -> None:
    """A gain would be lost again unnoticed, or the test would fail on the next processor."""
    better = {"bleu": 10.37, "loops": 0, "segmentation_f1": 0.99567}
    up = floors.raised(better, FLOORS)
    assert up == {"bleu": pytest.approx(10.17, abs=1e-3), "loops": 0, "segmentation_f1": 0.9956}
    within = {"bleu": 10.2, "loops": 0, "segmentation_f1": 0.9956}
    assert floors.raised(within, up) == up


def test_a_floor_falls_only_by_name() -> None:
    """A loss of quality would be pinned as the new normal."""
    worse = {"bleu": 9.0, "loops": 2, "segmentation_f1": 0.99}
    for lower in ([], ["bleu"], ["loops"]):
        with pytest.raises(ValueError, match="--lower NAME"):
            floors.raised(worse, FLOORS, lower)
    lowered = floors.raised(worse, FLOORS, ["bleu", "loops"])
    assert lowered == {"bleu": pytest.approx(8.8), "loops": 2, "segmentation_f1": 0.99}


def test_one_command_raises_and_one_word_lowers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file would be edited by hand, to whatever passes."""
    path = tmp_path / "floors.json"
    path.write_text(json.dumps(FLOORS), encoding="utf-8")
    monkeypatch.setattr(floors, "FLOORS", path)

    def command(bleu: float, *arguments: str) -> int:
        monkeypatch.setattr(floors, "measure", lambda: {**FLOORS, "bleu": bleu})
        monkeypatch.setattr(sys, "argv", ["floors", *arguments])
        try:
            floors.main()
        except SystemExit as stopped:
            return int(stopped.code or 0)
        return 0

    assert command(9.0) == command(9.0, "--raise") == 1
    assert "bleu is 9, pinned at 9.5" in capsys.readouterr().err
    assert floors.pinned() == FLOORS
    assert command(11.0) == 0
    assert floors.pinned() == FLOORS
    assert command(11.0, "--raise") == 0
    assert floors.pinned()["bleu"] == pytest.approx(10.8)
    assert command(9.0, "--raise", "--lower", "bleu") == 0
    assert floors.pinned()["bleu"] == pytest.approx(8.8)
    assert command(9.0, "--raise", "--lower", "speed") == 2
