# Every command of the project; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test test-long check audit bench lock format screenshots clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## install what is missing, then serve the site and its worker
	@exec $(BIN)/connect run

setup: $(STAMPS)/assets ## install system packages, locked Python and npm packages; build the assets

setup-dev: setup $(STAMPS)/dev ## the same, and what tests and checks need

test: setup-dev ## every test that is not marked long, on SQLite and PostgreSQL
	@$(BIN)/python -m pytest

test-long: setup-dev ## the marked ones: full-length chaos and soak
	@$(BIN)/python -m pytest -m long

check: setup-dev audit ## formatter, linter, types, templates, audit
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/djlint --check --lint src/connect
	@$(BIN)/connect check-courses

audit: setup-dev ## look for known vulnerabilities in the locked packages
	@$(BIN)/python scripts/audit.py

bench: setup-dev ## measure; prints a table and writes bench/results.json
	@scripts/system-packages bench
	@$(BIN)/python bench/run.py

format: setup-dev ## format the code and mend what the linter can
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q . ; $(BIN)/djlint --reformat --quiet src/connect || true

lock: setup-dev ## renew the lock files from pyproject.toml and package.json
	$(BIN)/uv pip compile -q -U --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
	  --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q -U --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
	  --group build --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## remove what was installed and built; the data in var/ stays
	rm -rf $(VENV) node_modules src/connect/web/static

$(STAMPS)/system: scripts/system-packages
	@PYTHON=$(PYTHON) scripts/system-packages run
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: $(STAMPS)/system requirements.lock pyproject.toml
	@echo "Installing Python packages (once) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/assets: $(STAMPS)/python package-lock.json $(shell find src/connect/web/assets -type f 2>/dev/null)
	@test -d node_modules -a node_modules -nt package-lock.json || { echo "Installing npm packages (once) ..."; \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; touch node_modules; }
	@echo "Building the assets ..."
	@node src/connect/web/assets/build.mjs
	@touch $@

$(STAMPS)/dev: $(STAMPS)/python requirements-dev.lock
	@scripts/system-packages test
	@echo "Installing packages for tests and checks (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
