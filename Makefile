# Fairshare: `make help` lists everything. Nothing needs to be installed first but Python 3.11 or newer, and make.

PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$each; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The locks are complete, so pip has nothing to resolve.
INSTALL := $(PIP) install --no-deps --require-hashes
# pytest: one worker per core, eight at most; `make test WORKERS=0` runs in one process.
WORKERS ?= auto
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-thorough check check-lint check-format check-types check-layers check-docs \
	format docs mutate bench size lock clean
.DELETE_ON_ERROR:

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Stamp files: each set-up step runs once, and again only when the file it depends on has changed.

$(VENV)/.stamp-venv:
	@test -n "$(PYTHON)" || { echo "Fairshare needs Python 3.11 or newer; install it, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu, install the package python3-venv."; exit 1; }
	@touch $@

$(VENV)/.stamp-demo: $(VENV)/.stamp-venv requirements/core.lock requirements/demo.lock requirements/build.lock pyproject.toml
	@echo "Installing what the demo needs into $(VENV)"
	@$(INSTALL) -r requirements/core.lock
	@$(INSTALL) -r requirements/demo.lock
	@$(INSTALL) -r requirements/build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-demo requirements/dev.lock
	@echo "Installing what the tests and checks need into $(VENV) (2 GB: engines, privacy, charts, readers of scans)"
	@$(INSTALL) -r requirements/dev.lock
	@touch $@

mutate: $(VENV)/.stamp-dev ## Make every small mistake in the rules, one at a time, and see what notices it (about ten minutes)
	@$(BIN)/fairshare rules mutate --at-least 95

$(VENV)/.stamp-bench: $(VENV)/.stamp-dev requirements/bench.lock
	@$(INSTALL) -r requirements/bench.lock
	@touch $@

demo: $(VENV)/.stamp-demo ## Run both stories, from a request to a verified receipt, into demo-output/
	@rm -rf demo-output
	@$(BIN)/fairshare demo --out demo-output

# Worker environments stand apart (docs/decisions/0013); the tests find them here.
.workers/.stamp: export FAIRSHARE_WORKERS = $(CURDIR)/.workers
.workers/.stamp: $(VENV)/.stamp-dev $(wildcard src/fairshare/release/workers/*.lock)
	@$(BIN)/fairshare worker install synthetic attacks
	@touch $@

test: export FAIRSHARE_WORKERS = $(CURDIR)/.workers
test: $(VENV)/.stamp-dev .workers/.stamp ## Run the tests and the examples in docstrings
	@sh tools/install_postgresql.sh
	@sh tools/install_mariadb.sh
	@sh tools/install_java.sh
	@sh tools/install_libreoffice.sh
	@$(BIN)/python -m pytest -q -n $(WORKERS) --maxprocesses=8 --dist loadgroup $(PYTEST_ARGS)

test-thorough: export HYPOTHESIS_PROFILE = thorough
test-thorough: test ## Run the tests with many more, and random, examples per property

check: check-lint check-format check-types check-layers check-docs ## All of the checks; `make -k check` goes on after a failure

check-lint: $(VENV)/.stamp-dev ## Lint
	@$(BIN)/ruff check

check-format: $(VENV)/.stamp-dev ## Is the code formatted?
	@$(BIN)/ruff format --check

check-types: $(VENV)/.stamp-dev ## Strict types
	@$(BIN)/mypy

check-layers: $(VENV)/.stamp-dev ## Does each room import only from those below it?
	@$(BIN)/lint-imports

check-docs: $(VENV)/.stamp-dev ## Are the generated pages and pictures up to date?
	@$(BIN)/python -m tools.reference --check
	@$(BIN)/python -m tools.chain_picture --check
	@$(BIN)/python -m tools.tools_page --check
	@$(BIN)/python -m tools.decides_pages --check
	@$(BIN)/python -m tools.lawyer_page --check
	@$(BIN)/python -m tools.vocabulary_files --check
	@$(BIN)/python -m fairshare.learn.pages docs/reference --check

format: $(VENV)/.stamp-dev ## Format the code and mend what the linter can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: $(VENV)/.stamp-dev ## Write docs/reference and docs/pictures again from the code
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m tools.chain_picture
	@$(BIN)/python -m tools.tools_page
	@$(BIN)/python -m tools.second_page
	@$(BIN)/python -m tools.decides_pages
	@$(BIN)/python -m tools.lawyer_page
	@$(BIN)/python -m tools.vocabulary_files
	@$(BIN)/python -m fairshare.ledger.schemas docs/reference/schemas
	@$(BIN)/python -m fairshare.learn.pages docs/reference

bench: $(VENV)/.stamp-bench ## Measure speed, side by side with other programs, and print tables
	@set -e; for each in bench/[a-z]*.py; do echo; echo "== $$each"; $(BIN)/python $$each; done

size: $(VENV)/.stamp-venv ## Install the core into a throwaway environment; fail if it passes 200 MB on disk
	@$(BIN)/python tools/measure_size.py --limit-mb 200

UV := build/lock/bin/uv pip compile --quiet --universal --override requirements/overrides.txt --python-version 3.11 --generate-hashes --no-annotate --no-header

lock: ## Choose newer versions of the dependencies and write requirements/*.lock again
	@test -n "$(PYTHON)" && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --quiet install uv
	$(UV) --upgrade pyproject.toml requirements/build.in --extra test --extra dev --extra bench -o requirements/bench.lock
	$(UV) -c requirements/bench.lock pyproject.toml requirements/build.in --extra test --extra dev -o requirements/dev.lock
	$(UV) -c requirements/bench.lock pyproject.toml -o requirements/core.lock
	$(UV) -c requirements/bench.lock requirements/build.in -o requirements/build.lock
	$(UV) --no-deps requirements/demo.in -o requirements/demo.lock
	for each in synthetic attacks; do \
		$(subst --override requirements/overrides.txt,,$(UV)) --upgrade requirements/worker-$$each.in -o src/fairshare/release/workers/$$each.lock || exit 1; done

clean: ## Remove everything that make, the tests and the tools have written
	@rm -rf $(VENV) .workers build dist demo-output bench-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
