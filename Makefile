# Two commands are enough on a fresh Debian machine with Python 3.11, make and git:
#   make demo    a small town to click through
#   make test    every check there is
# Each installs what is missing, says what it does, and is quick the second time.

PYTHON ?= python3
BIN := .venv/bin
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo tools setup test check bench proof web lock wheel clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## Build a demonstration community and serve it (ARGS="--port 8001" passes options on)
	@.ci/system.sh demo
	@.ci/venv.sh runtime
	@.ci/web.sh build
	@.ci/voice.sh
	@$(BIN)/jifen demo $(ARGS)

tools:
	@.ci/system.sh test
	@.ci/venv.sh dev
	@.ci/npm-tests.sh

setup: tools  ## Install everything needed to work on the code, and build the web app
	@.ci/web.sh build
	@.ci/voice.sh

test: tools  ## Run every check and test, the long proofs left out (at most 20 minutes)
	@.ci/check.sh full

check: tools  ## Run the quick checks: format, lint, imports, types, fast tests (under 2 minutes)
	@.ci/check.sh quick

bench: setup  ## Measure against the floor in one run and write docs/benchmarks.md
	@.ci/bench.sh
	@$(BIN)/python -m tests.bench $(ARGS)

proof: setup  ## Run the long proofs that make test only samples
	@$(BIN)/python -m pytest -q -m proof -o timeout=7200 $(ARGS)
	@$(BIN)/python -m tests.sim --proof
	@$(BIN)/python -m tests.mutation --write

web:  ## Build the till, the counter and the vendored page assets when their sources changed
	@.ci/venv.sh runtime
	@.ci/web.sh build
	@.ci/voice.sh

lock:  ## Resolve the dependencies of pyproject.toml afresh into hashed locks
	@.ci/lock.sh

wheel: web  ## Build a wheel that carries the built web app, into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist .

clean:  ## Remove what was built; the data in var/ stays
	@rm -rf build dist kiosk/static/app kiosk/static/vendor kiosk/static/voice kiosk/web/node_modules
