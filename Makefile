# GatherHub. Bare `make` lists the targets; a target installs what it needs on its first use.
PYTHON ?= python3
PORT ?= 8000
EMULATOR_PORT ?= 4566
ENV ?= staging
export PORT EMULATOR_PORT

BIN := .venv/bin
UV := .tools/uv/bin/uv
SAM := .tools/sam/bin/sam
# A stamp in each environment that is newer than the requirement file it was made from.
TOOLS := .venv/.installed .tools/sam/.installed .tools/emulator/.installed
LOCK := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header

# uv reads neither pip's settings nor, by itself, the system's certificates.
export UV_SYSTEM_CERTS := 1
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DEFAULT_GOAL := help
.PHONY: help run sync logs reset test test-fast check format openapi build validate deploy bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(TOOLS) ## Run the whole stack at http://localhost:8000 (PORT=, EMULATOR_PORT=) until Ctrl-C
	@$(BIN)/python -m local run

sync: $(TOOLS) ## Bring changed code into the running stack
	@$(BIN)/python -m local sync

logs: $(TOOLS) ## Follow what the functions log
	@$(BIN)/python -m local logs

reset: $(TOOLS) ## Forget the local data
	@$(BIN)/python -m local reset

test: $(TOOLS) check ## Check everything, then run every test, those against the emulator included
	$(BIN)/pytest

test-fast: .venv/.installed .tools/sam/.installed ## Run the tests that need no emulator
	$(BIN)/pytest --ignore=tests/e2e

check: .venv/.installed ## Check format, lint, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=layers/common:. $(BIN)/lint-imports

format: .venv/.installed ## Format the code and fix what can be fixed by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: .venv/.installed ## Write docs/openapi.json from the routes
	AWS_DEFAULT_REGION=us-east-1 PYTHONPATH=layers/common:. $(BIN)/python -m tools.openapi

build: .tools/sam/.installed ## Build for AWS
	UV=$(CURDIR)/$(UV) $(SAM) build --config-env $(ENV)

validate: .tools/sam/.installed ## Validate the template
	$(SAM) validate --lint --config-env $(ENV)

deploy: build ## Deploy to AWS (ENV=staging or production)
	$(SAM) deploy --config-env $(ENV)

bench: $(TOOLS) ## Measure cold starts, pages of lists, posts, and the way of a message (minutes)
	PYTHONPATH=layers/common:clients/python:. $(BIN)/python -m tests.performance

lock: .tools/uv/.installed ## Pin what the requirement files ask for, after a change of one
	$(LOCK) layers/common/requirements.in -o layers/common/requirements.txt
	cd requirements && for name in uv sam emulator project; do \
	  ../$(LOCK) $$name.in -o $$name.txt || exit 1; done

clean: ## Remove everything that was installed or built; the local data stays
	rm -rf .venv .tools .aws-sam .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.tools/uv/.installed: requirements/uv.txt
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "GatherHub needs Python 3.11 or newer with pip; PYTHON=python3.x names one." >&2; exit 1; }
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip install -q --require-hashes -r $<
	@touch $@

.venv/.installed: requirements/project.txt
.tools/sam/.installed: requirements/sam.txt
.tools/emulator/.installed: requirements/emulator.txt
$(TOOLS): | .tools/uv/.installed
	@echo "Installing $(@D)." >&2
	@$(UV) venv -q --clear --python $(PYTHON) $(@D)
	@$(UV) pip install -q --require-hashes --python $(@D) -r $<
	@touch $@
