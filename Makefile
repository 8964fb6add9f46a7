# Two commands carry a learner: `make lab` and `make test`. The rest is for contributors.
VENV ?= .venv
ARGS ?=

# The first Python on the path that will do. `make lab PYTHON=/path/to/python` names another.
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUITABLE)' 2>/dev/null && echo $$python && break; done)

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LAB := $(VENV)/.lab-installed
TEST := $(VENV)/.test-installed

fail = { echo "make: $(1)" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help lab test check bench fidelity build clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ARGS='…' goes to the command behind lab, test and bench; PYTHON=… chooses the Python of a new $(VENV)."

lab: $(LAB) ## open JupyterLab on the lessons, on this machine alone
	@$(BIN)/workbench lab $(ARGS)

test: $(TEST) ## run the unit, property, lesson and browser tests
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --nbval-lax --nbval-current-env $(ARGS)

check: $(TEST) ## run the linter, the formatter, the type checker and the import law
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(TEST) ## print the ratio tables
	$(BIN)/python tests/bench/run.py $(ARGS)

fidelity: $(TEST) ## rewrite the page on what of MXNet 1.x is here
	$(BIN)/python lessons/reference/fidelity.py

build: ## rebuild the widgets' JavaScript (needs node)
	cd widgets && npm ci && npm run build

clean: ## remove the environment, the caches and what was built here
	rm -rf $(VENV) dist widgets/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || $(call fail,No Python from 3.11 to 3.13 is on the path: install one or name it with PYTHON=…)
	@$(PYTHON) -c '$(SUITABLE)' 2>/dev/null || $(call fail,A Python from 3.11 to 3.13 is needed; $(PYTHON) \
		says: $$($(PYTHON) -V 2>&1). Name another with PYTHON=…)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call fail,$(PYTHON) has no venv: on Debian and Ubuntu \
		it comes with apt install python3-venv)
	$(PYTHON) -m venv $(VENV)

# The stamps make the second start quick: pip runs again only when what to install has changed.
$(LAB): pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV); the first time takes a minute or two."
	$(PIP) install --editable '.[lab,data,pretrained,engines]'
	@touch $@

$(TEST): pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV); the first time takes a minute or two."
	$(PIP) install --editable '.[test]'
	@touch $@ $(LAB)
