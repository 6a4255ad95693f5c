"""Without this, a user would meet a traceback, a lost file, or an exit code that lies."""

import io
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from depesche import cli
from depesche.cli import models
from depesche.cli.commands import app
from summarize import DEFAULT_SUMMARIZER
from tests.conftest import MARIAN
from tests.hub import Hub
from translate import DEFAULT_MODEL

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
ENGLISH = "The council decided on Tuesday to build a new bridge across the old river in town.\n" * 3


class Result(NamedTuple):
    """What a user gets."""

    code: int
    out: str
    err: str


Depesche = Callable[..., Result]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model is converted once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def depesche(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Depesche:
    """Runs the command line in this process."""
    monkeypatch.setenv("DEPESCHE_CACHE", str(cache))

    def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["depesche", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return Result(int(stopped.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loads a model fails the test."""
    monkeypatch.setattr("seq2seq.load", lambda *_, **__: pytest.fail("a model was loaded"))


def test_the_main_job(depesche: Depesche) -> None:
    result = depesche("brief", "--bundled", SAMPLES / "politik.txt")
    assert result.code == 0
    assert result.err == ""
    brief, _, translation = result.out.partition("Translation, with the closest passages numbered")
    assert len(re.findall(r"^- .+ \[\d+(?:, \d+)*\]$", brief, re.MULTILINE)) >= 2
    assert len(translation.split()) > 200


@pytest.mark.parametrize("form", ["txt", "md", "html", "json"])
@pytest.mark.parametrize("sample", ["notiz.txt", "leitfaden.md", "umbruch.txt"])
def test_every_sample_in_every_format(depesche: Depesche, sample: str, form: str) -> None:
    result = depesche("brief", "--bundled", SAMPLES / sample, "--format", form)
    assert result.code == 0
    assert result.out.strip()


def test_json_is_one_object_a_line_with_every_sentence_in_both_languages(
    depesche: Depesche,
) -> None:
    result = depesche(
        "brief", "--bundled", "--format", "json", SAMPLES / "notiz.txt", SAMPLES / "umbruch.txt"
    )
    first, second = map(json.loads, result.out.splitlines())
    assert first["id"].endswith("notiz.txt")
    assert second["recipe"]["translator"]["model"] == "mini"
    for record in (first, second):
        assert all(pair["de"] and pair["en"] for pair in record["sentences"])
        numbers = range(len(record["sentences"]))
        assert all(index in numbers for line in record["brief"] for index in line["evidence"])


def test_translate_has_no_brief_and_summarize_no_german(depesche: Depesche) -> None:
    translated = depesche("translate", "--bundled", "--format", "json", SAMPLES / "notiz.txt")
    assert "brief" not in json.loads(translated.out)
    summarized = depesche("summarize", "--bundled", "--format", "json", "-", stdin=ENGLISH.encode())
    record = json.loads(summarized.out)
    assert record["brief"]
    assert {key for pair in record["sentences"] for key in pair} == {"en"}


def test_standard_input_in_any_encoding(depesche: Depesche) -> None:
    text = (SAMPLES / "notiz.txt").read_text(encoding="utf-8")
    outputs = {
        depesche("translate", "--bundled", "-", stdin=text.encode(encoding)).out
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(("suffix", "start"), [("html", "<!DOCTYPE"), ("json", "{"), ("md", "- ")])
def test_the_outputs_ending_gives_its_format(
    depesche: Depesche, tmp_path: Path, suffix: str, start: str
) -> None:
    out = tmp_path / f"brief.{suffix}"
    assert depesche("brief", "--bundled", SAMPLES / "notiz.txt", "-o", out) == (0, "", "")
    assert out.read_text(encoding="utf-8").lower().startswith(start.lower())
    assert list(tmp_path.glob("brief*")) == [out]


def test_words_and_beam_are_heard(depesche: Depesche) -> None:
    run = ["brief", "--bundled", "--format", "json", SAMPLES / "politik.txt"]
    short, long = (json.loads(depesche(*run, "--words", n).out) for n in ("20", "150"))
    assert sum(len(line["text"].split()) for line in long["brief"]) > 2 * sum(
        len(line["text"].split()) for line in short["brief"]
    )
    assert json.loads(depesche(*run, "--beam", "1").out)["recipe"]["translator"]["beam"] == 1


def test_a_glossary_is_heard(depesche: Depesche, tmp_path: Path) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text("Quastenflosser\tcoelacanth\n", encoding="utf-8")
    text = b"Der Quastenflosser schwimmt seit gestern wieder im Hafen von Hamburg."
    run = ["translate", "--bundled", "--format", "json", "-"]
    with_terms = json.loads(depesche(*run, "--glossary", terms, stdin=text).out)
    said = with_terms["sentences"][0]["en"]
    missed = {w["detail"] for w in with_terms["warnings"] if w["kind"] == "term"}
    assert "coelacanth" in said or "Quastenflosser → coelacanth" in missed
    assert depesche(*run, "--glossary", tmp_path / "none", stdin=text).code == 2


# Bad input


def test_what_cannot_be_read_stops_before_models_are_loaded(
    depesche: Depesche, no_models: None, tmp_path: Path
) -> None:
    (tmp_path / "empty.txt").write_bytes(b" \n")
    (tmp_path / "binary.bin").write_bytes(bytes(range(256)) * 20)
    inputs = [tmp_path / "none.txt", tmp_path, tmp_path / "empty.txt", tmp_path / "binary.bin"]
    result = depesche("brief", *inputs, "-o", tmp_path / "out.md")
    assert result.code == 2
    assert result.out == ""
    assert len(result.err.splitlines()) == 4
    assert all(line.startswith("depesche: ") for line in result.err.splitlines())
    assert not (tmp_path / "out.md").exists()


def test_one_bad_input_does_not_stop_the_others(depesche: Depesche, tmp_path: Path) -> None:
    result = depesche("translate", "--bundled", tmp_path / "none.txt", SAMPLES / "notiz.txt")
    assert result.code == 1
    assert result.out.strip()
    assert len(result.err.splitlines()) == 1


def test_a_text_that_is_not_german_is_refused_unless_forced(depesche: Depesche) -> None:
    result = depesche("brief", "--bundled", "-", stdin=ENGLISH.encode())
    assert (result.code, result.out) == (2, "")
    assert "English, not German" in result.err
    assert "--force" in result.err
    assert depesche("brief", "--bundled", "--force", "-", stdin=ENGLISH.encode()).code == 0


def test_an_old_output_survives_when_nothing_is_done(depesche: Depesche, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("old")
    assert depesche("brief", "--bundled", tmp_path / "none.txt", "-o", out).code == 2
    assert out.read_text() == "old"


def test_an_output_that_cannot_be_written(depesche: Depesche, tmp_path: Path) -> None:
    for out, says in (
        (tmp_path / "no" / "out.md", "cannot write"),
        (tmp_path / "o.doc", "--format"),
    ):
        result = depesche("translate", "--bundled", SAMPLES / "notiz.txt", "-o", out)
        assert result.code == 2
        assert says in result.err
        assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("no-such-model", "no model is called"),
        ("org/never-pulled", "--bundled"),
        ("../..", "depesche"),
    ],
)
def test_a_model_that_is_not_there(depesche: Depesche, model: str, says: str) -> None:
    result = depesche("brief", "--offline", "--model", model, SAMPLES / "notiz.txt")
    assert result.code == 2
    assert says in result.err
    assert len(result.err.splitlines()) == 1


def test_without_network_and_cache_the_ways_out_are_named(depesche: Depesche) -> None:
    result = depesche("brief", "--offline", SAMPLES / "notiz.txt")
    assert result.code == 2
    for way in ("--bundled", "models pull", "models unpack"):
        assert way in result.err


def test_an_article_is_not_overwritten_with_its_brief(depesche: Depesche, tmp_path: Path) -> None:
    article = tmp_path / "notiz.md"
    article.write_bytes((SAMPLES / "notiz.txt").read_bytes())
    link = tmp_path / "link.md"
    link.hardlink_to(article)
    for output in (article, link):
        result = depesche("brief", "--bundled", SAMPLES / "umbruch.txt", article, "-o", output)
        assert (result.code, result.out) == (2, "")
        assert "is an input" in result.err
    assert article.read_bytes() == (SAMPLES / "notiz.txt").read_bytes()


@pytest.mark.parametrize(
    ("typed", "command", "says"),
    [
        ("brief", "brief", "INPUT"),
        ("brief x --nonsense", "brief", "--nonsense"),
        ("brief x --words 0", "brief", "--words"),
        ("batch", "batch", "INPUT"),
        ("batch x", "batch", "OUTPUT"),
        ("nonsense", "", "nonsense"),
        ("models", "models", "command"),
        ("models pack", "models pack", "FILE"),
    ],
)
def test_what_is_no_command_is_one_line_that_names_the_help(
    depesche: Depesche, typed: str, command: str, says: str
) -> None:
    result = depesche(*typed.split())
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("depesche: ")
    assert says in result.err
    assert result.err.endswith(f"; try `{f'depesche {command}'.strip()} --help`\n")
    assert result.err.count("\n") == 1


# The command itself


def test_alone_it_shows_its_help_with_every_command_whole(depesche: Depesche) -> None:
    result = depesche()
    assert result.code == 2
    assert result.err == depesche("--help").out
    assert "..." not in result.err.partition("Commands:")[2]


def test_an_interrupted_command_says_so(
    depesche: Depesche, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("depesche.sources.read", interrupt)
    assert depesche("brief", "x") == (130, "", "depesche: interrupted\n")


def test_a_command_that_is_interrupted_while_it_is_imported_says_so_too(tmp_path: Path) -> None:
    """Who has mistyped and presses Ctrl-C at once would see a screen of Python."""
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    run = subprocess.run(
        [sys.executable, "-m", "depesche", "brief", "x"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "depesche: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="a pipe as POSIX has it")
def test_a_reader_who_has_seen_enough_is_no_failure(cache: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "depesche", "translate", "--bundled", SAMPLES / "notiz.txt"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "DEPESCHE_CACHE": str(cache)},
    )
    assert run.stdout
    assert run.stderr
    run.stdout.close()
    with run.stderr as stderr:
        assert stderr.read() == b""
    assert run.wait() == 0


def test_help_waits_for_nothing_heavy() -> None:
    code = (
        "import sys\nfrom depesche.cli import main\nsys.argv = ['depesche', '--help']\n"
        "try:\n main()\nexcept SystemExit:\n pass\n"
        "heavy = {'torch', 'transformers', 'ctranslate2', 'numpy', 'rich', 'trafilatura', "
        "'jinja2', 'translate', 'summarize.extract', 'seq2seq'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.splitlines()[-1] == "HEAVY []"


def test_a_full_disk_behind_a_pipe_is_said(cache: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "depesche", "translate", "--bundled", SAMPLES / "notiz.txt"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "DEPESCHE_CACHE": str(cache)},
        )
    assert run.returncode == 2
    assert run.stderr.splitlines() == ["depesche: cannot write the output: No space left on device"]


def test_help_names_the_default_models(depesche: Depesche) -> None:
    said = "".join(depesche("brief", "--help").out.split())  # which wraps
    assert DEFAULT_MODEL in said
    assert DEFAULT_SUMMARIZER in said


@pytest.mark.parametrize(
    ("command", "language"), [("brief", "German"), ("batch", "German"), ("summarize", "English")]
)
def test_help_says_what_is_forced(depesche: Depesche, command: str, language: str) -> None:
    """`summarize` takes English: who reads "another language" would force nothing or everything."""
    said = " ".join(depesche(command, "--help").out.split())
    assert f"--force Take a text that is not {language}, too." in said


def test_the_version_is_said(depesche: Depesche) -> None:
    assert depesche("--version").out.startswith("depesche 0.")


def test_bundled_models_are_listed_and_stay(depesche: Depesche) -> None:
    assert re.search(r"^mini .* MB +bundled$", depesche("models", "list").out, re.MULTILINE)
    result = depesche("models", "remove", "org/none")
    assert result.code == 2
    assert "there is no org/none" in result.err


def test_one_model_that_is_not_there_keeps_no_other_from_coming_and_going(
    models_on_hub: Hub, depesche: Depesche
) -> None:
    for command, said in (("pull", f"{MARIAN} "), ("remove", "")):
        result = depesche("models", command, "org/none", "nonsense", MARIAN)
        assert result.code == 1
        assert result.err.count("\n") == 2
        assert result.out.startswith(said)
    assert MARIAN not in depesche("models", "list").out


def commands() -> list[str]:
    found = [command.name or command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]
    return found + [f"models {command.name}" for command in models.app.registered_commands]


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"depesche {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_default_models_come_from_the_hub_once(
    models_on_hub: Hub, tmp_path: Path, depesche: Depesche, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a machine without a network does the same, and what came is known by its commit."""
    run = ["brief", "--format", "json", SAMPLES / "notiz.txt"]
    first = depesche(*run)
    assert first.code == 0
    assert not [r for r in models_on_hub.requests if r.path.endswith((".h5", ".ot", ".msgpack"))]
    recipe = json.loads(first.out)["recipe"]
    assert recipe["translator"]["model"] == MARIAN
    assert re.fullmatch("[0-9a-f]{40}", recipe["summarizer"]["revision"])
    monkeypatch.setattr(socket.socket, "__init__", lambda *_, **__: pytest.fail("a socket"))
    assert depesche(*run, "--offline").out == first.out
