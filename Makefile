# Heart Failure Studio. `make help` lists what there is to do.
VENV    := .venv
PY      := $(VENV)/bin/python
PIP     := $(PY) -m pip install --disable-pip-version-check --no-input
OK       = import sys; print("yes" if sys.version_info >= (3, 11) else "")
PYTHON  ?= $(firstword $(foreach p,python3.11 python3 python3.12 python3.13 python3.14,$(if $(shell $(p) -c '$(OK)' 2>/dev/null),$(p))))

# What is installed is noted in a file named after the requirement files' content, so a second start never asks pip.
digest   = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUNTIME := $(VENV)/.runtime-$(call digest,requirements.txt constraints.txt)
TESTING := $(VENV)/.testing-$(call digest,requirements.txt requirements-ray.txt requirements-mlflow.txt requirements-dev.txt constraints.txt)

# All engines on all folds take hours; `make bench` compares the three that need no installation, on two folds of each set.
SHORT_COMPARISON := --folds 0-1 --engines hfcore,logistic,forest-500

.DEFAULT_GOAL := help
.PHONY: help run test lint browser azure-server mlflow-server screenshots bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: $(RUNTIME) ## Start the app on http://localhost:8501; the first time, install it into .venv
	@exec $(PY) -m streamlit run app.py

test: lint browser azure-server mlflow-server ## Check style and types, then run every test, the browser's too
	@exec $(PY) -m tests.suite

lint: $(TESTING) ## Check style and types only
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

browser: $(TESTING) ## Look for Chromium; install it on Debian as root
	@$(PY) -m tests.browser.chromium

azure-server: $(TESTING) ## Install Azure's own inference server into .venv-azure, to compare with
	@$(PY) -m tests.inference.azure_server

mlflow-server: $(TESTING) ## Install MLflow's own server into .venv-mlflow, to mirror a run to
	@$(PY) -m tests.mlflow_server

screenshots: $(TESTING) browser ## Take the README's screenshots anew into docs/images
	@exec $(PY) -m docs.take_screenshots

bench: $(TESTING) ## Run every benchmark, one after another
	@for script in bench/*.py; do name=$$(basename "$$script" .py); echo "== $$script"; \
	  case $$name in automl_vs_peers) short="$(SHORT_COMPARISON)";; *) short=;; esac; \
	  $(PY) -m "bench.$$name" $$short || exit 1; done

lock: ## Resolve the requirements in a clean environment and write constraints.txt
	@$(call need_python)
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	@head -n 2 constraints.txt > build/constraints.txt
	@build/lock/bin/python -m pip freeze --all --exclude setuptools | LC_ALL=C sort -f >> build/constraints.txt
	@mv build/constraints.txt constraints.txt && rm -rf build/lock

clean: ## Remove .venv, caches and test output; your data in ~/.hfstudio stays
	@rm -rf $(VENV) .venv-azure .venv-mlflow build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis tests/artifacts
	@find app.py pages hfcore inference tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

define need_python
test -n "$(PYTHON)" || { \
  echo "Heart Failure Studio needs Python 3.11 or newer, and none was found. Install it (Debian: apt-get install python3.11 python3.11-venv) and run make again."; exit 1; }
endef

define say_what_is_left_out
$(PY) -c 'import sys; sys.version_info >= (3, 12) and print("Python %d.%d: the Azure ML SDK v1 ends at Python 3.11 and is left out; everything on this machine works without it." % sys.version_info[:2])'
endef

$(PY):
	@$(call need_python)
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "$(PYTHON) has no working venv module. Install it (Debian: apt-get install python3-venv) and run make again."; rm -rf $(VENV); exit 1; }

$(RUNTIME): | $(PY)
	@echo "Installing into $(VENV): about 1.3 GB, a few minutes. This happens once."
	@$(PIP) -r requirements.txt -c constraints.txt
	@$(say_what_is_left_out)
	@rm -f $(VENV)/.runtime-* && touch $@

$(TESTING): | $(PY)
	@echo "Installing into $(VENV): about 1.6 GB with the test tools, a few minutes. This happens once."
	@$(PIP) -r requirements-dev.txt -c constraints.txt
	@$(say_what_is_left_out)
	@rm -f $(VENV)/.testing-* $(VENV)/.runtime-* && touch $@ $(RUNTIME)
