# Needs Python 3.11 or later, make, and a package index. Everything is put in .venv; nothing else is touched.

PYTHON ?= python3
UV ?= uv
ARGS ?=
VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install -qq --disable-pip-version-check --no-deps

.DEFAULT_GOAL := help
.PHONY: help demo test lint format types bench bench-peers train-gate crash fuzz nightly lock clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/#/' | awk -F'#' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(VENV)/installed ## set up, read the demo papers in, and answer a question about them
	@$(VENV)/bin/rag demo

test: $(VENV)/installed-dev ## run the tests, the same every time (ARGS="-k encoder" chooses some)
	@$(RUN) -m pytest $(ARGS)

lint: $(VENV)/installed-dev ## check style
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

format: $(VENV)/installed-dev ## repair style
	@$(RUN) -m ruff check --fix . ; $(RUN) -m ruff format .

types: $(VENV)/installed-dev ## check types
	@$(RUN) -m mypy

bench: $(VENV)/installed-dev ## measure speed and quality on ../shared (ARGS="--sizes": at three sizes)
	@$(RUN) -m eval.bench $(ARGS)

# The peers have an environment of their own: they bring PyTorch, and pin what we do not.
PEERS := .venv-peers
bench-peers: $(VENV)/installed-dev ## this beside LlamaIndex, txtai and Haystack, in one run (some GB to install)
	@test -d $(PEERS) || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install -qq --disable-pip-version-check \
		$$($(PEERS)/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["peers"])')
	@$(RUN) -m eval.bench.peers --peers $(PEERS)/bin/python $(ARGS)

# The only use of PyTorch. Its version is pyproject.toml's; a GPU is used where PyTorch finds one.
train-gate: $(VENV)/installed-dev ## learn the support gate's weights anew: one to two hours on two cores
	@$(RUN) -m pip install -q "$$($(RUN) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["train"])')"
	@$(RUN) -m eval.fit.support_model ../shared --train $(ARGS)

crash: $(VENV)/installed-dev ## kill writers 200 times and look at what they left
	@$(RUN) -m tests.stress.crash $(ARGS)

fuzz: $(VENV)/installed-dev ## feed the readers broken files, new ones each time (ARGS="--runs 1000 --seed 7")
	@$(RUN) -m tests.stress.fuzz $(ARGS)

nightly: $(VENV)/installed-dev ## the tests with random examples, then fuzz and crash
	@$(RUN) -m pytest --hypothesis-profile=random $(ARGS)
	@$(RUN) -m tests.stress.fuzz
	@$(RUN) -m tests.stress.crash

lock: ## pin the dependencies again, with hashes (needs uv)
	$(LOCK) pyproject.toml --group weights --output-file requirements.lock
	$(LOCK) --group dev --constraints requirements.lock --output-file requirements-dev.lock

# Every platform and Python version in one file; neither addresses nor an index are written into it.
LOCK := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command 'make lock'

clean: ## remove .venv and what the tools left
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The files below are touched last, so that their presence means the step was finished.

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is not Python 3.11 or later; name one that is: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: $(PYTHON) cannot make environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV); this takes a minute or two, once ..."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo "Installing the development tools ..."
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@
