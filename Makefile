# Everything for a fresh checkout. `make lab` and `make test` install what is missing and say so first.

LAB ?= 05_oom
# Tests at a time. Some start virtual machines: more than two of those starve each other on small hosts.
JOBS ?= 2
# More words for pytest: make test ARGS="-k oom -x"
ARGS ?=
# The Python to make .venv from: make lab PYTHON=python3.12
PYTHON ?=

BIN := .venv/bin
SETUP := PYTHON='$(PYTHON)' sh containers/host/setup.sh
SCRIPTS := containers/host/setup.sh .ci/run

.DEFAULT_GOAL := help
.PHONY: help lab test guide session lint image ready ready-dev lock clean

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: ready ## set everything up, start lab 05, show its to-do list
	@$(BIN)/ramlab start $(LAB) --no-shell
	@status=0; $(BIN)/pytest labs/$(LAB) || status=$$?; \
	case $$status in \
	  0|1) ;; \
	  *) echo "pytest ended with status $$status: that is no open task, something is broken or missing; it says so above." >&2; \
	     echo "Next: $(BIN)/ramlab doctor" >&2; exit $$status ;; \
	esac
	@echo; \
	echo "The machine is up; open tasks are yours to do. Type next:"; \
	printf '  %-25s %s\n' \
	  ". $(BIN)/activate" "once in every terminal; then" \
	  "ramlab shell $(LAB)" "a root shell in the machine" \
	  "pytest labs/$(LAB)" "what is done and what is not" \
	  "ramlab hint $(LAB)" "when you are stuck" \
	  "ramlab stop $(LAB)" "when you are done"

test: lint image ## install what the suite's own tests need, lint, run them
	@# A file's tests stay together (loadfile): its machines are started once.
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

guide: ready-dev ## the book as a site in dist/guide, warnings being errors
	$(BIN)/python -m ramlab.guide.coverage
	$(BIN)/sphinx-build -W --keep-going -q guide dist/guide
	@echo "$(CURDIR)/dist/guide/index.html    or: $(BIN)/ramlab guide"

session: ready-dev image ## type the guide's session of lab 05 into a machine again, and draw it; make guide takes what is there
	$(BIN)/python -m ramlab.guide.session

lint: ready-dev ## ruff, mypy, and shellcheck where it is installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if command -v shellcheck >/dev/null; then echo shellcheck $(SCRIPTS); shellcheck $(SCRIPTS); \
	else echo "shellcheck is not installed: the shell scripts were not looked at"; fi

# Image and template are built here, where one sees it, and not in a test that waits in silence.
# Where they cannot be, the tests that need them say so one by one: hence the `-`.
image: ready
	@echo "Image and template for the tests: used again if they are there, else built now"
	-@$(BIN)/ramlab start $(LAB) --student make-test --no-shell >/dev/null && \
	$(BIN)/ramlab stop $(LAB) --student make-test >/dev/null

ready: ## install what the labs need, nothing else
	@$(SETUP) run

ready-dev:
	@$(SETUP) dev

# The lock files hold versions and hashes, never an address, so that they serve behind any mirror.
# pip-tools stays out of .venv: it brings its own ideas of setuptools and wheel.
COMPILE = pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

# An extra that names another one makes pip-compile list ramlab itself, by this folder and without a hash: out with that.
lock: ready ## remake requirements/*.txt from pyproject.toml
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(BIN)/python -m venv "$$tools" && "$$tools/bin/pip" install --quiet pip-tools && \
	PATH="$$tools/bin:$$PATH" && \
	$(COMPILE) --output-file requirements/run.txt pyproject.toml requirements/build.in && \
	$(COMPILE) --output-file requirements/dev.txt --extra dev --constraint requirements/run.txt pyproject.toml requirements/build.in && \
	sed -i '/^# WARNING: pip install will require/,/^    # via ramlab (pyproject.toml)$$/d' requirements/dev.txt && \
	$(COMPILE) --output-file requirements/workshop.txt --extra workshop --constraint requirements/dev.txt pyproject.toml requirements/build.in

clean: ## remove .venv and the tools' caches; machines and the image stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
