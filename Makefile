# make demo    train on scikit-learn's digits; pictures in out/digits
# make test    the test suite
# make check   lint, format and types
# make bench   speed against NumPy, PyTorch and micrograd
# make gallery the pictures of docs/gallery.md
# make clean   remove what these made
#
# ARGS="…" goes to the program behind a target: make demo ARGS="--epochs 5 --seed 0".
# Each makes .venv and installs what it needs, once; Python 3.11 or later is all that has to be there.

PYTHON ?= python3
VENV   ?= .venv
EXTRAS ?= dev
BIN    := $(VENV)/bin
ARGS   ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check format bench gallery clean

demo: $(VENV)/.installed-train-viz
	$(BIN)/python examples/digits.py $(ARGS)

test: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-$(EXTRAS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.run $(ARGS)

gallery: $(VENV)/.installed-train-viz
	$(BIN)/python docs/gallery.py $(ARGS)
	$(BIN)/python docs/plot_gallery.py

clean:
	rm -rf $(VENV) out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each set of extras (`.installed-dev-oracle` holds .[dev,oracle]), older than a changed pyproject.toml.
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[$(subst -,$(comma),$*)]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is %d.%d: make PYTHON=python3.11 …" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

comma := ,
