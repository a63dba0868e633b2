#!/usr/bin/env bash
# Installs the packages of tests/npm (published descriptions our requests are held against);
# does nothing while its lock stands still.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
wanted=$(cat tests/npm/package.json tests/npm/package-lock.json tests/npm/.npmrc | sha256sum | cut -d ' ' -f 1)
if [ -d tests/npm/node_modules ] && [ "$(cat build/npm-tests 2>/dev/null)" = "$wanted" ]; then exit 0; fi

. .ci/node.sh
echo "npm-tests: installing the packages of tests/npm/package-lock.json"
rm -f build/npm-tests
(cd tests/npm && npm ci --silent)
echo "$wanted" >build/npm-tests
