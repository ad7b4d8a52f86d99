# Everything a developer starts. Each target is quick when nothing has changed.
#
#   make run [PORT=6543] [VAR=var]   the portal, its worker and its sandbox
#   make test [TESTS=tests/unit]     lint, types and tests
#   make help                        all targets

PORT ?= 6543
VAR ?= var
TESTS ?= tests

# The first Python that is new enough; PYTHON=… names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; exit; }; done; echo python3)
export PYTHON

# Where the browser tests find Chromium: the system's, or the one that Playwright has fetched.
CHROMIUM ?= $(firstword $(shell command -v chromium || command -v chromium-browser || command -v google-chrome) \
	$(wildcard $(HOME)/.cache/ms-playwright/chromium-*/chrome-linux*/chrome))
export CHROMIUM

# ruff and mypy look at those of these that are there.
PYTHON_SOURCES = $(wildcard setup.py src scripts tests benchmarks)
TEMPLATES = $(shell find src -name '*.pt' | head -n 1)

.PHONY: help env run test lint types tests bench screenshots clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

env:  ## the environment: .venv/, eggs/ and bin/
	@scripts/system-packages environment
	@$(PYTHON) scripts/make_environment.py

run: env  ## the portal at http://localhost:$(PORT), with its data in $(VAR)/
	@scripts/system-packages run
	@mkdir -p "$(VAR)"
	@exec bin/boi dev --port "$(PORT)" --var "$(VAR)"

# One after another, the quick ones first, so that pytest's closing line is the last.
test: env  ## lint, types and tests (TESTS=… chooses)
	@scripts/system-packages test
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory tests

lint: env  ## ruff, and djlint for the templates
	@bin/ruff check $(PYTHON_SOURCES)
	@$(if $(TEMPLATES),bin/djlint src --extension pt --lint --quiet)

types: env  ## mypy
	@bin/mypy

tests: env  ## the tests alone (TESTS=… chooses; JOBS=2: in two processes)
	@bin/pytest $(if $(filter-out 1,$(JOBS)),-n $(JOBS) --dist loadfile) $(TESTS)

bench: env  ## the benchmarks of docs/performance.md
	@scripts/system-packages bench
	@bin/py -m benchmarks

screenshots: env  ## the pictures in docs/, of a portal made for them
	@scripts/system-packages test
	@bin/py scripts/screenshots.py

clean:  ## remove what make has made, but never VAR
	rm -rf .venv bin eggs develop-eggs parts .installed.cfg src/*.egg-info .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests scripts -name __pycache__ -type d -exec rm -rf {} +
