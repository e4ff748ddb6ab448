# Everything a newcomer needs: `make demo` and `make test`, with Python 3.11+ and make.
PYTHON ?= python3
BIN = .venv/bin
STAMP = .venv/.installed
.DEFAULT_GOAL := help

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(STAMP) ## Start everything on the sandbox and print a sign-in link
	@$(BIN)/nachfass demo

test: $(STAMP) ## Check the code, then run the whole suite
	@$(MAKE) --no-print-directory check
	@echo "== Tests"
	@$(BIN)/pytest -n 3

check: $(STAMP) ## Lint, types, floors, catalogues
	@echo "== Lint"
	@$(BIN)/ruff check app tests
	@echo "== Types"
	@$(BIN)/mypy
	@echo "== Floors"
	@$(BIN)/lint-imports
	@echo "== Catalogues"
	@$(BIN)/python -m tests.catalogues --check

bench: $(STAMP) ## The benchmarks; prints ratios
	@$(BIN)/pytest tests/bench -s --bench

catalogues: $(STAMP) ## Take new sentences of the code into the catalogues
	@$(BIN)/python -m tests.catalogues

migration: $(STAMP) ## Make a migration from the tables: make migration DESC="what changed"
	@PICCOLO_CONF=piccolo_conf NACHFASS_BASE_URL=http://localhost NACHFASS_SECRET_KEYS=nothing-is-sealed-while-a-migration-is-made $(BIN)/piccolo migrations new nachfass --auto --desc="$(DESC)"

lock: $(STAMP) ## Pin the newest versions that fit
	@$(BIN)/python -m tests.locking

$(STAMP): pyproject.toml uv.lock
	@echo "== Setting up .venv (once, a minute or so)"
	@$(PYTHON) -c 'import sys; sys.exit("Nachfass needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=python3.12, for example.") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "   installing uv"
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@echo "   installing what uv.lock pins"
	@$(BIN)/uv export -q --frozen --all-groups --no-emit-project --no-header -o .venv/pinned.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r .venv/pinned.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

clean: ## Remove what was set up and what the demo kept
	rm -rf .venv var

.PHONY: help demo test check bench catalogues migration lock clean
