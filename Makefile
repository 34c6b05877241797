# The tasks of a checkout. Everything happens in VENV, which the first task sets up; `make help` lists them.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 4

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help install demo test lint format lock audit clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## set up the virtual environment: the locked versions, and this checkout in editable form

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "synthmix needs Python 3.11 or newer, and $(PYTHON) is not one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --no-compile --requirement requirements.lock # most of it is never imported
	$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	$(BIN)/pip check
	@touch $@

demo: $(INSTALLED) ## does synthetic data help on digits? a first answer in a few minutes
	$(BIN)/synthmix run experiment=digits_demo

# The tests of a file share costly fixtures, so that a file goes to one worker; the long files come first.
test: $(INSTALLED) ## run the tests, JOBS files at a time
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(INSTALLED) ## check style, format, types and which part imports which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

format: $(INSTALLED) ## mend style and format where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Without the local part of a version (+cpu) and without torch's CUDA libraries, so that pip chooses torch's build.
lock: ## renew requirements.lock: the newest versions that pyproject.toml admits
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install -qq --editable '.[dev,speed]'
	build/lock/bin/pip freeze --all --exclude pip --exclude-editable > build/frozen
	echo "# Made by make lock with $$(build/lock/bin/python --version): what pyproject.toml and its extras need." > build/lock.new
	sed -E 's/\+[a-z0-9.]+$$//; /^(cuda-|nvidia-|triton=)/d' build/frozen >> build/lock.new
	mv build/lock.new requirements.lock

audit: ## look the locked versions up for known vulnerabilities, where the database answers
	@$(PYTHON) .ci/audit.py requirements.lock build/audit

clean: ## remove builds and caches; the virtual environment and your results stay
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests experiments -name __pycache__ -prune -exec rm -rf {} +
