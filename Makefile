# The two commands of the README, and what they are made of. `make check` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Exact versions that are known to work together; `make CONSTRAINTS= demo` takes the newest instead.
CONSTRAINTS ?= -c constraints.txt

.PHONY: demo test quick faults vision servers engines story slow terminals check lint types imports format bench gpu-wheels wheel clean

demo: $(VENV)/.demo
	$(BIN)/fada-tui --batch --questions demo --references samples/references.csv

test: $(VENV)/.test
	$(BIN)/pytest -n 3 --dist worksteal

# What is quick and needs neither a worker nor torch, in a minute and a half; whoever starts one all the same is told.
quick: $(VENV)/.test
	$(BIN)/pytest -n 3 --dist worksteal --quick

# A fault at every call that changes a file, in turn: about 17 minutes on two cores. docs/reliability.md has what
# came of it; FAULTS='--scene "a run" --sample 50' tries less.
faults: $(VENV)/.test
	$(BIN)/python -m tests.faults $(FAULTS)

# The families whose processors want torchvision or timm, in an environment of its own: some gigabytes.
vision: $(VENV)-vision/.test
	$(VENV)-vision/bin/pytest -n 2 --dist worksteal tests/conformance

# The program against vLLM on the CPU, in an environment of its own: 3.5 GB, and some five minutes.
servers: $(VENV)/.test $(VENV)-vllm/.installed
	VLLM=$(abspath $(VENV)-vllm/bin/vllm) $(BIN)/pytest -m slow tests/servers

# The same vLLM as the program's own engine, and llama.cpp's server where LLAMA_SERVER or PATH has it: ten minutes.
engines: $(VENV)/.test $(VENV)-vllm/.installed
	VLLM=$(abspath $(VENV)-vllm/bin/vllm) $(BIN)/pytest -m slow tests/engines

# Sixty answers judged at the desk while a model of 4 s an answer goes on, on three terminals; and twenty kills of
# dashboards and of what they left running; shorter stories over a slow link, and two workers: some ten minutes.
story: $(VENV)/.test
	$(BIN)/pytest -n 3 -m slow tests/tui/test_long_story.py tests/tui/test_left_kills.py tests/tui/test_story.py \
	  tests/tui/test_devices_run.py

# What else takes too long for every day and needs nothing more, the proof on a GPU tried on the CPU among it: half an hour.
slow: $(VENV)/.test
	$(BIN)/pytest -n 3 -m slow --ignore tests/engines --ignore tests/servers --ignore tests/terminals \
	  --ignore tests/tui/test_long_story.py --ignore tests/tui/test_left_kills.py tests

# The dashboard in xterm, kitty, Konsole and mlterm under Xvfb, its pictures held against the images: a minute.
terminals: $(VENV)/.test
	$(BIN)/pytest -m slow tests/terminals

check: lint types imports test

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

# Twenty minutes or so; BENCH='throughput --model 10M' measures less.
bench: $(VENV)/.demo
	$(BIN)/python -m benchmarks $(BENCH)

# What a machine with a GPU and no network lacks, for benchmarks/on_gpu.sh: some 35 MB in .gpu-wheels.
gpu-wheels: $(VENV)/.demo
	$(BIN)/python -m benchmarks.gpu.wheels

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fada-tui needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

# torch comes first and alone: pip then keeps this build instead of looking for another one.
$(VENV)/.torch: constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) torch
	touch $@

$(VENV)/.demo: pyproject.toml constraints.txt $(VENV)/.torch
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable .
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt $(VENV)/.torch
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable '.[test]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(VENV)/.torch
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable '.[dev]'
	touch $@ $(VENV)/.test $(VENV)/.demo

$(VENV)-vision/.test: pyproject.toml
	$(PYTHON) -m venv $(VENV)-vision
	$(VENV)-vision/bin/python -m pip install --quiet --editable '.[test,vision]'
	touch $@

$(VENV)-vllm/.installed: tests/servers/install_vllm.sh
	$(PYTHON) -m venv $(VENV)-vllm
	bash tests/servers/install_vllm.sh $(abspath $(VENV)-vllm)
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-vision $(VENV)-vllm dist build
