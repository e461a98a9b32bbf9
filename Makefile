# The commands of this project. `make demo` and `make test` need nothing done before them.

BIN := .venv/bin
# Every process of the tests and the demo would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
# Extra words for the command behind a target: make test ARGS="-k invoice -x"
ARGS ?=
# make oracle CASES=20000: how many random cases, from which seed on.
CASES ?= 20000
SEED ?= 0
# make fuzz MESSAGES=1000000: how many by each of its two ways.
MESSAGES ?= 1000000
# make faults READINGS=200000 KILLS=10: how many readings, and how often each service is killed meanwhile.
READINGS ?= 200000
KILLS ?= 10
# make demo EXIT=1 stops after printing the invoices instead of serving the portal.
EXIT ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast oracle fuzz faults bench lint types imports shell check fresh lock schema proto clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 11

setup: ## install what is missing on this machine
	@sh ops/setup/setup

demo: setup ## simulated fleets, invoices and the portal; EXIT=1 ends after the invoices
	@$(BIN)/vouch demo $(if $(filter-out 0 no,$(EXIT)),--exit) $(ARGS)

# A file's tests stay together, as they share what they set up, and files go out in the order of tests/conftest.py.
SHARED := --dist loadfile --no-loadscope-reorder
# Each process has a database server and a broker of its own. ARGS="-n 0" runs all in one, and so does ARGS=--pdb.
test: setup ## run the tests, in several processes
	@$(BIN)/python -m pytest -n auto $(SHARED) $(ARGS)

# One path through everything: devices, broker, ingest, database, a month's invoices, their verification. The rest
# computes and hardly waits, so there are only as many processes as cores.
PATH_THROUGH := tests/end_to_end/test_truth.py::test_every_line_of_a_simulated_month_equals_the_truth_to_the_cent[march-printers]
test-fast: setup ## the tests to run while working: units, laws, and a fleet's month from devices to invoices
	@$(BIN)/python -m pytest -n $(shell nproc) $(SHARED) $(ARGS) '$(PATH_THROUGH)' tests/unit tests/property

oracle: setup ## compare the engine with a second, naive reading of the contract language; CASES=20000 SEED=0
	@$(BIN)/python -m tests.oracle --cases $(CASES) --seed $(SEED) $(ARGS)

fuzz: setup .vouch/fuzz/stamp ## take in mutated messages of all formats, then as many led by coverage; MESSAGES=1000000 SEED=0
	@$(BIN)/python -m tests.fuzz --messages $(MESSAGES) --seed $(SEED) $(ARGS)
	@.vouch/fuzz/bin/python -m tests.fuzz.guided --messages $(MESSAGES) --seed $(SEED)

# What leads by coverage instruments vouch's own modules, in an environment of its own.
.vouch/fuzz/stamp: requirements/run.txt requirements/fuzz.txt
	@rm -rf .vouch/fuzz && $(BIN)/python -m venv .vouch/fuzz
	@.vouch/fuzz/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/run.txt -r requirements/fuzz.txt
	@touch $@

faults: setup ## kill ingest, database and broker while devices publish, then check; READINGS=200000 KILLS=10 SEED=0
	@$(BIN)/python -m tests.faults --readings $(READINGS) --kills $(KILLS) --seed $(SEED) $(ARGS)

bench: setup ## measure how fast it is
	@$(BIN)/python -m benchmarks $(ARGS)

lint: setup ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy, strict, for the oldest and the newest Python
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.13

imports: setup ## who may import whom
	$(BIN)/lint-imports

shell: ## shellcheck, where it is installed
	@if command -v shellcheck >/dev/null; then shellcheck -x ops/setup/setup ops/setup/build_timescaledb ops/mosquitto/run \
		ops/fresh/run ops/fresh/inside .ci/run; \
	else echo "shellcheck is not installed: shell scripts not checked"; fi

check: lint types imports shell ## all of lint, types, imports, shell

fresh: ## demo and tests in a new root of the other Debian (12 or 13); needs root or sudo
	@sh ops/fresh/run

# The lock names versions and hashes and no addresses, so it holds for any index or mirror. It is made for the
# oldest Python and all newer ones at once; where they need different versions, each line says for which it is.
UV := .vouch/lock/bin/uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url $(ARGS)
HOLDS := \# For CPython 3.11 to 3.13 on Linux, made by `make lock`. `make test` installs it at one end, `make fresh` at the other.
# Devices written by others that the tests run, each in an environment of its own.
PUBLISHERS := aiomqtt gmqtt mqtt-spb-wrapper pysparkplug
# Of the fuzzer that coverage leads, 3.0 is the last that comes built for Python 3.11.
lock: setup ## renew requirements/*.txt; ARGS=--upgrade for newer versions
	@test -x $(UV) || { $(BIN)/python -m venv .vouch/lock && .vouch/lock/bin/python -m pip install --quiet uv; }
	$(COMPILE) pyproject.toml --output-file requirements/run.txt
	$(COMPILE) pyproject.toml --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt
	sed -i '1i $(HOLDS)' requirements/run.txt requirements/dev.txt
	echo 'atheris==3.0.*' | $(COMPILE) - --output-file requirements/fuzz.txt
	for name in $(PUBLISHERS); do echo "$$name" | $(COMPILE) - --output-file "requirements/publishers/$$name.txt" || exit; done
	printf 'kpn-senml\npaho-mqtt\n' | $(COMPILE) - --output-file requirements/publishers/kpn-senml.txt
	! command -v npm >/dev/null || for folder in $(dir $(wildcard requirements/publishers/*/package.json)); do \
		npm install --prefix $$folder --package-lock-only --omit-lockfile-registry-resolved --no-fund --no-audit || exit; done
	@! grep -rn '://' requirements --include='*.txt'
	@! grep -rn '"resolved"' requirements

# The compiler comes with grpcio-tools, which nothing else needs. Its own version stands in the files it makes.
PROTOC := .vouch/proto/bin/python -m grpc_tools.protoc
schema: setup ## renew docs/schema.sql from a migrated database
	@$(BIN)/python -m tests.schema

proto: setup ## make ingest/formats/sparkplug_b_pb2.py anew from its description
	@$(PROTOC) --version >/dev/null 2>&1 || { $(BIN)/python -m venv .vouch/proto && .vouch/proto/bin/python -m pip install --quiet 'grpcio-tools==1.85.*'; }
	$(PROTOC) --proto_path=. --python_out=. --pyi_out=. ingest/formats/sparkplug_b.proto

clean: ## remove what tools left behind; .venv and .vouch stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
