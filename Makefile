# Nothing is needed but make and Python 3.11 or newer: what a target needs is installed into .venv first.
# `make PYTHON=python3.12` takes another Python, `make test ARGS="-k limits"` hands arguments to pytest.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
# One after the other is what a single core can do; more workers than cores only get in each other's way.
JOBS ?= auto

.PHONY: help demo test check bench clean

help:
	@echo "make demo    a simulated wearer with a known asymmetry, measured live"
	@echo "make test    all tests"
	@echo "make check   format, lint, types, import rules"
	@echo "make bench   what a day costs: CPU, memory, latency"
	@echo "make clean   remove .venv and caches"

demo: .venv/.ready
	$(BIN)/evenside demo $(ARGS)

test: .venv/.ready-dev
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

check: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ready-dev
	$(BIN)/python tests/benchmarks $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are as new as the last install: it is done once, and again when pyproject.toml changes.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "evenside needs Python 3.11 or newer: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "on Debian and Ubuntu: sudo apt install python3-venv, then again" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

.venv/.ready: .venv/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# Groups need pip 25.1: hence the upgrade above.
.venv/.ready-dev: .venv/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ .venv/.ready
