# The two commands to know are `make demo` and `make test`; each sets up what it needs. `make help` lists all.
PYTHON ?= python3
BIN := .venv/bin
PREFIX ?=
DEMO_OPTIONS ?=

.PHONY: help demo test test-example test-long check format install clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: ## Start omeropyr with an embedded OMERO server and demo images (DEMO_OPTIONS="--port 4081")
	@$(PYTHON) tools/bootstrap.py demo
	@exec $(BIN)/omeropyr demo $(DEMO_OPTIONS)

test: ## Run the unit, functional and browser tests, and those of the example add-on
	@$(PYTHON) tools/bootstrap.py test
	$(BIN)/python -m pytest tests -m "not long"
	@$(MAKE) --no-print-directory test-example

test-example: ## Install the example add-ons apart from everything, and run their tests
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
		--target .venv/examples examples/hello examples/panel
	PYTHONPATH=.venv/examples $(BIN)/python -m pytest examples/hello
	PYTHONPATH=.venv/examples $(BIN)/python -m pytest examples/panel

test-long: ## Run the tests that take long, too
	@$(PYTHON) tools/bootstrap.py test
	$(BIN)/python -m pytest tests
	@$(MAKE) --no-print-directory test-example

check: ## Check format, lint, types, JavaScript and licences
	@$(PYTHON) tools/bootstrap.py test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	npx --no-install biome check omeropyr
	npx --no-install tsc --noEmit -p tsconfig.json
	$(BIN)/python tools/icons.py --check
	$(BIN)/python -W ignore tools/embedded_operations.py --check
	$(BIN)/python tools/licences.py

format: ## Format Python and JavaScript
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .
	npx --no-install biome check --write omeropyr

install: ## Install for an admin: make install PREFIX=/opt/omeropyr
	@test -n "$(PREFIX)" || { echo "Say where: make install PREFIX=/opt/omeropyr"; exit 1; }
	@$(PYTHON) tools/bootstrap.py install --venv "$(PREFIX)"
	@test -e "$(PREFIX)/production.ini" || cp production.ini "$(PREFIX)/production.ini"
	@echo "Installed. Edit $(PREFIX)/production.ini, then: $(PREFIX)/bin/omeropyr serve --ini $(PREFIX)/production.ini"

clean: ## Remove what make made here (the wheel cache and demo data stay)
	rm -rf .venv node_modules build dist *.egg-info omeropyr/web/static/vendor
