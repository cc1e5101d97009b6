# Every command of this project; `make help` lists them. The work is done in scripts/.
.DEFAULT_GOAL := help
.PHONY: help demo build test test-engine test-fuzz test-extension test-php test-browser test-autobahn test-soak test-valgrind \
	test-matrix test-php84 test-composer test-client bench stubs-check lint docs install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: ## install what is missing, build, start the chat and print its address
	@scripts/demo

build: ## build the extension: target/release/libferry.so
	@scripts/install build
	cargo build --release --locked

test: ## install what is missing and run every suite; the last line is the sum
	@scripts/install
	@scripts/run-tests

test-engine: ## the engine in Rust, without PHP
	@scripts/run-tests engine

test-fuzz: ## the engine's fuzz targets, 20 seconds each
	@scripts/install fuzz
	@scripts/run-tests fuzz

test-extension: ## the extension's behaviour inside PHP (tests/extension/*.phpt) and its stubs
	@scripts/install build
	@scripts/run-tests build stubs extension

test-php: ## the Composer package (tests/php), with PHPUnit
	@scripts/install build demo test
	@scripts/run-tests build php

test-browser: ## the chat in Chromium; SCREENSHOTS=1 renews docs/screenshots
	@scripts/install build demo browser npm
	@scripts/run-tests build browser

test-client: ## the browser client, in Node.js
	@scripts/install browser npm
	@scripts/run-tests client

test-autobahn: ## Autobahn's protocol suite; CASES="1.* 12.*" runs some
	@scripts/install build
	@scripts/run-tests build autobahn

test-soak: ## memory under many connections and messages
	@scripts/install build
	@scripts/run-tests build soak

test-valgrind: ## leaks and invalid reads under valgrind
	@scripts/install build valgrind
	@scripts/run-tests build valgrind

test-php84: ## extension and package on PHP 8.4, in a Debian root of its own
	@scripts/install build matrix
	@scripts/run-tests php84

test-matrix: ## the package on Symfony 5.4, 6.4, 7.4 and Laravel 8, 10, 13
	@scripts/install build demo test matrix
	@scripts/run-tests build symfony-5.4 symfony-6.4 symfony-7.4 laravel-8 laravel-10 laravel-13

test-composer: ## what the README's quick starts type, in a fresh application, with Composer
	@scripts/install build demo test
	@scripts/run-tests build composer

bench: build ## benchmarks; target/bench has the results
	benches/run

stubs-check: build ## stubs/*.php against the extension's reflection
	@scripts/stubs-check

lint: ## formatting, clippy, PHP and shell syntax, generated documents
	@scripts/lint

docs: ## renew the documents that are generated from stubs/
	@scripts/options-doc > docs/options.md

install: ## install what is missing for all of the above
	@scripts/install

clean: ## remove what was built
	cargo clean
	rm -rf tests/browser/node_modules
