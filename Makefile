# Aggregator: `make run` on a bare machine with Python 3.11 to 3.14 is all it takes.
#
#   make run        install into .venv if need be, then run the daemon on ./config.toml,
#                   which it reads again whenever you save it
#   make demo       the daemon on sample feeds of its own; needs no network
#   make test       the tests                      (one of them: make test ARGS=tests/config)
#   make exhaustive the proofs that take many minutes: a thousand kills, hostile feeds for a day, ...
#   make check      lint, formatting and types
#   make bench      the measurements               (one of them: make bench BENCH=store)
#   make docs       write the generated part of docs/configuration.md
#   make lock       work out the lock files anew   (after a change in pyproject.toml)
#   make install    for an administrator: docs/administration.md
#   make uninstall
#   make clean      remove .venv and caches; never your database
#
# PYTHON=python3.12 chooses the interpreter; ARGS=... is handed to what is run.

# The first interpreter that is new enough and can make virtual environments.
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.14 python3.11; do \
	"$$python" -c '$(SUITABLE)' 2>/dev/null && { echo "$$python"; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

# Where `make install` puts things. DESTDIR is for package builders.
PREFIX ?= /opt/aggregator
BINDIR ?= /usr/local/bin
SYSCONFDIR ?= /etc/aggregator
UNITDIR ?= /etc/systemd/system
SYSUSERSDIR ?= /etc/sysusers.d
DESTDIR ?=

.PHONY: run demo test exhaustive check bench docs lock install uninstall clean check-python
.DEFAULT_GOAL := run

run: $(VENV)/.runtime
	@$(BIN)/aggregator run --watch $(ARGS)

demo: $(VENV)/.runtime
	@$(BIN)/aggregator demo $(ARGS)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest $(ARGS)

exhaustive: $(VENV)/.dev
	@$(BIN)/python -m pytest -m exhaustive -s $(ARGS)

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/.dev
	@for script in benchmarks/*$(BENCH)*.py; do \
		echo "== $$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; done

docs: $(VENV)/.runtime
	@$(BIN)/python -m aggregator.config.reference docs/configuration.md

# --- The environment: two stamps, so that a second run starts at once --------------------------

# The project is installed in place (--editable): a change of the code needs no new install.
EDITABLE := --no-deps --no-build-isolation --editable .

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) (once; a minute or two)"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install $(EDITABLE)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the tools for development"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(BIN)/python:
	@$(MAKE) --no-print-directory check-python
	@"$(PYTHON)" -m venv $(VENV)

# Says which of the two is missing: the version or the module.
check-python:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { \
		echo "$(PYTHON) is $$("$(PYTHON)" --version 2>&1), but 3.11 to 3.14 is needed. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# --- Lock files --------------------------------------------------------------------------------

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml
# To take newer versions as well: make lock ARGS=--upgrade

lock: | $(BIN)/python
	@$(PIP) install 'uv>=0.9,<1'
	@$(LOCK) --group build $(ARGS) --output-file requirements.lock
	@$(LOCK) --group build --group dev $(ARGS) --constraint requirements.lock --output-file requirements-dev.lock

# --- For an administrator ----------------------------------------------------------------------

ROOT = $(DESTDIR)$(PREFIX)
# The unit files name the default places; these are put in their stead.
PLACES := -e 's|/opt/aggregator|$(PREFIX)|g' -e 's|/etc/aggregator|$(SYSCONFDIR)|g'

install: check-python
	@case "$$(readlink -f "$$(command -v "$(PYTHON)")")" in /home/*|/root/*) \
		echo "$(PYTHON) lies in a home directory, which the service cannot see. Name the system's: make install PYTHON=/usr/bin/python3" >&2; exit 1;; esac
	install -d -m 755 "$(ROOT)" "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(SYSCONFDIR)" "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(SYSUSERSDIR)"
	"$(PYTHON)" -m venv "$(ROOT)/venv"
	"$(ROOT)/venv/bin/python" -m pip --disable-pip-version-check -qq install --require-hashes --requirement requirements.lock
	"$(ROOT)/venv/bin/python" -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation --force-reinstall .
	if [ -n "$(DESTDIR)" ]; then grep -rlIF "$(DESTDIR)" "$(ROOT)/venv/bin" "$(ROOT)/venv/pyvenv.cfg" | xargs -r sed -i 's|$(DESTDIR)||g'; fi
	ln -sf "$(PREFIX)/venv/bin/aggregator" "$(DESTDIR)$(BINDIR)/aggregator"
	sed -e 's|^# path = "/var/lib/|path = "/var/lib/|' config.toml > "$(DESTDIR)$(SYSCONFDIR)/config.toml.dist"
	chmod 644 "$(DESTDIR)$(SYSCONFDIR)/config.toml.dist"
	[ -e "$(DESTDIR)$(SYSCONFDIR)/config.toml" ] || cp "$(DESTDIR)$(SYSCONFDIR)/config.toml.dist" "$(DESTDIR)$(SYSCONFDIR)/config.toml"
	for unit in aggregator.service aggregator-poll.service aggregator-poll.timer; do \
		sed $(PLACES) "systemd/$$unit" > "$(DESTDIR)$(UNITDIR)/$$unit" && chmod 644 "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; done
	install -m 644 systemd/aggregator.sysusers "$(DESTDIR)$(SYSUSERSDIR)/aggregator.conf"
	if [ -z "$(DESTDIR)" ] && ! getent passwd aggregator >/dev/null; then \
		if command -v systemd-sysusers >/dev/null; then systemd-sysusers "$(SYSUSERSDIR)/aggregator.conf"; \
		else useradd --system --home-dir /var/lib/aggregator --shell /usr/sbin/nologin aggregator; fi; fi
	if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Installed. Next: edit $(SYSCONFDIR)/config.toml, then: systemctl enable --now aggregator"

# The configuration, the database and the user stay: docs/administration.md says how to remove them.
uninstall:
	if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
		systemctl disable --now aggregator.service aggregator-poll.timer 2>/dev/null || true; fi
	rm -f "$(DESTDIR)$(UNITDIR)/aggregator.service" "$(DESTDIR)$(UNITDIR)/aggregator-poll.service" "$(DESTDIR)$(UNITDIR)/aggregator-poll.timer"
	rm -f "$(DESTDIR)$(SYSUSERSDIR)/aggregator.conf" "$(DESTDIR)$(BINDIR)/aggregator" "$(DESTDIR)$(SYSCONFDIR)/config.toml.dist"
	rm -rf "$(ROOT)/venv"
	-rmdir "$(ROOT)" 2>/dev/null
	if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Removed. Kept: $(SYSCONFDIR)/config.toml and /var/lib/aggregator"

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
