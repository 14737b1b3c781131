# Everything is done by plain Go commands and the scripts beside this file; `make help` lists the targets.

# No test may hang for ever; the slowest of them kill servers for a few minutes.
TIMEOUT   ?= 20m
# Further flags of `go test`, e.g. make test TESTFLAGS='-v -run Wallet' PKG=./internal/store
TESTFLAGS ?=
PKG       ?= ./...
FUZZTIME  ?= 30s
# Such as -short, or -engines SQLite
BENCHFLAGS ?=
ROWS      ?= 10000000
# The simulation's seeds; SEED=4711 runs that one alone and prints all that happens in it
SEEDS     ?= 10000
SEED      ?=
# Such as -seed 4711, -engines sqlite, -kills 20 or -keep (logs and histories)
TORTUREFLAGS ?=
# Such as -keep (the logs) or -only switchover
FAILOVERFLAGS ?=

export FUZZTIME

# The program is pure Go, and tests and checks compile the same packages as it: with cgo on, half of them again.
export CGO_ENABLED = 0

.DEFAULT_GOAL := help
.PHONY: help build setup test race check lint bench bench-full profile sim fuzz torture failover clean withpg

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the program: bin/berth
	go build -trimpath -o bin/berth ./cmd/berth

setup: ## what the tests need besides Go (installs Debian packages when run as root)
	@scripts/test-setup

# Built and not `go run`: that would hide the exit code and keep signals to itself.
withpg:
	@go build -o bin/withpg ./internal/pgtest/cmd/withpg
	@go build -o bin/secretscan ./scripts/secretscan

# What the tests print and log is looked through for keys and passwords; the logs stay in bin/logs.
# They don't vet once more: what go vet finds out about the dependencies serves no other set of checks, and takes as long again.
TESTING = bin/withpg -- bin/secretscan -keep bin/logs -- go test -vet=off

test: setup withpg ## vet and all tests, beside a throw-away PostgreSQL; no secret may be in what they log
	go vet $(PKG)
	$(TESTING) -timeout $(TIMEOUT) $(TESTFLAGS) $(PKG)

race: setup withpg ## all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(TESTING) -race -timeout $(TIMEOUT) $(TESTFLAGS) $(PKG)

check: ## staticcheck and gosec (the first run builds them, which takes minutes)
	@scripts/check

lint: ## formatting, vet, writes outside transactions, pinned pairs
	@scripts/lint

BENCH = bin/withpg -- go run ./internal/bench -o docs/benchmarks.md -scaling docs/scaling.md

bench: setup withpg ## measures orders a second; writes docs/benchmarks.md and the figures of docs/scaling.md
	$(BENCH) $(BENCHFLAGS)

bench-full: setup withpg ## the same with ROWS (10000000) orders in the tables, too (an hour, 40 GB of disk)
	$(BENCH) -rows $(ROWS) $(BENCHFLAGS)

# On a cluster of its own, which counts its statements.
profile: setup ## where the processor's time of an order goes, on both engines; bin/profile keeps the profiles
	@go build -o bin/bench ./internal/bench
	bin/bench -profile bin/profile -period 10s $(BENCHFLAGS)

sim: ## SEEDS (10000) simulated minutes of faults, replicas dying and clocks jumping (1 to 4 minutes)
	go test -count=1 -timeout $(TIMEOUT) -v -run TestSeeds ./internal/simulate -seeds $(SEEDS) $(if $(SEED),-seed $(SEED))

fuzz: ## every fuzz target for FUZZTIME (30s) each
	@scripts/fuzz

torture: setup build ## servers and PostgreSQL killed 220 times under load, the network cut and stalled (6 minutes)
	@go build -o bin/torture ./internal/torture
	bin/torture -berth bin/berth $(TORTUREFLAGS)

failover: build ## three PostgreSQL under Patroni, killed, stalled and switched under load (3 minutes)
	@scripts/failover-setup
	@go build -o bin/failover ./internal/failover
	bin/failover -berth bin/berth -deploy deploy $(FAILOVERFLAGS)

clean: ## removes what the targets above made
	rm -rf bin
