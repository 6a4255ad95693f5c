# `make brief` sets up .venv and runs the main job on a sample; `make test` runs the tests;
# `make bench` measures depesche beside its peers, in about half an hour, and writes docs/benchmarks.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready

.PHONY: brief test check bench clean

brief: $(READY)
	$(BIN)/depesche brief --bundled samples/politik.txt

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m bench

$(READY): pyproject.toml constraints.txt hatch_build.py $(wildcard seq2seq/native/*.h seq2seq/native/*.cpp)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --constraint constraints.txt --editable . --group dev
	$(BIN)/python -c "import pathlib; pathlib.Path('$(READY)').touch()"

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
