"""`depesche evaluate` as a user runs it: what it says, its JSON, and its exit code."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from depesche.evaluate.systems import CHOICES
from seq2seq.hub import BUNDLED
from tests.test_evaluate import ENGLISH, GERMAN, written

Run = Callable[..., tuple[int, str, str]]

IMPOSSIBLE = "mini,engine=torch,device=cpu,compute=int8"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model is converted once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def evaluate(cache: Path, monkeypatch: pytest.MonkeyPatch, command: Run) -> Run:
    """Runs the command with the bundled models: its exit code, stdout and stderr."""
    monkeypatch.setenv("DEPESCHE_CACHE", str(cache))
    return lambda *arguments: command("evaluate", "--bundled", *arguments)


@pytest.fixture
def files(tmp_path: Path) -> list[str | Path]:
    german, english = written(tmp_path / "de.txt", GERMAN), written(tmp_path / "en.txt", ENGLISH)
    return ["--source", german, "--reference", english]


def test_ways_side_by_side(evaluate: Run, files: list[str | Path], tmp_path: Path) -> None:
    """One of them cannot be run: that is said, and the others are measured all the same."""
    chart = tmp_path / "chart.svg"
    recipes = ["--compare", "mini", "--compare=mini,beam=1,cascade=off", IMPOSSIBLE]
    code, out, err = evaluate(*files, *recipes, "--json", "--plot", chart)
    assert code == 1
    assert err.startswith(f"depesche: {IMPOSSIBLE}: torch has no compute type 'int8'")
    assert len(err.splitlines()) == 1
    record = json.loads(out)
    first, same, greedy = record["systems"]
    assert [s["name"] for s in record["systems"]] == ["mini", "mini", "mini,beam=1,cascade=off"]
    assert (first["bleu"]["p"], same["bleu"]["p"]) == (None, 1)
    assert (greedy["recipe"]["beam"], greedy["recipe"]["cascade"]) == (1, False)
    assert record["failures"][0]["name"] == IMPOSSIBLE
    assert "mini,beam=1,cascade=off" in chart.read_text(encoding="utf-8")


def test_the_json_is_as_documented(evaluate: Run, files: list[str | Path], tmp_path: Path) -> None:
    """Scripts that read it would break."""
    docs = Path(__file__).parents[1].joinpath("docs/evaluate.md").read_text(encoding="utf-8")
    documented = [json.loads(part.split("```")[0]) for part in docs.split("```json")[1:]]
    row = {"article": " ".join(ENGLISH), "summary": ENGLISH[0]}
    examples = written(tmp_path / "examples.jsonl", [json.dumps(row)])
    commands: list[list[str | Path]] = [files, ["--briefs", examples]]
    for command, example in zip(commands, documented, strict=True):
        code, out, err = evaluate(*command, "--json")
        assert (code, err) == (0, "")
        found = json.loads(out)
        assert shape(found) == shape(example)


def test_every_setting_of_a_recipe_is_documented() -> None:
    docs = Path(__file__).parents[1].joinpath("docs/evaluate.md").read_text(encoding="utf-8")
    for name, values in CHOICES.items():
        row = next(line for line in docs.splitlines() if line.startswith(f"| `{name}`"))
        assert all(f"`{value}`" in row for value in values)


def shape(value: object) -> object:
    """The keys of JSON, but for what is in recipes."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key != "recipe"}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def test_a_table_for_people(evaluate: Run, files: list[str | Path]) -> None:
    code, out, err = evaluate(*files)
    assert (code, err) == (0, "")
    assert out.startswith("4 sentences\n")
    for said in ("BLEU", "chrF2", "95 %", "loop", "sentences a second", "tok:13a"):
        assert said in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "takes --source FILE --reference FILE"),
        (["--source", "x"], "takes --source FILE --reference FILE"),
        (["--briefs", "x", "--plot", "x.svg"], "--briefs FILE alone"),
        (["--source", "x", "--reference", "x", "beam=1"], "then --compare"),
        (["--source", "x", "--reference", "x"], "x cannot be read"),
        (["--source", "x", "--reference", "x", "--compare", "beam=99"], "from 1 to 32"),
        (["--source", "x", "--reference", "x", "--plot", "x.gif"], "end it in .svg or .png"),
        (["--briefs", "x"], "x cannot be read"),
    ],
)
def test_wrong_use_is_one_line(evaluate: Run, arguments: list[str], says: str) -> None:
    code, out, err = evaluate(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("depesche: ")
    assert says in err
    assert len(err.splitlines()) == 1


def test_nothing_measured_is_a_failure(
    evaluate: Run, files: list[str | Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(BUNDLED / "mini", damaged)
    (damaged / "source.spm").write_bytes(b"none")
    names = (str(damaged), "beam=1", f"{damaged},beam=2")
    code, out, err = evaluate(*files, "--model", damaged, "--compare", *names[1:])
    assert (code, out) == (2, "")
    said = "source.spm or target.spm is damaged"  # and not where once more, after a long path
    assert err.splitlines() == [f"depesche: {name}: {said}" for name in names]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "no-such-model"], "no model is called 'no-such-model'"),
        (["--compare", "beam=1", "no-such-model,beam=2"], "no model is called 'no-such-model'"),
        (["--compare", "nobody/nothing"], "no network may be used"),
        (["--summarizer", "no-such-model"], "no model is called 'no-such-model'"),
        (["--plot", "folder.svg"], "cannot write folder.svg: it is a folder"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_measured(
    evaluate: Run,
    files: list[str | Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    """Not after an hour with the first of the models, whose figures would be lost."""

    def measured(*_: object) -> None:
        pytest.fail("something was measured")

    monkeypatch.setattr("depesche.evaluate.apart.apart", measured)
    monkeypatch.chdir(tmp_path)
    Path("folder.svg").mkdir()
    if "--summarizer" in arguments:
        row = {"article": " ".join(ENGLISH), "summary": ENGLISH[0]}
        files = ["--briefs", written(tmp_path / "examples.jsonl", [json.dumps(row)])]
    code, out, err = evaluate(*files, *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize(("library", "option"), [("sacrebleu", "files"), ("rouge_score", "briefs")])
def test_a_missing_library_is_named_with_its_extra(
    evaluate: Run,
    files: list[str | Path],
    library: str,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    code, out, err = evaluate(*(files if option == "files" else ["--briefs", "x"]))
    assert (code, out) == (2, "")
    assert "pip install 'depesche[evaluate]'" in err
    assert len(err.splitlines()) == 1
