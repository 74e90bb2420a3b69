# Pollux. The two commands that a new user needs are `make serve` and `make test`; both install what they lack.

CONFIG ?= config/pollux.json
ARGS ?=
# The Swift library linked in, generics specialised over modules, no checks of exclusive access at run time, since every class here has one owner.
RELEASE := -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked -Xswiftc -cross-module-optimization
BINARY := .build/release/pollux
VENV := .build/venv
# Where the load generator and its comparison lie, and how many rounds are run.
BENCH ?= ../shared/bench
ROUNDS ?= 3

BUILD_PACKAGES := libcurl4-openssl-dev libjansson-dev libsqlite3-dev libssl-dev pkg-config
TEST_PACKAGES := curl gcc libc6-dev python3-venv openssl nghttp2-client testssl.sh sslscan nginx-light nodejs node-acorn \
	chromium chromium-driver firefox-esr webkit2gtk-driver xvfb python3-pyqt5.qtwebkit
BENCH_PACKAGES := nginx-light libnginx-mod-nchan redis-server gcc libc6-dev libsqlite3-dev procps

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# Installs those of some Debian packages that are missing.
define install
	@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "Installing" $$missing "..."; \
		$(SUDO) apt-get update -qq && \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

.PHONY: help build serve test bench bench-ledger bench-tls site format lint clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

build:  ## Build the server for release
	$(call install,$(BUILD_PACKAGES))
	@echo "Building for release (some minutes the first time) ..."
	@swift build $(RELEASE) --product pollux --quiet 2>&1 | { grep -v 'mktemp' || true; }

serve: build  ## Build, and serve on http://127.0.0.1:8080 with the demo channel `date`
	@exec $(BINARY) serve --config $(CONFIG) $(ARGS)

# What `make test` runs: all, or by PART `units`, `binary`, `checked`, a folder of Tests/EndToEnd (`browser`, `ledger`), or the modules in
# all of them whose names begin so (`widgets`, `polyfill`).
PART ?=
# `checked` is the binary for debugging, which traps what the one for release lets pass: two that access one value, numbers that
# overflow. It has all of the suite but what is about the pages, which is the same with either, and what is heavy: it is slower by far.
CHECKED := .build/debug/pollux
PYTEST := $(VENV)/bin/python -m pytest -q -n 3 --dist loadfile
MODULES := $(if $(filter-out binary,$(PART)),$(or $(wildcard Tests/EndToEnd/$(PART)/.),$(wildcard Tests/EndToEnd/*/test_$(PART)*.py),Tests/EndToEnd/test_$(PART)*.py),Tests/EndToEnd)

test: build  ## Run all tests: of the sources, and of the binary by clients that others wrote and a browser; or PART=units, PART=ledger ...
	$(call install,$(TEST_PACKAGES))
ifneq ($(filter units,$(or $(PART),units)),)
	@echo "Testing the sources ..."
	@swift test --quiet
endif
ifneq ($(PART),units)
	@[ -x $(VENV)/bin/python ] || python3 -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/EndToEnd/requirements.txt -r Scripts/site/requirements.txt
	@# Only for the copy of axe that it brings: it would bring browsers, too.
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps axe-playwright-python==0.1.8
ifneq ($(PART),checked)
	@echo "Testing the binary ..."
	@POLLUX_BINARY=$(CURDIR)/$(BINARY) $(PYTEST) $(MODULES)
endif
ifneq ($(filter checked,$(or $(PART),checked)),)
	@echo "Testing the binary once more, with all checks at run time ..."
	@swift build --quiet --product pollux
	@POLLUX_BINARY=$(CURDIR)/$(CHECKED) $(PYTEST) -m "not heavy" --ignore Tests/EndToEnd/browser Tests/EndToEnd
endif
endif

bench: build  ## Measure fan-out beside nchan and the least possible server; about 8 minutes
	$(call install,$(BENCH_PACKAGES))
	@$(BINARY) serve --config $(CONFIG) --port 19003 --loops 1 --set ledger=memory & pollux=$$!; \
	trap "kill $$pollux" EXIT; sleep 1; \
	bash $(BENCH)/compare.sh 19003 $$pollux $(ROUNDS)

bench-ledger: build  ## Measure what it costs to keep events, beside nchan, Redis and a plain SQLite loop; about 10 minutes
	$(call install,$(BENCH_PACKAGES))
	@python3 Tests/Benchmarks/ledger.py --binary $(BINARY) --bench $(BENCH) --rounds $(ROUNDS)

bench-tls: build  ## Measure TLS and HTTP/2 beside nginx with nchan; about 4 minutes
	$(call install,$(BENCH_PACKAGES) openssl nghttp2-client)
	@python3 Tests/Benchmarks/tls.py --binary $(BINARY) --bench $(BENCH) --rounds $(ROUNDS)

site:  ## Put together the pages and the documentation for a static host, in site/
	$(call install,python3-venv)
	@[ -x $(VENV)/bin/python ] || python3 -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r Scripts/site/requirements.txt
	@$(VENV)/bin/python Scripts/site/build.py site
	@echo "site/ is ready to be pushed to a static host. The dashboard finds its server by index.html?server=https://..."

format:  ## Put the sources into their format
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

lint:  ## Check the format of the sources
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests

clean:  ## Remove what was built
	@rm -rf .build
