# One command each.  `make run` and `make test` work on a fresh machine with Python 3.11+ and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores: tests of the whole product wait much.  A file's tests stay together, so that what
# they share is made once.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$(( cores < 4 ? cores + 1 : 4 )))
ON_ALL_CORES := -n $(WORKERS) --dist loadfile
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test fast check bench soak redteam docs reference release-check wheel lock clean screenshots peers

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(VENV)/.ready console ## install what is pinned, build the console if it is stale

$(VENV)/.ready: requirements/dev.txt pyproject.toml hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Watchline needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@if $(BIN)/python hatch_build.py --stale; then $(BIN)/python -m pip install --quiet --require-hashes -r requirements/console.txt; fi
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@echo "compiling the loops and making the demonstration line, once"
	@$(BIN)/watchline run --headless --for 3 --ledger "$$(mktemp -d)/ledger" > /dev/null
	@touch $@

.PHONY: console
console: $(VENV)/.ready
	@if $(BIN)/python hatch_build.py --stale; then \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements/console.txt && $(BIN)/python hatch_build.py --build; fi

run: setup ## start the built-in 200 km line and open the console
	$(BIN)/watchline run

test: setup ## every test
	$(BIN)/python -m pytest $(ON_ALL_CORES)

fast: setup ## the tests that take under a minute together
	$(BIN)/python -m pytest $(ON_ALL_CORES) -m "not slow and not browser"

check: setup ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## figures against named peers, one page, within twenty minutes; what is finished stands, new: rm -r build/bench.md*
	@mkdir -p build
	$(BIN)/python benchmarks/page.py build/bench.md $(if $(STONE_SOUP),--stone-soup $(STONE_SOUP)) $(if $(SPOPT),--spopt $(SPOPT))

soak: setup ## long runs: kill -9 loops, bit flips, ten minutes of damage for each decoder; resumable
	WATCHLINE_FUZZ_MINUTES=10 WATCHLINE_FUZZ_SEED=$$(date +%s) WATCHLINE_FUZZ_S=600 \
	  $(BIN)/python -m pytest -m slow tests/fault tests/property --hypothesis-profile=explore
	WATCHLINE_LONG=1 $(BIN)/python -m pytest tests/fault/test_ledger_faults.py tests/fault/test_power_loss.py \
	  tests/property/test_policy_leaks.py tests/unit/server/test_views.py tests/unit/server/test_doors.py
	WATCHLINE_LONG=1 $(BIN)/python -m pytest tests/e2e/test_mosquitto.py tests/e2e/test_rtsp.py tests/e2e/test_mavsdk.py \
	  tests/e2e/test_many_machines.py \
	  tests/e2e/test_predicted_vs_observed.py tests/oracle/test_viewshed_referee.py --hypothesis-profile=explore

redteam: setup ## are the line's own figures right? 2 000 simulated crossings against the product; nights that are there stand
	$(BIN)/watchline trial --red-team --out .redteam

PEERS := .peers
peers: $(PEERS)/sapient/.ready $(PEERS)/taky/.ready $(PEERS)/mavsdk/.ready $(PEERS)/oidc/.ready ## real peers of links for the tests, each in a venv of its own

$(PEERS)/%/.ready: requirements/peer-%.txt
	$(PYTHON) -m venv $(PEERS)/$*
	$(PEERS)/$*/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

screenshots: setup ## the pictures of the README, taken from the running console
	WATCHLINE_SCREENSHOTS=docs/pictures $(BIN)/python -m pytest tests/e2e/test_console.py tests/e2e/test_field_page.py tests/e2e/test_*_page.py

SITE := build/docs-venv
docs: $(SITE)/.ready ## the documentation as a site that needs no network, into build/docs
	$(SITE)/bin/python builders/docs_site.py build/docs

$(SITE)/.ready: requirements/docs.txt
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

reference: setup ## write docs/reference anew from the code
	PYTHONPATH=builders:tests $(BIN)/python -m reference

wheel: setup ## wheel and sdist into dist
	$(BIN)/python -m hatchling build -d dist

release-check: setup ## wheel and sdist, each installed into a bare environment without node and used
	$(BIN)/python builders/check_release.py

lock: ## pin every requirement anew: versions and hashes, no addresses (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --group dev pyproject.toml -o requirements/dev.txt --upgrade -q
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links requirements/console.in -o requirements/console.txt --upgrade -q
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links requirements/docs.in -o requirements/docs.txt --upgrade -q
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --extra reports --extra many --extra mqtt --extra sapient pyproject.toml \
	  -c requirements/dev.txt -o requirements/run.txt --upgrade -q
	for peer in sapient taky mavsdk oidc; do uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links requirements/peer-$$peer.in -o requirements/peer-$$peer.txt --upgrade -q; done

clean: ## remove what was built
	rm -rf $(VENV) $(PEERS) dist build console/node_modules src/watchline/server/console_dist
