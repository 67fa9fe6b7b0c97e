# make setup   an environment with everything locked by hash
# make check   format, lint, imports, types, fast tests: about a minute
# make test    everything
# make long    what takes long: fuzzing for ten minutes, a million payments, 200 MiB uploaded, the attacks' figures
# make mutants each defence switched off in turn, its test must fail
# make run     a demo in ./demo: an instance in which simulated customers order transfers
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export UV_PYTHON_DOWNLOADS := never
# The tests start hundreds of processes; where nothing is kept, each compiles our source anew.
unexport PYTHONDONTWRITEBYTECODE
STAMP := $(VENV)/.installed

.PHONY: help setup packages check test format lint types imports lock run mutants long clean

help:
	@sed -n 's/^# make/make/p' Makefile

setup: $(STAMP)

$(STAMP): requirements/dev.txt requirements/schemas.txt requirements/axe.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Countersign needs Python 3.11 or newer; found: $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@if command -v uv >/dev/null; then \
	  uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" "$(VENV)" && \
	  uv pip install --quiet --python "$(BIN)/python" --require-hashes --no-deps -r requirements/dev.txt && \
	  uv pip install --quiet --python "$(BIN)/python" --require-hashes --no-deps -r requirements/schemas.txt && \
	  uv pip install --quiet --python "$(BIN)/python" --require-hashes --no-deps -r requirements/axe.txt && \
	  uv pip install --quiet --python "$(BIN)/python" --no-deps --no-build-isolation -e . ; \
	else \
	  { $(PYTHON) -c 'import ensurepip' 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null; } \
	    || { echo "This Python cannot make environments, because Debian and Ubuntu part that from it: apt install python3-venv (or install uv)" >&2; exit 1; }; } && \
	  $(PYTHON) -m venv "$(VENV)" && \
	  "$(BIN)/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt && \
	  "$(BIN)/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/schemas.txt && \
	  "$(BIN)/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/axe.txt && \
	  "$(BIN)/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch "$(STAMP)"

format: setup
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests tools

lint: setup
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests tools

imports: setup
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

check: lint imports types
	$(BIN)/pytest -q -m fast -n 2

test: setup packages check
	$(BIN)/pytest -q -n 3 --dist loadfile --durations 15 -m "not fast"
	$(BIN)/python -m tests.mutants.run --sample 4 --jobs 2

# All fuzzed parsers share ten minutes.
long: setup
	COUNTERSIGN_FUZZ_SECONDS=600 $(BIN)/pytest -q --durations 15 tests/properties/test_hostile_files.py
	COUNTERSIGN_LONG_PAYMENTS=1000000 $(BIN)/pytest -q --durations 5 tests/entrypoints/test_long_file.py
	$(BIN)/countersign bench attacks --seed 1

mutants: setup
	$(BIN)/python -m tests.mutants.run --jobs 2

# Debian's own Postgres 15, for the tests of an external server, its Chromium, for those of the pages,
# its systemd, which reads a unit without being started, and curl, which the README uses. Only CI
# installs them unasked.
packages:
	@if [ -n "$$CI" ] && [ ! -d /usr/lib/postgresql/15/bin ] && [ "$$(id -u)" = 0 ] \
	  && command -v apt-get >/dev/null; then \
	  mkdir -p /etc/postgresql-common && \
	  echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf && \
	  apt-get -qq update && apt-get -qq install -y postgresql-15 >/dev/null \
	  || echo "postgresql-15 could not be installed; its tests will be skipped" >&2; \
	fi
	@if [ -n "$$CI" ] && [ ! -x /usr/bin/chromium ] && [ "$$(id -u)" = 0 ] \
	  && command -v apt-get >/dev/null; then \
	  apt-get -qq update && apt-get -qq install -y chromium fonts-noto-cjk >/dev/null \
	  || echo "chromium could not be installed; its tests will be skipped" >&2; \
	fi
	@if [ -n "$$CI" ] && [ ! -x /usr/bin/systemd-analyze ] && [ "$$(id -u)" = 0 ] \
	  && command -v apt-get >/dev/null; then \
	  apt-get -qq update && apt-get -qq install -y systemd >/dev/null \
	  || echo "systemd could not be installed; the test of its unit will be skipped" >&2; \
	fi

	@if [ -n "$$CI" ] && ! command -v curl >/dev/null && [ "$$(id -u)" = 0 ] \
	  && command -v apt-get >/dev/null; then \
	  apt-get -qq update && apt-get -qq install -y curl >/dev/null \
	  || echo "curl could not be installed; the README will not be followed" >&2; \
	fi

run: setup
	$(BIN)/countersign demo

lock:
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --all-extras --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile -q --generate-hashes --universal --python-version 3.11 --extra embedded pyproject.toml -o requirements/run.txt
	uv pip compile -q --generate-hashes --universal --no-deps --python-version 3.11 requirements/schemas.in -o requirements/schemas.txt
	uv pip compile -q --generate-hashes --universal --no-deps --python-version 3.11 requirements/axe.in -o requirements/axe.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
