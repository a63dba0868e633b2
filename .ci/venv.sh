#!/usr/bin/env bash
# Puts the locked packages and the project itself into .venv; does nothing while lock and project stand still.
#   .ci/venv.sh runtime    what running the product needs
#   .ci/venv.sh dev        that and the tools of the tests
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:?runtime or dev} in
  runtime) lock=.ci/requirements.txt ;;
  dev) lock=.ci/requirements-dev.txt ;;
  *) echo "venv: $1 is neither runtime nor dev" >&2; exit 2 ;;
esac

digest() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
is() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# The marks lie inside .venv, so that a removed environment takes them along.
wanted=$(digest "$lock")
everything=$(digest .ci/requirements-dev.txt)
project=$(digest pyproject.toml)

if [ ! -x .venv/bin/python ]; then
  echo "venv: creating .venv with $(${PYTHON:-python3} --version)"
  "${PYTHON:-python3}" -m venv .venv
fi
# The lock for tests holds every package of the lock for running.
if ! is .venv/.locked "$wanted" && ! is .venv/.locked "$everything"; then
  echo "venv: installing the packages of $lock (each checked by its hash)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
  echo "$wanted" >.venv/.locked
  rm -f .venv/.project
fi
if ! is .venv/.project "$project"; then
  echo "venv: installing the project itself, editable"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation --editable .
  echo "$project" >.venv/.project
fi
