# Two commands for a newcomer: `make demo` and `make test`. Both do their own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LINT := $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
SCENARIO ?= story
SPEED ?= 10

# The tests start hundreds of interpreters: each would compile the product, and every worker pytest's own parts, once more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint soak bench mutants setup debian clean

demo: setup
	$(BIN)/campus-gateway demo --scenario $(SCENARIO) --speed $(SPEED) $(ARGS)

# Real lines and clocks share the machine with the other tests here, so what fails is run once more, alone: a fault fails
# again; what passes alone is still printed as a failure of the first run and is to be mended (CONTRIBUTING.md).
# Lint runs beside them; what it finds is printed at once and fails the whole.
test: setup debian
	@{ { $(LINT); } >$(VENV)/lint.txt 2>&1 || { cat $(VENV)/lint.txt; exit 1; }; } & lint=$$!; \
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder || \
		{ echo "== the failures above once more, alone =="; $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }; \
	tests=$$?; wait $$lint || { echo "== lint failed: see above, or $(VENV)/lint.txt =="; exit 1; }; exit $$tests

lint: setup
	$(LINT)

soak: setup debian
	$(BIN)/python -m pytest -m soak -n 2 --dist load --maxschedchunk 1 tests

bench: setup debian
	$(BIN)/python -m tests.bench.run

mutants: setup
	$(BIN)/python -m tests.mutants.run

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	PYTHON="$(PYTHON)" deploy/setup.sh $(VENV)
	touch $@

debian:
	deploy/debian.sh

clean:
	rm -rf $(VENV)
