# Every command below first makes .venv when it is missing or stale; needed are Python 3.11 or newer, git and make.
#   make test PYTHON=/path/to/python3.12     which Python to use
#   make test ARGUMENTS="-m 'not slow'"      what to pass on
#   make bench WORLD=my/network              a folder with nodes.csv and edges.csv

# The first Python that can do the job; if there is none, any Python, which then says itself what is wrong with it.
PYTHON ?= $(shell \
  for name in python3 python3.13 python3.12 python3.11 python; do \
    if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
      command -v "$$name"; exit; \
    fi; \
  done; \
  command -v python3 || command -v python)

ifeq ($(strip $(PYTHON)),)
$(error no Python found: install Python 3.11 or newer, or name one: make test PYTHON=/path/to/python3.12)
endif

MAKEFLAGS += --no-print-directory
COMMANDS = help prepare demo test lint types bench golden docs findings calibration verification scorecard replicate teaching
.DEFAULT_GOAL = help
.NOTPARALLEL:
.PHONY: $(COMMANDS) lock

export WORLD

$(COMMANDS):
	@"$(PYTHON)" setup/environment.py $@ $(ARGUMENTS)

# One lock for all supported Pythons. Pins stay as they are unless ARGUMENTS="--upgrade" or "--upgrade-package NAME"; needs uv.
lock:
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-annotate --no-emit-index-url \
	  --custom-compile-command "make lock" --quiet --output-file requirements.lock $(ARGUMENTS)
