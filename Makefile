# The targets of the register; `make help` lists them. Needs nothing but Python 3.11+ and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= $(or $(REGISTER_PORT),8000)
CUSTOMERS ?= 2000
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
RUN := .venv/bin/python
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
# Where the machine has a list of authorities, it counts: a company's proxy may be among them.
export UV_SYSTEM_CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),true,false)

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: setup ## Run the whole register: PORT=8000 CUSTOMERS=2000. Ctrl-C stops it.
	@REGISTER_PORT=$(PORT) exec $(RUN) -m embedded run --customers $(CUSTOMERS)

.PHONY: test
test: setup ## Run all tests: BROWSER=no leaves out those that need a browser.
	@$(RUN) -m pytest -n $(JOBS) --dist worksteal $(TESTS)

.PHONY: check
check: setup ## Check style, types, layers, migrations, translations and the data map.
	@$(RUN) -m tests.harness.checks

.PHONY: bench
bench: setup ## Measure what docs/performance.md promises: ONLY=purge for a part.
	@$(RUN) -m bench $(ONLY)

.PHONY: setup
setup: .uv/bin/uv ## Make the environment in .venv with the pinned, hashed packages.
	@.uv/bin/uv sync --frozen --quiet --python $(PYTHON) || { echo "The packages could not be installed; see above." >&2; exit 1; }
	@$(RUN) -m register.languages compile

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed as $(PYTHON): install it, or name it with make setup PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { \
		echo "$(PYTHON) has no pip: install it (Debian: apt-get install python3-pip)." >&2; exit 1; }
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target .uv 'uv>=0.8,<1' || { \
		echo "uv could not be installed: is the package index reachable?" >&2; rm -rf .uv; exit 1; }

.PHONY: clean
clean: ## Stop the embedded servers and remove the environment and all data of make run.
	@[ ! -x $(RUN) ] || $(RUN) -m embedded clean
	@rm -rf .venv .uv .local staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A target that does not exist.
%:
	@echo "There is no target '$@': make help lists them." >&2; exit 2
Makefile: ;
