"""A long run that shows nothing, or cannot be stopped, is one that a user kills."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from depesche.batch import Estimate, Summary
from depesche.watch import closing, forecast
from tests.batch_child import batch

pytestmark = pytest.mark.skipif(os.name == "nt", reason="terminals and signals as POSIX has them")


def watched(code: str, seconds_until_ctrl_c: tuple[float, ...] = ()) -> tuple[int, str]:
    """Runs `code` with a terminal as stderr; its exit code and what the terminal got."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stderr=theirs)
    os.close(theirs)
    for seconds in seconds_until_ctrl_c:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # Linux says so that the other end is closed
        pass
    os.close(ours)
    return process.wait(), shown.decode()


def test_the_line_shows_articles_rates_failures_and_time_left() -> None:
    code, shown = watched(
        "import time\n"
        "from depesche.batch import Summary\n"
        "from depesche.watch import shown\n"
        "s = Summary()\n"
        "with shown(s, lambda: s.articles / 100, lambda: s.done * 40):\n"
        "    for _ in range(30):\n"
        "        s.articles += 1; s.done += 1; s.failed = 2; time.sleep(0.05)\n"
    )
    assert code == 0
    assert re.search(r"1\d articles, [\d.]+/s, [\d,]+ tokens/s, 2 failed", shown)
    assert re.search(r"\d+%", shown)
    assert re.search(r"0:00:0\d", shown)


def test_a_run_is_as_far_as_its_articles_are_finished_not_as_they_are_read(tmp_path: Path) -> None:
    """Who sees 100 % from the start, or never more than 1 %, takes the run for stuck."""
    run = batch(tmp_path / "briefs.jsonl")
    assert run.share(1.0) == 0  # all of a small archive is read before the first brief is there
    run.summary.articles, run.summary.before, run.summary.refused = 12, 2, 1
    assert run.share(1.0) == 0.25
    run.summary.done, run.summary.failed = 8, 1
    assert run.share(1.0) == 1
    limited = batch(tmp_path / "briefs.jsonl", limit=10)
    limited.summary.articles, limited.summary.done = 20, 5
    assert limited.share(0.001) == 0.5


def test_what_is_fetched_and_then_translated_is_counted() -> None:
    code, shown = watched(
        "import time\n"
        "from depesche.watch import followed\n"
        "with followed() as (fetched, translated):\n"
        "    fetched(3, 1040); time.sleep(0.3); translated(1200); time.sleep(0.3)\n"
    )
    assert code == 0
    before, _, after = shown.partition("1,200 sentences translated")
    assert "3 of 1,040 fetched" in before
    assert "sentences" not in before
    assert after


def test_a_second_ctrl_c_ends_the_run_at_once() -> None:
    code, shown = watched(
        "import sys, threading\n"
        "from depesche.watch import stopping\n"
        "with stopping(lambda said: print(said, file=sys.stderr)) as stop:\n"
        "    stop.wait(); threading.Event().wait()\n",
        (1.0, 0.3),
    )
    assert "finishing what is in flight" in shown
    assert code == 130


def test_a_second_ctrl_c_ends_a_command_that_is_in_a_model() -> None:
    """Ctrl-C would seem to do nothing for a minute, however often."""
    code, _ = watched(
        "import hashlib\n"
        "from depesche.watch import impatient\n"
        "with impatient():\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**8)\n",  # a minute without Python
        (0.5, 0.3),
    )
    assert code == 130


def test_the_closing_lines_say_what_to_do_next() -> None:
    summary = Summary(articles=12, before=2, done=7, failed=1, refused=2, seconds=3.5)
    failures = "briefs.failures.jsonl"
    first, second = closing(summary, 350, failures)
    assert first == "9 articles, 2.0/s, 100 tokens/s, 3 failed"
    assert second == "the reasons are in briefs.failures.jsonl; --retry-failed tries again"
    unreadable = Summary(articles=1, refused=1)
    assert [*closing(unreadable, 0, failures)][1] == "the reasons are in briefs.failures.jsonl"
    summary.interrupted = True
    assert "the same command goes on" in [*closing(summary, 350, failures)][1]
    again = Summary(articles=5, before=3, repeated=2)
    first, second = closing(again, 0, failures)
    assert first == "3 articles, none of them new, 0 failed"
    assert second.startswith("2 came again")
    record = summary.record(350)
    assert json.loads(json.dumps(record)) == record
    assert (record["articles_per_second"], record["tokens_per_second"]) == (2.0, 100.0)
    assert (record["failures"], record["interrupted"]) == (3, True)
    assert Summary().record(0)["articles_per_second"] is None


def test_a_forecast_has_a_time_only_where_one_was_measured() -> None:
    summary = Summary(articles=10, before=2, refused=1)
    assert [*forecast(summary, Estimate(7, 140, 9000, 7384.2))] == [
        "10 articles: 2 done, 7 to do, 0 repeated, 1 failed",
        "to do: 9,000 characters, about 140 sentences",
        "time: about 2:03:04, as fast as the last run",
    ]
    assert "--limit" in [*forecast(summary, Estimate(7, 140, 9000, None))][2]
