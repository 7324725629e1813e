# `make` alone explains itself. Only `make setup` needs anything of the machine (Node 20 or newer, npm); all else runs on what it installs.

.DEFAULT_GOAL := help
.PHONY: help setup run test check check-style check-types check-tests golden feature docs crds protos assets images charts kind kind-down conformance conformance-down bench bench-propagation

# The installed Node and tools before the machine's; not for `npm ci` itself, which replaces them while it runs.
tools := PATH="$(CURDIR)/node_modules/.bin:$$PATH"
node := $(tools) node --disable-warning=ExperimentalWarning
jest := $(tools) NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning' jest

# Port of the sample backend that examples/quickstart.yaml names.
sample_backend ?= 3000

# Not the cluster of `make kind`, which somebody may look at.
conformance_cluster ?= conformance

help: ## Show this list
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then on=$$(printf '\033[36m'); off=$$(printf '\033[0m'); fi; \
	awk -v on="$$on" -v off="$$off" 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %smake %-18s%s %s\n", on, $$1, off, $$2 }' $(MAKEFILE_LIST)

setup: ## Install Node 24 and the packages, generate the Envoy API (the second time it takes no time)
	@want=$$(cksum package.json package-lock.json); \
	if [ "$$want" != "$$(cat node_modules/.installed 2>/dev/null)" ]; then \
		command -v npm >/dev/null || { echo 'setup: npm is needed: install Node 20 or newer' >&2; exit 1; }; \
		echo 'setup: installing Node 24 and the packages (npm ci)' >&2; \
		npm ci --loglevel=error --no-audit --no-fund >&2 && \
		{ node_modules/.bin/node --version >/dev/null 2>&1 || $(install_node); } && \
		echo "$$want" >node_modules/.installed; \
	fi
	@$(node) xds/proto/generate.ts

# The package `node` fetches its executable in an install script, and npm can be set not to run those.
install_node = { echo 'setup: installing Node 24 (npm did not run its install script)' >&2; \
	(cd node_modules/node && node installArchSpecificPackage) >&2 && ln -sf ../node/bin/node node_modules/.bin/node; }

run: setup ## Serve examples/quickstart.yaml with a real Envoy and a sample backend
	@bin/gatehouse run -f examples/quickstart.yaml --sample-backend $(sample_backend)

# Each part in a process of its own: what the modules of a hundred test files take is given back only then.
test: setup ## Everything: format, lint, types and all tests, with a real Envoy, etcd and kube-apiserver
	@$(node) e2e/harness/assets/print-exports.ts >/dev/null
	@$(node) e2e/kind/assets/prepare.ts
	@$(tools) biome check
	@$(tools) tsc --project .
	@mkdir -p build && rm -f build/jest-*.json
	@status=0; for part in quick deep real kind; do \
		$(jest) --selectProjects $$part $$([ $$part = quick ] && echo --maxWorkers=100%) --json --outputFile=build/jest-$$part.json >/dev/null || status=1; \
	done; $(node) e2e/harness/print-totals.ts build/jest-quick.json build/jest-deep.json build/jest-real.json build/jest-kind.json && exit $$status

check: setup ## What to run on every save: format, lint, types, quick tests
	@$(MAKE) --no-print-directory --jobs=3 check-style check-types check-tests

check-style:
	@$(tools) biome check
check-types:
	@$(tools) tsc --project .
check-tests:
	@$(jest) --selectProjects quick --maxWorkers=100%

golden: setup ## Rewrite the expectations in the golden cases; look at the diff before you commit it
	@UPDATE_GOLDEN=1 $(jest) golden.test.ts --selectProjects quick

feature: setup ## Start a feature: make feature NAME=... OWNER=...
	@if [ -z "$(NAME)" ] || [ -z "$(OWNER)" ]; then echo 'usage: make feature NAME=request-mirror OWNER=HTTPRoute' >&2; exit 2; fi
	@$(node) translators/testing/make-feature.ts '$(NAME)' '$(OWNER)'

docs: setup ## Write docs/features/ anew from the features, their fields and their cases
	@$(node) translators/testing/write-feature-pages.ts

crds: setup ## Print the CRDs as one YAML stream
	@bin/gatehouse crds

protos: setup ## Dump the Envoy API anew from its Go module (needs Go), then generate it
	@xds/proto/dump/dump.sh
	@$(node) xds/proto/generate.ts

assets: setup ## Get Envoy, etcd and kube-apiserver; prints shell lines that name them
	@$(node) e2e/harness/assets/print-exports.ts

images: setup ## Put the images of the operator, Envoy and the echo backend into archives, for machines that cannot pull
	@$(node) e2e/images/make-images.ts

charts: setup ## Write the CRDs into their chart, lint both charts, pack them into build/charts/ (Helm is built where there is none)
	@$(node) e2e/charts/make-charts.ts

kind: setup ## A cluster on this machine with Gatehouse and examples/kubernetes/quickstart.yaml
	@$(node) e2e/kind/make/make-kind.ts up

kind-down: setup ## Remove the cluster of `make kind`
	@$(node) e2e/kind/make/make-kind.ts down

conformance: setup ## The Gateway API's official suite, on a cluster of its own. TEST=HTTPRouteCORS: one test; MODE=GatewayNamespace: proxies with their Gateways; KEEP=1: the cluster stays for the next run
	@KIND_CLUSTER_NAME=$(conformance_cluster) TEST='$(TEST)' MODE='$(MODE)' GAPS='$(GAPS)' KEEP='$(KEEP)' $(node) e2e/conformance/make-conformance.ts

conformance-down: setup ## Remove the cluster that `make conformance KEEP=1` left
	@KIND_CLUSTER_NAME=$(conformance_cluster) $(node) e2e/conformance/make-conformance.ts down

bench: setup ## Measure cold start and single changes of the translation; writes build/bench/
	@$(node) e2e/bench/translation.ts

bench-propagation: setup ## Measure a change from the API server to Envoy's answer; writes build/bench/
	@$(node) e2e/bench/propagation.ts
