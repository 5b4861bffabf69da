# Everything a person needs is one word. `make` alone lists the words.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
WAREHOUSES := .venv/.warehouses
WORKSPACE ?= clients

.PHONY: help demo test lint types imports audit notebooks example lab session gallery bench soak lock hooks clean

help:  ## List these words
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# The stamp is newer than the lock exactly when the environment matches it, so a second run installs nothing.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=… chooses one)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Drivers of warehouses and a local Spark are for tests and for those who ask; nobody else downloads 450 MB.
$(WAREHOUSES): $(INSTALLED) requirements-warehouse.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-warehouse.lock
	@touch $@

demo: $(INSTALLED)  ## Run the whole playbook on the example café and print the report's path
	@$(BIN)/retention demo --workspace $(WORKSPACE)

test: $(WAREHOUSES) lint types imports  ## Run every check and test
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --nbval notebooks

lint: $(INSTALLED)  ## Style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)  ## Types of the package
	$(BIN)/mypy

audit: $(INSTALLED)  ## Compare the locks with the reviewed list, and ask for known faults where pip-audit is installed
	$(BIN)/python -m pytest -q tests/test_dependencies.py
	@if $(BIN)/python -m pip_audit --version >/dev/null 2>&1; then \
	  $(BIN)/python -m pip_audit --disable-pip --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip_audit --disable-pip --require-hashes -r requirements-warehouse.lock; \
	else echo "Known faults were not asked for: pip-audit is not installed (docs/dependencies.md)."; fi

imports: $(INSTALLED)  ## The direction of imports
	$(BIN)/lint-imports

notebooks: $(INSTALLED)  ## Execute the committed notebooks in place on the example business
	$(BIN)/python -m tests.notebooks.refresh

example: $(INSTALLED)  ## Write data/cafe again from its seed
	$(BIN)/python -m helpers.example

lab: $(INSTALLED)  ## Open the notebooks in JupyterLab on the example business
	$(BIN)/jupyter lab notebooks

session: $(INSTALLED)  ## Open the guided session on the example business
	$(BIN)/retention demo --session --workspace $(WORKSPACE)

bench: $(INSTALLED)  ## Measure the report against stock papermill and nbconvert
	$(BIN)/python -m benchmarks.report

soak: $(INSTALLED)  ## A night of tests: twenty times the examples, every fault a hundred times; counts in soak.json
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.soak --times 100 --to soak.json

gallery: $(INSTALLED)  ## Make the reports of docs/gallery.md again, with their pictures
	@$(BIN)/python -m gallery --workspace $(WORKSPACE)

COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade -q

# The second lock holds what the warehouses need on top, in versions that agree with the first: no package is pinned twice.
lock: $(INSTALLED)  ## Resolve the dependencies again into both locks (needs uv)
	$(COMPILE) --extra lab --extra test -o requirements.lock
	$(COMPILE) --extra postgres --extra spark -c requirements.lock \
	  $$(sed -nE 's/^([a-z0-9-]+)==.*/--no-emit-package \1/p' requirements.lock | sort -u) | sed '/^$$/,$$d' > requirements-warehouse.lock

hooks: $(INSTALLED)  ## Check style before every commit
	$(BIN)/pre-commit install

clean:  ## Remove the environment and caches, never a client's data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
