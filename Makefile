# The targets of the register; `make help` lists them. Needs nothing but Python 3.11+ and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := $(if $(wildcard .uv/bin/uv),.uv/bin/uv,)
export UV_PROJECT_ENVIRONMENT := .venv

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

.uv/bin/uv:
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv uv

.PHONY: setup
setup: .uv/bin/uv ## Make the environment in .venv with the pinned, hashed packages.
	@.uv/bin/uv sync --frozen --quiet
