# Two commands are all that most people need: `make book` and `make test`. Both work from a fresh clone.

PYTHON ?= python3
PICTURES ?= embedded
VENV := .venv
PINS := requirements.txt
BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help book test elsewhere newest bench notebooks clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

book: $(READY) ## build the book (PICTURES=imagenette: the published edition)
	ZFLIB_PICTURES=$(PICTURES) $(BIN)/python tools/build_book.py

# The pages come from the same tree: they are built again if anything that they depend on has changed.
test: $(READY) ## lint, unit tests, notebooks, and the built pages in a browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --ignore=tests/site
	ZFLIB_PICTURES=embedded $(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=600 --timeout=660 notebooks
	ZFLIB_PICTURES=embedded $(BIN)/python tools/build_book.py --reuse
	ZFLIB_PICTURES=embedded $(BIN)/python -m pytest tests/site

elsewhere: ## run all from the built wheel in an empty environment (CONSTRAINT=FILE: with these versions)
	$(PYTHON) tools/run_elsewhere.py $(if $(CONSTRAINT),--constraint $(CONSTRAINT))

# What requirements.txt asks for by name, without its versions; jupyter-book keeps its own, as 2.x ignores _config.yml.
newest: ## make test with the newest versions that pyproject.toml allows
	rm -rf _build/newest
	mkdir -p _build
	sed -e '/^# brought along/,$$d' -e '/^jupyter-book/!s/==.*//' requirements.txt >_build/newest.txt
	echo '-e .' >>_build/newest.txt
	$(MAKE) test VENV=_build/newest PINS=_build/newest.txt

bench: $(READY) ## measure what we claim about speed and memory
	$(BIN)/python -m benchmarks

notebooks: $(READY) ## run the committed notebooks again and keep their outputs
	$(BIN)/python tools/refresh_notebooks.py

clean: ## remove what was built (the environment in .venv stays)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis notebooks/explorers

# One environment for everything. Touched last, so that an interrupted installation starts again.
$(READY): $(PINS) pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later, please; this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r $(PINS)
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	touch $@
