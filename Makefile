# `make` lists the targets. Each of them sets up what it needs; scripts/setup does nothing when nothing changed.
.DEFAULT_GOAL := help
.PHONY: help setup programs demo test check lint format types floors unit architecture property conformance integration bench corpora fuseki serve pins clean
.SILENT:

# Tests start hundreds of processes: without bytecode each would compile every library it imports.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Two processes, for two cores. Tests of one file stay in one process, so that what they share is made once; files in alphabetical
# order, as those of tests/integration, the longest, should not come last (tests/architecture/test_parallel.py).
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
SOURCES := $(wildcard catalog tests bench scripts)

help: ## This list
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## .venv with the command, the linters and all else a contributor needs (PYTHON=… picks the Python)
	scripts/setup

demo: setup ## The main job, end to end, on a store made here, or on STORE=<url or path>
	$(BIN)/python scripts/demo $(if $(STORE),"$(STORE)")

test: ## Everything: lint, types, floors, and all kinds of tests, with real servers
	scripts/setup
	$(MAKE) --no-print-directory --jobs=4 lint types floors programs
	$(PYTEST) $(PARALLEL)

check: lint types floors unit architecture ## What to run before each commit: no server, no network

lint: setup ## ruff: rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

format: setup ## Put the format right, and what ruff can mend by itself
	$(BIN)/ruff check --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

types: setup ## mypy --strict
	$(BIN)/mypy

floors: setup ## Who may import whom (.importlinter)
	$(BIN)/lint-imports

unit architecture property conformance: setup ## One kind of tests
	$(PYTEST) tests/$@

programs: setup # what the tests with real servers need besides; here, as two of their processes would otherwise fetch it at once
	scripts/setup --tests
	scripts/fuseki --fetch

integration: programs ## The tests with real servers: Fuseki, S3, HTTP
	$(PYTEST) tests/integration

bench: setup ## Ratios against zarr-python, rdflib and a bare bulk load
	$(BIN)/python -m bench

corpora: setup ## Write docs/reference/corpora.md anew: what becomes of every published store
	$(BIN)/python -m tests.support.corpora_table

fuseki: programs ## Fuseki with its UI on this machine, set up as the catalogue wants it
	scripts/fuseki

serve: setup ## The service over HTTP with sample data on http://localhost:8000/ (PORT=… picks another port)
	scripts/serve

pins: setup ## Write requirements/*.txt anew, with the newest versions that pyproject.toml allows
	scripts/pins

clean: ## Remove what was built; .venv and .local (the demo's catalogue, Fuseki) stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find catalog tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +
