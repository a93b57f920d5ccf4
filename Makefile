# Every command of the project. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test test-slow browser fuzz check check-light train evaluate bench drill screenshots wheelhouse constraints clean

# The first that really runs and is new enough; a launcher without its Python does not count.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p -c "import sys; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
PIP_FLAGS := --quiet --disable-pip-version-check -c constraints.txt
SAY = @echo "==>"
export NLP_PORT ?= 8000

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.light ## install the light set, score the samples, start the service on NLP_PORT (8000)
	$(SAY) "scoring the sample submissions"
	@mkdir -p var
	@$(BIN)/nlp-service score data/samples/samples.jsonl -o var/samples.scored.jsonl
	$(SAY) "starting the service (stop it with Ctrl-C)"
	@$(BIN)/nlp-service serve

# Each process has its own database server and models; a file's tests stay together in one of them.
TEST_PROCESSES ?= 2
test: $(VENV)/.dev browser ## install what the tests need and run the quick ones, in TEST_PROCESSES (2) processes
	$(SAY) "running the tests"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

test-slow: $(VENV)/.dev browser ## run the slow tests too
	@$(BIN)/python -m pytest -m "slow or not slow"

browser: ## install Chromium for the tests of pages, where this may be done
	@for name in chromium chromium-browser google-chrome; do \
	  command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "==> installing Chromium for the tests of pages"; \
	  mkdir -p var && { apt-get install -y chromium || { apt-get update && apt-get install -y chromium; }; } > var/chromium.log 2>&1 \
	    || echo "Chromium could not be installed (see var/chromium.log); the tests of pages are left out." >&2; \
	else \
	  echo "There is no Chromium, and only root may install it; the tests of pages are left out (Debian: apt install chromium)." >&2; \
	fi

FUZZ_EXAMPLES ?= 40
fuzz: $(VENV)/.dev ## ask the service what its document allows and what not, at length: FUZZ_EXAMPLES (40), FUZZ_SEED (always another)
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) FUZZ_SEED=$${FUZZ_SEED:-$$RANDOM} $(BIN)/python -m pytest tests/api/test_fuzzing.py

check: $(VENV)/.dev ## lint, format, types, import directions
	$(SAY) "ruff, mypy, import-linter"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check-light: ## prove that the light install alone serves: a virtual environment of its own
	$(SAY) "installing the light set alone in .venv-light"
	@rm -rf .venv-light
	@$(MAKE) --no-print-directory VENV=.venv-light .venv-light/.light
	@.venv-light/bin/python tests/light_install.py

train: $(VENV)/.train ## fit the default bundle, within an hour (needs the corpora named in configs/encoder-cpu.toml)
	@$(BIN)/python -m training fit configs/encoder-cpu.toml

evaluate: $(VENV)/.fit ## measure the default bundle on the test split of our own submissions
	@$(BIN)/python -m training evaluate models/default --data data/gold/gold.jsonl --split test --labels data/gold/second_reader.jsonl

bench: $(VENV)/.bench ## speed beside jieba + TF-IDF + LinearSVC; what encoder, quality and masking cost; copies found, beside rensa and datasketch; an archive of 100,000; groups; a batch of 10,000 by HTTP; lists, counts and the inbox over 10,000
	@$(BIN)/python -m benchmarks.speed
	@$(BIN)/python -m benchmarks.cascade
	@$(BIN)/python -m benchmarks.quality
	@$(BIN)/python -m benchmarks.masking
	@$(BIN)/python -m benchmarks.duplicates
	@$(BIN)/python -m benchmarks.memory
	@$(BIN)/python -m benchmarks.groups
	@$(BIN)/python -m benchmarks.batches
	@$(BIN)/python -m benchmarks.queue

DRILL_KILLS ?= 100
DRILL_ROWS ?= 10000
drill: $(VENV)/.dev ## kill server, workers and database DRILL_KILLS (100) times during batches; nothing may be lost
	@$(BIN)/python -m tests.drills.kills --kills $(DRILL_KILLS) --rows $(DRILL_ROWS)

screenshots: $(VENV)/.dev ## make the pictures of the documents anew, from the samples (needs Chromium)
	@$(BIN)/python docs/screenshots.py

wheelhouse: $(VENV)/.light ## collect the wheels for a machine without internet, in wheelhouse/
	$(SAY) "collecting wheels in wheelhouse/"
	@$(PIP) wheel $(PIP_FLAGS) -w wheelhouse setuptools wheel .
	@echo "Copy this folder with wheelhouse/ to the other machine and type: PIP_NO_INDEX=1 PIP_FIND_LINKS=wheelhouse make run"

constraints: ## write constraints.txt anew from the newest releases (then run everything)
	@rm -rf .venv-pins && $(PYTHON) -m venv .venv-pins
	@.venv-pins/bin/pip install --quiet '.[dev,bench]'
	@.venv-pins/bin/pip freeze --exclude nlp-service > constraints.txt
	@rm -rf .venv-pins

clean: ## remove virtual environments, caches and var/, but not the database in var/pg
	@rm -rf .venv .venv-light .venv-pins build *.egg-info wheelhouse .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@[ ! -d var ] || find var -mindepth 1 -maxdepth 1 ! -name 'pg' ! -name 'pg.*' -exec rm -rf {} +
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp a set: made again only when what it depends on changes, so a second start takes seconds.
$(VENV)/.python:
	$(SAY) "making the virtual environment in $(VENV)"
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  echo "Python 3.11 or newer is needed and was not found; install it (for example: apt install python3.11 python3.11-venv) and try again." >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	  echo "The virtual environment could not be made; install Python's venv module (for example: apt install python3-venv) and try again." >&2; exit 1; }
	@touch $@

define install
	$(SAY) "installing $(2)"
	@$(PIP) install $(PIP_FLAGS) -e '.$(1)' > $(VENV)/install.log 2>&1 || { \
	  echo "The packages could not be installed (a broken download?): see $(VENV)/install.log, check the connection or PIP_FIND_LINKS, and try again." >&2; exit 1; }
	@touch $@
endef

$(VENV)/.light: $(VENV)/.python pyproject.toml constraints.txt
	$(call install,,the light set (no torch and no scikit-learn))

$(VENV)/.fit: $(VENV)/.python pyproject.toml constraints.txt
	$(call install,[fit],what training needs)

$(VENV)/.bench: $(VENV)/.python pyproject.toml constraints.txt
	$(call install,[bench],what benchmarks measure against)

$(VENV)/.train: $(VENV)/.python pyproject.toml constraints.txt
	$(call install,[train],what training encoders needs (torch))

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	$(call install,[dev],what the tests need)
