# What people type. Every target sets up what it needs on a bare machine with Python 3.11 or newer.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(if $(shell $(p) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(p))))
BIN := .venv/bin

.PHONY: help demo serve test prove lint types bench bench-steady bench-provisioning schema release migration lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

demo: .venv/.installed ## Start a demo with two merchants on http://127.0.0.1:8000/graphql
	@exec $(BIN)/regulars demo

serve: .venv/.installed ## Serve on the configured database
	@exec $(BIN)/regulars serve

test: .venv/.developing ## Run the whole test suite
	$(BIN)/pytest $(ARGS)

prove: .venv/.developing ## Hold 10,000 random rules to the oracle, read a million strings; writes docs/proof.md
	$(BIN)/pytest tests/property/prove_rules.py $(ARGS)
	REGULARS_TEXTS=1000000 $(BIN)/pytest tests/property/test_text.py -k test_no_string_ends_in_anything_but_a_rule_or_a_refusal_with_places_in_it $(ARGS)

lint: .venv/.developing ## Check style and the directions of imports
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.developing ## Check types
	$(BIN)/mypy

bench: .venv/.developing ## Measure GraphQL requests against hand-written and usual services
	$(BIN)/python -m tests.bench.graph $(ARGS)

bench-segments: .venv/.developing ## Measure rules of a million customers against the best SQL by hand
	$(BIN)/python -m tests.bench.segments $(ARGS)

bench-steady: .venv/.developing ## Watch a server's memory over many requests, and what a flood of documents does
	$(BIN)/python -m tests.bench.steady $(ARGS)

bench-provisioning: .venv/.developing ## Measure provisioning and migration of many tenants
	$(BIN)/python -m tests.bench.provisioning

schema: .venv/.installed ## Write schema.graphql
	$(BIN)/regulars schema --write schema.graphql

release: .venv/.installed ## Keep the present schema as the released one (docs/compatibility.md)
	$(BIN)/regulars schema --write docs/schema/released.graphql

migration: .venv/.developing ## Draft a tenant migration from the models: make migration NAME="why"
	$(BIN)/python -m migrations.draft "$(NAME)"

lock: .venv/.developing ## Renew requirements*.txt (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build pyproject.toml -o requirements.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra dev pyproject.toml -o requirements-dev.txt

clean: ## Remove the virtual environment and caches; var/ (the demo's data) stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Regulars needs Python 3.11 or newer: install it, or say which: make demo PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "This Python has no venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# Hashes and -e cannot share one pip command; the build backend is locked too, so nothing unhashed is fetched.
.venv/.installed: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing Regulars into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.developing: requirements-dev.txt .venv/.installed
	@echo "Installing the development tools into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
