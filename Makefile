# Two commands: `make run` and `make test`. Both prepare everything they need in .venv.
# Settings come from MERIDIAN_… variables; see the README.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR)
# What Python has compiled is kept, also where the environment says otherwise: the tests start a hundred servers.
unexport PYTHONDONTWRITEBYTECODE
MERIDIAN := $(BIN)/python -m conference

.PHONY: run test lint format lock messages bench screenshots wheel clean

run: $(VENV)/run.stamp
	@$(MERIDIAN) demo
	@exec $(MERIDIAN) serve

test: $(VENV)/dev.stamp
	@sh .ci/browser.sh
	@sh .ci/libical.sh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/run.stamp
	$(MERIDIAN) bench

# Gather the interface texts into the catalogues of conference/locale.
messages: $(VENV)/dev.stamp
	$(BIN)/pybabel extract -F conference/locale/babel.cfg -k lazy -o conference/locale/messages.pot --no-location --sort-output --project=Meridian .
	@for po in conference/locale/*/LC_MESSAGES/messages.po; do \
	  [ -f "$$po" ] || continue; lang=$$(basename $$(dirname $$(dirname $$po))); \
	  $(BIN)/pybabel update -i conference/locale/messages.pot -d conference/locale -l $$lang -w 120 --no-fuzzy-matching --ignore-obsolete; done

# Pictures for the README, taken from the running demo.
screenshots: $(VENV)/dev.stamp
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

# Pin every dependency with hashes, for all platforms and Python 3.11 or later.
lock: $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.lock

# One file to install anywhere: dist/meridian_conference-….whl
wheel: $(VENV)/dev.stamp
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache dist build

$(VENV)/pip.stamp:
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/venv.sh
	@touch $@

# The lock files name everything, so pip need not look for more: older pips would take a newer pydantic for
# `pydantic[email]` than the one locked, and then refuse it for its unknown hash (--no-deps).
# The test set contains the running set, so either order of the two commands works in one .venv.
$(VENV)/run.stamp: requirements.lock $(VENV)/pip.stamp
	@echo "Installing what Meridian needs into $(VENV) …"
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/pip.stamp
	@echo "Installing what the tests need into $(VENV) …"
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/run.stamp
