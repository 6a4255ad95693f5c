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
FLAGS = ["-O3", "-std=c++17", "-fPIC", "-shared", "-fopenmp"]
FLAGS += [f"-mavx512{part}" for part in ("f", "bw", "dq", "vl", "vnni")]


class NativeEngine(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled library to a wheel, or to the checkout of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile, and say that the wheel is for this platform."""
        if sys.platform != "linux" or platform.machine() != "x86_64" or not self.compile():
            return
        build_data["artifacts"].append(str(LIBRARY.relative_to(self.root)))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def compile(self) -> bool:
        """Whether there is a library now."""
        made = LIBRARY.with_suffix(".making")
        compiler = shlex.split(os.environ.get("CXX", "c++"))
        try:
            source = str(FOLDER / "search.cpp")
            subprocess.run([*compiler, *FLAGS, source, "-o", str(made)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.display_warning(f"depesche is installed without its native engine: {error}")
            return False
        made.replace(LIBRARY)
        return True
