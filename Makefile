# Two commands: `make run` opens the viewer, `make test` runs the whole suite without a screen.
# TORCH_INDEX=URL takes torch from another index (see README: CPU only, other CUDA versions).

PYTHON ?= python3
VENV ?= .venv
IMAGE ?= resources/samples/cat.png
ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Each worker takes some 1.5 GB.
SHARED_OUT := --numprocesses auto --maxprocesses 4 --dist loadfile
# The index torch came from: kept, so that a later set-up takes the same one without being told.
LAST_INDEX := $(shell cat $(VENV)/.torch-index 2>/dev/null)
TORCH_INDEX ?= $(LAST_INDEX)

.PHONY: run test lint setup clean

# The file name goes through the environment: no quote or space in it reaches the shell.
run: export LIIF_VIEWER_IMAGE := $(value IMAGE)
run: setup
	@sh tools/system_libraries.sh --check
	@$(BIN)/python main.py view "$$LIIF_VIEWER_IMAGE"

# Files of tests are shared out among processors. ARGS="-n 0 tests/viewer" runs some in one process.
test: setup lint
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $(SHARED_OUT) $(ARGS)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/mypy

setup: $(STAMP)
	@:

ifneq ($(TORCH_INDEX),$(LAST_INDEX))
.PHONY: $(STAMP)
endif

# The stamp is written last: an interrupted set-up is done again.
$(STAMP): constraints.txt pyproject.toml tools/setup.sh tools/system_libraries.sh
	@rm -f "$@"
	@PYTHON="$(PYTHON)" VENV="$(VENV)" TORCH_INDEX="$(TORCH_INDEX)" sh tools/setup.sh
	@touch "$@"

clean:
	@rm -rf "$(VENV)" build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
