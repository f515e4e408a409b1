# The two commands a newcomer needs are `make demo` and `make test`; both do all set-up themselves.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$python; break; }; done)
# `make test PYTEST_ARGS="tests/docs -x"` runs a part of the tests
PYTEST_ARGS ?=
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check

.PHONY: demo test check soak bench clean

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name one with: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	@echo "Installing Orchestra into $(VENV) …"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime
	@echo "Installing the development tools into $(VENV) …"
	@$(PIP) install --upgrade "pip>=25.1"  # the first that knows --group
	@$(PIP) install --group dev
	@touch $@

demo: $(VENV)/.runtime
	@$(BIN)/python -P -m codecompanion.server.demo

# one process more than CI has cores: while one test waits for an editor or a lease, another one works
test: $(VENV)/.development
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not soak and not local_model" $(PYTEST_ARGS)

check: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(VENV)/.development
	$(BIN)/python -m pytest -m soak -rP $(PYTEST_ARGS)

bench: $(VENV)/.development
	@$(PIP) install --group bench
	@$(BIN)/python -m venv .parts/litellm  # what it pins does not go with what we need
	@.parts/litellm/bin/python -m pip --quiet --disable-pip-version-check install litellm
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
