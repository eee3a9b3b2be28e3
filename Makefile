# `make demo` and `make test` are all a newcomer needs; both set everything up in .venv first.
.PHONY: demo test check format bench corpus lock setup clean docs
.DEFAULT_GOAL := help

BIN := .venv/bin
# Bytecode is kept, wherever it may be: tests start hundreds of processes, and compiling takes each of them seconds.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

help:
	@echo 'make demo     start everything, apply the example shop, say what to try'
	@echo 'make test     set up and run every test'
	@echo 'make check    format, lint, types, import rules, generated files'
	@echo 'make bench    the gateway beside its peers (needs wrk; peers that are absent are skipped)'
	@echo 'make corpus   every operation of the real contracts in MOCKOPS_CORPUS'

setup:
	@PYTHON='$(PYTHON)' scripts/setup.sh

demo: setup
	@scripts/demo.sh

test: setup
	$(BIN)/pytest -n auto --dist worksteal $(PYTEST_ARGS)

check: setup
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/ruff check src tests bench scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generated.py --check

format: setup
	$(BIN)/ruff format src tests bench scripts
	$(BIN)/ruff check --fix src tests bench scripts

docs: setup
	$(BIN)/python scripts/generated.py

bench: setup
	$(BIN)/python bench/run.py $(BENCH_ARGS)

corpus: setup
	$(BIN)/python bench/corpus.py $(CORPUS_ARGS)

lock: setup
	$(BIN)/python scripts/lock.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
