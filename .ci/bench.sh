#!/usr/bin/env bash
# Puts what benchmarks alone compare us with into build/bench; nothing of it is imported by the product or its tests.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(sha256sum .ci/requirements-bench.txt | cut -d ' ' -f 1)
[ "$(cat build/bench/.locked 2>/dev/null || true)" != "$wanted" ] || exit 0
echo "bench: installing the packages of .ci/requirements-bench.txt (each checked by its hash)"
rm -rf build/bench
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
  --target build/bench -r .ci/requirements-bench.txt
echo "$wanted" >build/bench/.locked
