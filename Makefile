# Everything a person does here. A fresh machine needs Python 3.11 to 3.13 and make; no root.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export KONOMI_STATE__DIR ?= .konomi

.PHONY: demo test check bench schema released soak image clean
.DEFAULT_GOAL := demo

demo: .venv/.demo  ## build the demo shop once, and serve it on http://127.0.0.1:8000
	@$(BIN)/konomi demo

test: .venv/.dev  ## every test, against real PostgreSQL, Valkey, Feast and FAISS
	@$(BIN)/python -m pytest -m "not soak" --numprocesses=auto --maxprocesses=4 --dist=loadfile

check: .venv/.dev  ## lint, types, import law, dependencies, schema snapshot and evolution, chart
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/python tests/dependencies/audit.py
	@$(BIN)/konomi schema | diff - service/graphql/schema.graphql
	@$(BIN)/python -m service.graphql.evolution
	@$$($(BIN)/python tests/helm/helm_binary.py) lint --strict helm
	@echo "all checks passed; the chart and the image are held to their rules by make test"

bench: .venv/.dev  ## this service and the naive peer, in one run
	@$(BIN)/konomi bench

schema: .venv/.dev  ## write the SDL snapshot anew
	@$(BIN)/konomi schema > service/graphql/schema.graphql

released: schema  ## on a release: the schema is what clients have from now on
	@cp service/graphql/schema.graphql service/graphql/released.graphql
	@sed -i '/^#/!d' service/graphql/breaking_changes.txt

soak: .venv/.dev  ## the long forms of what the tests do in short
	@$(BIN)/python -m pytest -m "demo or soak" --runxfail

image:  ## the container image, with whatever builds images here
	@$$(command -v docker || command -v podman || command -v buildah) build --tag konomi .

clean:  ## remove the environment, the demo's state, and what the clients' tests and the examples install and build
	rm -rf .venv tests/clients/node_modules $(KONOMI_STATE__DIR)
	rm -rf $(addprefix examples/*/,node_modules package-lock.json dist src/generated.ts persisted-documents.json outbox.json)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "konomi needs Python 3.11 to 3.13; call make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing konomi into .venv (a few minutes the first time)"
	@$(PIP) --constraint constraints.txt --editable '.[demo]'
	@touch $@

.venv/.dev: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing konomi and its test tools into .venv (a few minutes the first time)"
	@$(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@ .venv/.demo
