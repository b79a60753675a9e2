# Everything a newcomer types: `make demo` shows the benchmark at work, `make test` runs the tests.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test test-slow check format clean

demo: $(READY)
	$(BIN)/babilong-generate --task qa1 --length 0k,1k,2k,4k,8k,16k --samples 50 --out demo/data
	$(BIN)/babilong-eval --model rmt-gpt2 --data demo/data --results demo/runs

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile tests

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv demo runs data

# The environment is made once, and again when what it is made from changes.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@
