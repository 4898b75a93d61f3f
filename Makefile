# Two commands are all that most people need: `make book` and `make test`. Both work from a fresh clone.

PYTHON ?= python3
PICTURES ?=
VENV := .venv
PINS := requirements.txt
BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help book pdf test elsewhere newest bench gpu notebooks clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

book: $(READY) ## build the book (PICTURES=embedded or imagenette: which edition)
	ZFLIB_PICTURES=$(PICTURES) $(BIN)/python tools/build_book.py

pdf: $(READY) ## print the built book as one PDF, for paper; takes Chromium
	$(BIN)/python tools/print_book.py

# Chapters and pages that nothing has changed for are kept. Tests run in as many processes as there are cores, each with
# its own browser.
test: $(READY) ## lint, unit tests, notebooks, and the built pages in a browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	ZFLIB_PICTURES=embedded $(BIN)/python tools/build_book.py
	ZFLIB_PICTURES=embedded $(BIN)/python tools/compare_notebooks.py
	ZFLIB_PICTURES=embedded $(BIN)/python -m pytest --numprocesses=auto --no-loadscope-reorder

elsewhere: ## run all from the built wheel in an empty environment (CONSTRAINT=FILE: with these versions)
	$(PYTHON) tools/run_elsewhere.py $(if $(CONSTRAINT),--constraint $(CONSTRAINT))

# What requirements.txt asks for by name, without its versions; jupyter-book keeps its own, as 2.x ignores _config.yml.
newest: ## make test with the newest versions that pyproject.toml allows
	rm -rf _build/newest
	mkdir -p _build
	sed -e '/^# brought along/,$$d' -e '/^jupyter-book/!s/==.*//' requirements.txt >_build/newest.txt
	echo '-e $(CURDIR)' >>_build/newest.txt
	$(MAKE) test VENV=_build/newest PINS=_build/newest.txt

bench: $(READY) ## measure what we claim about speed and memory (ONLY="deconvnet": these parts)
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

# A bare machine has a torch of its own, and nothing is installed; the environment's is taken where PYTHON has none.
gpu: ## compare the GPU with the CPU and measure its speed, in 8 minutes
	$(shell $(PYTHON) -c 'import torch' 2>/dev/null && echo $(PYTHON) || ls $(BIN)/python 2>/dev/null || echo $(PYTHON)) -m benchmarks.gpu

notebooks: $(READY) ## run the committed notebooks again and keep their outputs
	$(BIN)/python tools/refresh_notebooks.py

clean: ## remove what was built (the environment in .venv stays)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis notebooks/explorers

# One environment for everything. Touched last, so that an interrupted installation starts again.
$(READY): $(PINS) pyproject.toml
	$(PYTHON) tools/environment.py $(VENV) $(PINS)
	touch $@
