# Reachly: `make run` and `make test` do all the set-up themselves; `make help` lists the rest.
PYTHON ?= python3
ARGS ?=
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run demo test check format client bench e2e chaos mutants setup setup-dev clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## start everything and open the address it prints (ARGS: see `reachly up --help`)
	@exec .venv/bin/reachly up $(ARGS)

demo: setup ## a fortnight of a real campaign in a minute, then the audit (ARGS=--json for machines)
	@exec .venv/bin/reachly demo $(ARGS)

test: setup-dev ## all tests: backend, front end, browser (ARGS go to pytest)
	@exec .venv/bin/python scripts/test.py $(ARGS)

check: setup-dev ## lint, types, import contracts, client drift, the front end's lint, types and build
	@exec .venv/bin/python scripts/check.py $(ARGS)

format: setup-dev ## format everything
	@.venv/bin/ruff check --quiet --fix-only backend scripts benchmarks
	@.venv/bin/ruff format --quiet backend scripts benchmarks
	@cd frontend && npm run --silent format -- --log-level warn

client: setup-dev ## write the API document and the typed client of the front end anew
	@.venv/bin/python scripts/client.py write

bench: setup-dev ## the sending engine beside its peers, in one run (ARGS=--quick is shorter)
	@exec .venv/bin/python benchmarks/run.py $(ARGS)

e2e: setup-dev ## the browser's story alone
	@exec .venv/bin/python scripts/test.py --only e2e

chaos: setup-dev ## fifty random kills among campaigns of 2,000, and every other blow (a short form is in make test)
	@cd backend && CHAOS_SIZE=gate CHAOS_KILLS=$${CHAOS_KILLS:-50} CHAOS_PEOPLE=$${CHAOS_PEOPLE:-2000} exec ../.venv/bin/pytest tests/chaos -s $(ARGS)

mutants: setup-dev ## small faults put into the pure modules, and whether their unit tests notice (ARGS=--seed, --module, --sample)
	@exec .venv/bin/python scripts/mutants.py $(ARGS)

clean: ## remove what was installed and built (not the data in var/)
	@rm -rf .venv .state frontend/node_modules frontend/out frontend/.next

setup setup-dev:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "$(PYTHON) is missing: install Python 3.11 or newer, or name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version 2>&1) is too old: Reachly needs 3.11 or newer. Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) scripts/setup.py $(if $(filter setup-dev,$@),dev,run)
