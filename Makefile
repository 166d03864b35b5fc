# The newcomer's way in. `make demo` and `make test` install what they lack; a second run asks the network for nothing.
#
# Downloads are kept in XUNGE_CACHE, else XDG_CACHE_HOME/xunge, else ~/.cache/xunge (scripts/xunge_setup/cache.py decides).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test setup setup-test build lint deny throughput clean-cache

# Debian's own Python: what setup installs is built for it
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
export PYTHONDONTWRITEBYTECODE := 1
setup := $(PYTHON) scripts/setup.py
deny_version := 0.20.2

# asked only by rules that have Python for certain
cache = $(shell $(setup) where)
target = $(or $(CARGO_TARGET_DIR),target)
# what the built programs and their tests are told: one cache for all, our Node.js first
environment = XUNGE_CACHE="$(cache)" PATH="$(cache)/node/bin:$$PATH"

help:
	@echo "make demo         build everything, start the centre and an edge with two cameras · 构建并启动演示"
	@echo "make test         all tests · 全部测试"
	@echo "make setup        only install what is missing · 仅安装依赖"
	@echo "make build        build the programs for use, in target/release · 构建正式程序"
	@echo "make lint         formatting, clippy, licences and advisories · 静态检查"
	@echo "make throughput   what a live camera costs, beside a Python stack · 与 Python 方案比较开销"
	@echo "make clean-cache  remove everything that was downloaded · 删除下载缓存"

have-python:
	@command -v $(PYTHON) >/dev/null || { printf 'xunge: python3 is missing: run "apt-get install python3" as root\n       缺少 python3：请以 root 运行 apt-get install python3\n' >&2; exit 1; }
.PHONY: have-python

setup: have-python
	@$(setup)

setup-test: have-python
	@$(setup) system packages test-packages onnxruntime node models clip console

build: setup
	@$(environment) cargo build --release --package xunge-central --package xunge-edge --bins

demo: setup
	@$(environment) cargo build --package xunge-central --package xunge-edge --package xunge-demo --bins
	@$(environment) $(target)/debug/xunge-demo $(DEMO)

# Everything is built first, programs too: tests of one crate start the programs of others.
test: setup-test
	@$(environment) cargo build --workspace --all-targets
	@$(environment) $(PYTHON) -m unittest discover --start-directory scripts/tests --top-level-directory scripts
	@cd central/console && $(environment) npm run --silent test:unit
	@$(environment) $(PYTHON) scripts/run_tests.py --workspace

lint: setup-test deny
	@cargo fmt --all --check
	@$(environment) cargo clippy --workspace --all-targets -- -D warnings

deny: have-python
	@scripts/deny.sh "$(cache)" $(deny_version)

# beside the usual Python stack, which gets an environment of its own
throughput: setup-test
	@$(environment) cargo build --release --package xunge-edge --package xunge-benches --bins
	@$(PYTHON) -m venv "$(cache)/peers"
	@"$(cache)/peers/bin/pip" install --quiet --no-deps --requirement benches/peers/requirements.txt
	@$(environment) $(target)/release/throughput --cameras 1 --peer "$(cache)/peers/bin/python" $(THROUGHPUT)

clean-cache: have-python
	@echo "removing $(cache)"; rm -rf "$(cache)"
