# Needs Python 3.11 or later, git and make; everything else is fetched into .venv. Run `make` to see what there is.

PYTHON ?= python3
VENV := .venv
LOWEST := .venv-lowest
EXTERNAL := .venv-external
BIN := $(VENV)/bin
WORKERS ?= auto
ACTIONS := action.yml .github/action/install/action.yml
WORKFLOWS := $(wildcard .github/workflows/*.yml llmops_cli/scaffold/dot-github/workflows/*.yml)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs format lock test-lowest test-external bench clean

help:  ## show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.stamp-dev  ## the development environment in .venv

demo: $(VENV)/.stamp-run  ## the whole story in a temporary repository (runtime dependencies only)
	@$(BIN)/llmops demo

test: $(VENV)/.stamp-dev  ## all tests
	$(BIN)/pytest -q -n $(WORKERS) --maxprocesses 8 $(ARGS)

check: $(VENV)/.stamp-dev  ## format, lint, types, layers, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/python .github/action/scaffold.py --check
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-actions $(ACTIONS)
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(BIN)/zizmor -q --offline --persona pedantic $(ACTIONS) $(WORKFLOWS)

docs: $(VENV)/.stamp-dev  ## write the commands and the JSON schemas of docs/reference from the code, the scaffold's workflows from ours
	$(BIN)/python docs/generate.py
	$(BIN)/python .github/action/scaffold.py

# Nothing of where the packages were found stands in the files; their hashes say what they are.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
  --python-version 3.11 --custom-compile-command 'make lock'

lock: $(VENV)/.stamp-dev  ## renew the locked dependencies that the GitHub Action installs
	$(LOCK) --upgrade --extra redis pyproject.toml -o .github/action/requirements.txt
	$(LOCK) --upgrade .github/action/tools.in -o .github/action/tools.txt

format: $(VENV)/.stamp-dev  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-lowest: $(LOWEST)/.stamp  ## all tests with the oldest releases that pyproject.toml allows
	$(LOWEST)/bin/pytest -q -n $(WORKERS) --maxprocesses 8 $(ARGS)

test-external: $(VENV)/.stamp-dev $(EXTERNAL)/.stamp  ## metrics of ragas, deepeval and autoevals, and gto beside us, each installed on its own
	LLMOPS_TEST_RAGAS=$(CURDIR)/$(EXTERNAL)/ragas/bin/python \
	LLMOPS_TEST_DEEPEVAL=$(CURDIR)/$(EXTERNAL)/deepeval/bin/python \
	LLMOPS_TEST_AUTOEVALS=$(CURDIR)/$(EXTERNAL)/autoevals/bin/python \
	LLMOPS_TEST_GTO=$(CURDIR)/$(EXTERNAL)/gto/bin/gto \
	  $(BIN)/pytest -q tests/checks/external tests/prompts/test_gto_itself.py $(ARGS)

bench: $(VENV)/.stamp-dev  ## run every measurement in benchmarks/
	@for file in benchmarks/[a-z]*.py; do \
	  name=$$(basename $$file .py); echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; \
	done

clean:  ## remove all environments and caches
	rm -rf $(VENV) $(LOWEST) $(EXTERNAL) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis build dist

# A stamp is newer than pyproject.toml once an environment fits it; so a second run costs nothing.

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; say: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q uv

$(VENV)/.stamp-run: pyproject.toml | $(VENV)/bin/uv
	$(BIN)/uv pip install -q --python $(BIN)/python -e .
	@touch $@

$(VENV)/.stamp-dev: pyproject.toml | $(VENV)/bin/uv
	$(BIN)/uv pip install -q --python $(BIN)/python -e . --group dev
	@touch $(VENV)/.stamp-run $@

$(LOWEST)/.stamp: pyproject.toml | $(VENV)/bin/uv
	$(BIN)/uv venv -q --clear --python $(BIN)/python $(LOWEST)
	$(BIN)/uv pip install -q --python $(LOWEST)/bin/python --resolution lowest-direct -e . --group test
	@touch $@

$(EXTERNAL)/.stamp: Makefile | $(VENV)/bin/uv
	for name in ragas deepeval autoevals gto; do $(BIN)/uv venv -q --clear --python $(BIN)/python $(EXTERNAL)/$$name || exit 1; done
	$(BIN)/uv pip install -q --python $(EXTERNAL)/ragas/bin/python ragas==0.4.3 'langchain-community<0.4'
	$(BIN)/uv pip install -q --python $(EXTERNAL)/deepeval/bin/python deepeval==4.3.1
	$(BIN)/uv pip install -q --python $(EXTERNAL)/autoevals/bin/python autoevals==0.4.1 openai
	$(BIN)/uv pip install -q --python $(EXTERNAL)/gto/bin/python gto==1.10.1
	@touch $@
