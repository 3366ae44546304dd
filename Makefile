# SPDX-License-Identifier: Apache-2.0
#
# The front door: short names for what CMake and scripts/ do. `make help` lists them.

PREFIX ?= /usr/local
DESTDIR ?=
LISTEN ?= [::]:50051
TEST_ARGS ?=

CONFIGURE = cmake --log-level=ERROR -DTERN_WERROR=ON
JOBS := $(shell nproc 2>/dev/null || echo 2)
# One line of progress on a terminal, silence elsewhere.
NINJA := ninja $(shell test -t 2 || echo --quiet)
CTEST = ctest --output-on-failure -j$(JOBS) $(TEST_ARGS)

.DEFAULT_GOAL := build
.PHONY: help deps build demo run test bench bench-h2 bench-codec release asan tsan valgrind clang interop conformance protos package-test bare-root \
        h2spec hpack-stories attacks coverage \
        check lint format install clean prove

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  PREFIX=$(PREFIX) and DESTDIR= are for install, LISTEN=$(LISTEN) for run,"
	@echo "  TEST_ARGS= for all that run tests (as in TEST_ARGS='-R h2_')."

deps: ## install the Debian packages that are missing (apt; root or sudo)
	@scripts/deps test

build: deps build/release/build.ninja ## libraries, generator and examples, in build/bin and build/release/lib
	@$(NINJA) -C build/release product
	@ln -sfn release/bin build/bin

demo: build ## the Echo server and one call to it
	@scripts/demo

run: build ## the Echo server in the foreground, until Ctrl-C
	@exec build/bin/echo-server --listen '$(LISTEN)'

test: deps build/debug/build.ninja ## all tests, assertions on
	@$(NINJA) -C build/debug
	@cd build/debug && $(CTEST)

release asan tsan valgrind clang: %: deps build/%/build.ninja
	@$(NINJA) -C build/$*
	@cd build/$* && $(CTEST)
release: ## all tests, optimised, without assertions
asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
tsan: ## all tests under ThreadSanitizer
valgrind: ## all tests under valgrind
clang: ## all tests as clang builds them, optimised

interop: build ## calls to and from Python's grpcio
	@scripts/deps interop
	@scripts/interop

conformance: build ## Google's protobuf conformance suite, nothing left out (fetched by npm)
	@scripts/conformance || [ $$? = 77 ]

protos: build ## other people's .proto files through three compilers and back (fetched by npm and pip)
	@scripts/deps protos
	@tests/compiler/compilers || [ $$? = 77 ]
	@scripts/protos || [ $$? = 77 ]

h2spec: build ## summerwind's h2spec, strict, server and client mode (installed by Go)
	@scripts/h2spec || [ $$? = 77 ]

hpack-stories: deps build/debug/build.ninja ## the 446 stories of hpack-test-case, where they are at hand
	@scripts/hpack-stories || [ $$? = 77 ]

attacks: build ## attacks on live servers: answers, memory, CPU, and how others fare
	@scripts/attacks

coverage: ## branches of frames, HPACK, flow control and streams that tests take: all but a reviewed list
	@scripts/deps coverage
	@scripts/coverage

package-test: deps ## install to a temporary prefix and build projects against it
	@tests/package/run

bare-root: ## demo and test in a fresh Debian root (needs root and debootstrap)
	@scripts/bare-root

check: build ## the rules: layers, sizes, names, banned words, paths
	@scripts/deps lint
	@scripts/check

lint: check ## the rules, the format and clang-tidy
	@scripts/lint

format: ## clang-format on all hand-written C
	@scripts/deps lint
	@scripts/format

bench: build ## server CPU per call of the Echo server, beside the floor
	@scripts/deps bench
	@bench/echo

bench-codec: build ## protobuf codecs beside upb, protobuf-c and C++
	@scripts/deps codec
	@bench/codec/versus $(BENCH_CODEC)

bench-h2: build ## HPACK, HTTP/2 and gRPC framing in memory: times; BENCH_ARGS=--instructions counts, and judges
	@$(NINJA) -C build/release bench-h2
	@bench/h2/run $(BENCH_ARGS)

prove: ## the full-length runs; hours; writes docs/proof/DATE.md
	@scripts/prove

install: build ## libraries, headers, generator, CMake and pkg-config files, below PREFIX
	@DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)'
	@[ -n '$(DESTDIR)' ] || [ "$$(id -u)" != 0 ] || ldconfig

clean: ## remove build/
	@rm -rf build

# What a preset needs beyond the rest is installed when it is first configured.
build/%/build.ninja:
	@scripts/deps test $(filter clang valgrind,$*) $(patsubst fuzz,clang,$(filter fuzz,$*))
	@mkdir -p build
	@$(CONFIGURE) --preset $* > build/$*.log 2>&1 || { cat build/$*.log; exit 1; }
