# make up: run everything here.  make test: prove it.  make check: style, types, import rules.
# make browser: what browsers load.
# make bench: the figures of the README.  make docs: what is printed from code.  make pictures: the README's.
# make clean: forget what was installed.

VENV := .venv
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
NODE := $(VENV)/.installed-node
PARTS := tracker/node_modules/.installed
BROWSER := src/shopwarden/browser/.built
NPM := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm --prefix tracker --loglevel=error
WORKERS ?= auto
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := up
.DELETE_ON_ERROR:
.PHONY: up test check browser bench docs pictures lock clean

up: $(RUN) $(BROWSER)
	@exec $(VENV)/bin/shopwarden up

test: $(DEV) $(BROWSER)
	$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(DEV) $(PARTS)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }
	$(NPM) run --silent check

browser: $(BROWSER)

bench: $(DEV) $(BROWSER)
	$(VENV)/bin/python -m bench

docs: $(DEV)
	$(VENV)/bin/python -m tests.house.printed

# Needs a Chromium.
pictures: $(DEV) $(BROWSER)
	docs/pictures/take

# Versions and hashes of everything; no address of any package index is written into them.
lock: $(VENV)/bin/uv
	$(VENV)/bin/uv pip compile pyproject.toml $(COMPILE) --output-file requirements.lock
	$(VENV)/bin/uv pip compile pyproject.toml $(COMPILE) --group dev --output-file requirements-dev.lock
	$(VENV)/bin/uv pip compile $(COMPILE) --group browser --output-file requirements-browser.lock
COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

clean:
	rm -rf $(VENV) tracker/node_modules src/shopwarden/browser/*.js src/shopwarden/browser/*.gz $(BROWSER) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist

# The first new enough Python that can make an environment, else whatever an installed uv finds or fetches.
$(VENV)/bin/uv:
	@for python in python3 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue; \
	  echo "Making $(VENV) with $$($$python --version)"; \
	  $$python -m venv $(VENV) && $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv && exit 0; \
	done; \
	if command -v uv >/dev/null; then uv venv --quiet --seed --python '>=3.11,<3.14' $(VENV) && uv pip install --quiet --python $(VENV) uv && exit 0; fi; \
	echo "shopwarden needs Python 3.11, 3.12 or 3.13 with its venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1

$(RUN): requirements.lock pyproject.toml | $(VENV)/bin/uv
	$(VENV)/bin/uv pip install --quiet --python $(VENV) --require-hashes --requirements requirements.lock
	$(VENV)/bin/uv pip install --quiet --python $(VENV) --no-deps --editable .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(VENV)/bin/uv
	$(VENV)/bin/uv pip install --quiet --python $(VENV) --require-hashes --requirements requirements-dev.lock
	$(VENV)/bin/uv pip install --quiet --python $(VENV) --no-deps --editable .
	@touch $@ $(RUN)

$(NODE): requirements-browser.lock | $(VENV)/bin/uv
	$(VENV)/bin/uv pip install --quiet --python $(VENV) --require-hashes --requirements requirements-browser.lock
	@touch $@

$(PARTS): tracker/package-lock.json tracker/package.json | $(NODE)
	$(NPM) ci
	@touch $@

$(BROWSER): $(PARTS) $(shell find tracker -type f -not -path '*/node_modules/*' -not -path '*/test/*')
	$(NPM) run --silent build
	@touch $@
