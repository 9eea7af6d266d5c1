# make compare   the comparison: NumPy, PyTorch and scikit-learn side by side (after
#                `source .venv/bin/activate`, `mlp-compare` is the same in any folder)
# make engines   installs what the optional engines need: JAX, Keras, Numba
# make lab       draw, look inside, train live: a page in the browser
# make test      the test suite
# make bench     times the kernels and the steps (pytest-benchmark)
# make lint      ruff and mypy
# make notebook  opens notebooks/walkthrough.ipynb in the browser
# make mutants   plants random faults in numpy_impl: do the tests notice?
# make docs      puts the line numbers in the pages right and draws the figures
# make clean     removes the virtual environment and everything generated

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Written last by a complete installation, so that an interrupted one is repeated.
INSTALLED := $(VENV)/.installed
# Of two `make` at once the second waits here, and then finds that all is done.
ONE_AT_A_TIME := $(PYTHON) .ci/one_at_a_time.py

.PHONY: compare engines lab test test-all bench mutants lint format notebook docs clean
.DEFAULT_GOAL := compare

ifndef LOCKED

$(INSTALLED): requirements.txt pyproject.toml
	@$(ONE_AT_A_TIME) $(MAKE) --no-print-directory LOCKED=yes $@

$(VENV)/.installed-engines: $(INSTALLED) requirements-engines.txt
	@$(ONE_AT_A_TIME) $(MAKE) --no-print-directory LOCKED=yes $@

$(VENV)/.installed-notebook: $(INSTALLED) requirements-notebook.txt
	@$(ONE_AT_A_TIME) $(MAKE) --no-print-directory LOCKED=yes $@

else

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Installing the packages into $(VENV) (once, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.installed-engines: $(INSTALLED) requirements-engines.txt
	@echo "Installing JAX, Keras and Numba into $(VENV) (once, a minute) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check \
	  -r requirements.txt -r requirements-engines.txt
	@touch $@

$(VENV)/.installed-notebook: $(INSTALLED) requirements-notebook.txt
	@echo "Installing Jupyter (once, a minute) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check \
	  -r requirements.txt -r requirements-notebook.txt
	@touch $@

endif

compare: $(INSTALLED)
	@$(RUN) -m compare $(ARGS)

engines: $(VENV)/.installed-engines

lab: $(INSTALLED)
	@$(RUN) -m compare lab $(ARGS)

test: $(INSTALLED)
	@$(RUN) -m pytest -m "not slow" -n 2 --dist worksteal $(ARGS)

test-all: $(INSTALLED)
	@$(RUN) -m pytest $(ARGS)

# One thread, as in the comparison; the tests' own settings for files and names are
# replaced, so that the timed test suite never runs these.
bench: $(INSTALLED)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(RUN) -m pytest benchmarks -p no:xdist -o "python_files=bench_*.py" \
	  -o "python_functions=bench_*" --benchmark-columns=median,iqr,rounds \
	  --benchmark-sort=mean --benchmark-disable-gc $(ARGS)

mutants: $(INSTALLED)
	@$(RUN) -m tests.tools.mutants $(ARGS)

lint: $(INSTALLED)
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

format: $(INSTALLED)
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

notebook: $(VENV)/.installed-notebook
	@$(RUN) -m jupyter lab notebooks/walkthrough.ipynb $(ARGS)

docs: $(INSTALLED)
	@$(RUN) -m docs.tools.links
	@$(RUN) -m docs.figures $(ARGS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
