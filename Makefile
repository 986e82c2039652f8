# make demo      train on scikit-learn's digits; pictures in out/digits
# make demo-parallel  the digits on RANKS processes at once (2)
# make notebooks the course, in JupyterLab
# make notebooks-html  the course as pages in out/notebooks, which need no web
# make dask      a regression on data larger than the memory it may have
# make test      the test suite, and every notebook
# make test-fast the engine and its rules, in under a minute
# make check     lint, format, types and the directions of imports
# make package   builds wheel and sdist, installs each into an environment of its own, and runs the README's tour there
# make clients   the tests of pymanopt, which runs on HIPS autograd's names
# make docs      the site in out/docs, with the notebooks run; NOTEBOOKS=off leaves their outputs out
# make generate  what in docs/ and README.md is written by the code
# make bench     speed against NumPy, PyTorch and micrograd
# make bench-hips speed against HIPS autograd, which is installed into out/hips
# make gallery   the pictures of docs/gallery.md
# make clean     remove what these made
#
# ARGS="…" is passed to the program behind a target: make demo ARGS="--epochs 5 --seed 0". JOBS is the number of
# processes of make test and make test-fast (0: only pytest itself). Each target makes .venv and installs what it needs,
# once; only Python 3.11 or later has to be there.

PYTHON ?= python3
VENV   ?= .venv
EXTRAS ?= dev
BIN    := $(VENV)/bin
ARGS   ?=
RANKS  ?= 2
JOBS   ?= 2

# The tests of make test-fast. None of them looks at logging, which pytest would set up anew for each.
FAST := $(addprefix tests/autograd/,engine tensor scalar ops) -p no:logging

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo demo-parallel dask notebooks notebooks-html test test-fast check format docs generate bench bench-hips clients gallery package clean

demo: $(VENV)/.installed-train-viz
	$(BIN)/python examples/digits.py $(ARGS)

demo-parallel: $(VENV)/.installed-mpi-train
	$(BIN)/mpiexec -n $(RANKS) $(BIN)/python examples/digits_parallel.py $(ARGS) < /dev/null

dask: $(VENV)/.installed-dask-train
	$(BIN)/python examples/larger_than_memory.py $(ARGS)

notebooks: $(VENV)/.installed-notebooks
	cd notebooks && $(abspath $(BIN))/python -m jupyterlab $(ARGS)

notebooks-html: $(VENV)/.installed-docs-notebooks
	$(BIN)/python -m docs.notebook_pages $(ARGS)

# The processes share the cores. With more than one thread each, BLAS would spin while it waits for a core.
test test-fast: export OMP_NUM_THREADS ?= 1
test: $(VENV)/.installed-$(EXTRAS)
	@echo "The tests are collected first, which takes a while; then there is a point for each."
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations=10 $(ARGS)

test-fast: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations=10 $(FAST) $(ARGS)

check: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

format: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m nbstripout --keep-id --drop-empty-cells --extra-keys "$(EDITORS)" notebooks/*.ipynb

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -c docs -W --keep-going -b $(or $(BUILDER),html) -d out/docs-cache/doctrees $(ARGS) . out/docs

generate: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/python -m docs.generate

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.run $(ARGS)

gallery: $(VENV)/.installed-train-viz
	$(BIN)/python docs/gallery.py $(ARGS)
	$(BIN)/python docs/plot_gallery.py

package: $(VENV)/.installed-package
	$(BIN)/python .ci/package.py

clients: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/python .ci/clients.py

bench-hips: $(VENV)/.installed-$(EXTRAS) | out/hips/bin/python
	$(BIN)/python -m benchmarks.hips --python $(abspath out/hips/bin/python) $(ARGS)

out/hips/bin/python:
	$(PYTHON) -m venv out/hips
	@$@ -m pip install "autograd==1.9.1" "scipy>=1.13" || { rm -rf out/hips; exit 1; }

clean:
	rm -rf $(VENV) out build dist docs/api .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each set of extras (`.installed-dev-oracle` stands for .[dev,oracle]), which is out of date when
# pyproject.toml has changed.
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	@echo "Installing chainrule with what its extras $(subst -,$(comma) ,$*) need into $(VENV). Only the first time:"
	$(BIN)/python -m pip install --editable ".[$(subst -,$(comma),$*)]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or later is needed, this is %d.%d: make PYTHON=python3.11 …" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

comma := ,

# What editors write into a notebook about the Python that runs it
EDITORS := $(addprefix metadata.language_info.,\
	codemirror_mode file_extension mimetype nbconvert_exporter pygments_lexer version)
