"""A contender in a process of its own, and the environment that it runs in."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.peers import Contender
from bench.peers.protocol import Job

ROOT = Path(__file__).parents[1]
LIMIT = 600.0  # seconds that an answer may take
OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(ROOT)}


class Failed(Exception):
    """A contender that did not answer, and its last words."""


class Process:
    """A contender that is asked, as `bench.peers.protocol` has it; a context manager."""

    def __init__(self, contender: Contender, cache: Path) -> None:
        """Start it; `cache` keeps the environments.

        Raises:
            Failed: its environment cannot be made.
        """
        command = [interpreter(contender.requirements, cache), "-m"]
        command += [f"bench.peers.{contender.module}", contender.argument]
        self.started = time.perf_counter()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | OFFLINE,
            text=True,
        )

    def load(self, job: Job) -> dict[str, Any]:
        """Load a model, in place of any before it."""
        return self._ask({"load": dataclasses.asdict(job)})

    def run(self, texts: Sequence[str]) -> dict[str, Any]:
        """Translate; see the protocol for what comes back."""
        return self._ask({"texts": list(texts)})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        patience = threading.Timer(LIMIT, self._process.kill)
        patience.start()
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        finally:
            patience.cancel()
        if not line:
            raise Failed(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        if self._process.wait() < 0:
            return f"ended by signal {-self._process.returncode}; an answer may take {LIMIT:.0f} s"
        self._errors.seek(0)
        return _last_line(self._errors.read().decode("utf-8", "replace"))

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()


def interpreter(requirements: Sequence[str], cache: Path) -> str:
    """The Python that has these packages: this one if there are none, else made now or before.

    Raises:
        Failed: they cannot be installed.
    """
    if not requirements:
        return sys.executable
    name = requirements[0].partition("==")[0]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256("\n".join([version, *requirements]).encode()).hexdigest()[:8]
    home = cache / f"env-{name}-{key}"
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ready = home / "ready"
    if not ready.exists():
        print(f"installing {name} into {home}, this once", file=sys.stderr)
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(python), "-m", "pip", "install", "--quiet", *requirements],
        ):
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                raise Failed(f"it cannot be installed: {_last_line(run.stderr)}")
        ready.touch()
    return str(python)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
