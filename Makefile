# `make help` lists what there is. Each target sets up what it needs; scripts/install-packages says what it installs.
SHELL := /bin/sh
.DEFAULT_GOAL := help
export CMD
DEBUG := $(CURDIR)/.build/debug/backupctl
# Those in Volumes and Guest are run by scripts/guest-test, which knows where they can be.
PYTHON_TESTS := bench/test_run.py $(filter-out Tests/Volumes/% Tests/Guest/%,$(sort $(wildcard Tests/*/test_*.py)))
SCRIPTS := $(sort $(wildcard scripts/*) .ci/run Tests/Fixtures/make-repository)
FUZZ_ITERATIONS ?= 200000
MODEL_LOG := .build/model-test.log
# What `make test` runs on real thin pools: where that takes a virtual machine, all of it takes too long for each change.
GUEST_SUITES := test_bases test_differences

.PHONY: help setup build release demo drill test guest guest-test guest-long check format bench fuzz killed

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

setup: ## install the packages that building needs
	@scripts/install-packages build

build: setup ## build for debugging: .build/debug/backupctl
	swift build --product backupctl

release: setup ## build for use: .build/release/backupctl
	swift build -c release --product backupctl --static-swift-stdlib

demo: release ## archive, change, verify and restore real directories of this machine
	@scripts/install-packages demo
	scripts/demo

drill: release ## rehearse everything on a thin pool made for it: SIZE=256MiB
	@scripts/install-packages guest drill
	scripts/drill $(if $(SIZE),--size $(SIZE))

test: ## install what the tests need, build and run them all
	@scripts/install-packages build test guest
	swift build --build-tests
	scripts/swift-test --skip PruneModelTests
	@# Thousands of sequences take a core for minutes, and the suites in Python leave one free for most of the time.
	@set -e; PRUNE_SEQUENCES=$${PRUNE_SEQUENCES:-2000} SWIFT_TEST_LOG=$(MODEL_LOG) nice setsid scripts/swift-test --filter PruneModelTests >/dev/null & model=$$!; \
	trap 'kill -- -$$model 2>/dev/null || true' EXIT; \
	for file in $(PYTHON_TESTS); do \
	  echo "$$file"; BACKUPCTL="$(DEBUG)" PYTHONDONTWRITEBYTECODE=1 python3 "$$file"; done; \
	echo "PruneModelTests"; wait $$model; tail -n 1 $(MODEL_LOG)
	SEQUENCES=$${SEQUENCES:-20} scripts/guest-test $(GUEST_SUITES)

guest: ## run one command where there are thin pools, in a virtual machine: CMD='lvs --version'
	@scripts/install-packages guest
	@[ -n "$$CMD" ] || { echo "error: cannot run nothing: say what, as in make guest CMD='lvs --version'" >&2; exit 64; }
	@scripts/guest -- sh -c "$$CMD"

guest-test: ## build and run the suites on real thin pools, in the virtual machine where this kernel has none
	@scripts/install-packages build test guest
	swift build --build-tests
	swift build -c release --product backupctl --static-swift-stdlib
	BACKUPCTL="$(CURDIR)/.build/release/backupctl" scripts/guest-test $(SUITES)

guest-long: ## the same for long: 300 random sequences, 100 kills, cuts of the power: SEED=1
	@scripts/install-packages build test guest
	swift build --build-tests
	swift build -c release --product backupctl --static-swift-stdlib
	BACKUPCTL="$(CURDIR)/.build/release/backupctl" scripts/guest-test --long $(SUITES)

check: ## lint, compare with the rules of the architecture, compile scripts
	@scripts/install-packages build check
	swift format lint --strict -r Package.swift Sources Tests
	@for file in $(SCRIPTS); do \
	  case "$$(head -n 1 "$$file")" in *python3*) ;; *bash*) bash -n "$$file" || exit 1 ;; *) sh -n "$$file" || exit 1 ;; esac; done
	@python3 -c 'import sys; [compile(open(name, "rb").read(), name, "exec") for name in sys.argv[1:]]' \
	  $$(git ls-files '*.py' && git grep -lI '^#!.*python3' -- ':!*.py')
	swift build --build-tests
	scripts/swift-test --filter ArchitectureTests

format: ## format the Swift sources in place
	swift format -i -r Package.swift Sources Tests

bench: release ## compare with tar, rsync, restic and borg; docs/benchmarks.md has the method
	@scripts/install-packages bench
	bench/run
	swift build -c release --product overhead --static-swift-stdlib
	.build/release/overhead

fuzz: ## run the fuzz tests and the model of a repository for long: FUZZ_ITERATIONS=200000 PRUNE_SEQUENCES=10000 SEED=1
	@scripts/install-packages build
	swift build --build-tests
	FUZZ_ITERATIONS=$(FUZZ_ITERATIONS) scripts/swift-test --filter Fuzz
	PRUNE_SEQUENCES=$${PRUNE_SEQUENCES:-10000} scripts/swift-test --filter PruneModelTests

killed: release ## kill real runs and restores 200 times and resume them, lose disks, read beside prunes: SEED=1 KILLS=200
	BACKUPCTL="$(CURDIR)/.build/release/backupctl" KILLS=$${KILLS:-200} python3 Tests/Killed/test_run_killed.py
	BACKUPCTL="$(CURDIR)/.build/release/backupctl" KILLS=$${KILLS:-200} python3 Tests/Killed/test_restore_killed.py
	BACKUPCTL="$(CURDIR)/.build/release/backupctl" MOMENTS=$${MOMENTS:-50} python3 Tests/Retention/test_lost_disk.py
	BACKUPCTL="$(CURDIR)/.build/release/backupctl" READ_SECONDS=$${READ_SECONDS:-600} GRACE=$${GRACE:-20} python3 Tests/Retention/test_readers_beside_prune.py
