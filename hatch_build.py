"""Compiles the native engine where it can run; where that fails, depesche works without it."""

import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).parent / "seq2seq" / "native"
LIBRARY = FOLDER / "search.so"
# Without contraction a text's sums are the same wherever a function was inlined.
FLAGS = ["-O3", "-std=c++17", "-fPIC", "-shared", "-fopenmp", "-ffp-contract=off"]
FLAGS += [f"-mavx512{part}" for part in ("f", "bw", "dq", "vl", "vnni")]


class NativeEngine(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled library to a wheel, or to the checkout of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile, and say that the wheel is for this platform, whatever its Python."""
        if sys.platform != "linux" or platform.machine() != "x86_64" or not self.compile():
            return
        build_data["artifacts"].append(str(LIBRARY.relative_to(self.root)))
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-linux_x86_64"

    def compile(self) -> bool:
        """Whether there is a library now."""
        made = LIBRARY.with_suffix(".making")
        compiler = os.environ.get("CXX") or "c++"
        try:
            source = str(FOLDER / "search.cpp")
            subprocess.run([*shlex.split(compiler), *FLAGS, source, "-o", str(made)], check=True)
        except (OSError, subprocess.CalledProcessError):
            self.app.display_warning(
                f"depesche is installed without its native engine: {compiler} does not compile it"
            )
            LIBRARY.unlink(missing_ok=True)  # what an earlier version may have left
            return False
        made.replace(LIBRARY)
        return True
