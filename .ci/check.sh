#!/usr/bin/env bash
# Runs the checks one after the other, all of them even when one fails, pytest last.
#   .ci/check.sh full     everything but the long proofs
#   .ci/check.sh quick    what answers within two minutes
set -uo pipefail
cd "$(dirname "$0")/.."
use=${1:?full or quick}
bin=.venv/bin
failed=()
mkdir -p build

step() { # name, command
  local name=$1 began=$SECONDS
  shift
  printf '== %s\n' "$name"
  "$@" || failed+=("$name")
  printf '   %s took %d s\n' "$name" $((SECONDS - began))
}

step format "$bin/ruff" format --check --quiet .
step lint "$bin/ruff" check --quiet .
step imports "$bin/lint-imports" --no-logo --cache-dir build/imports
step types "$bin/mypy"
step build .ci/web.sh build
step voice .ci/voice.sh
[ "$use" = full ] && step web .ci/web.sh check

if [ "$use" = full ]; then
  marks='not proof'
else
  marks='not slow and not browser and not proof'
fi
# pytest speaks last; conftest repeats the names of the steps that failed just above its closing line.
export STEPS_FAILED="${failed[*]}"
printf '== tests\n'
"$bin/python" -m pytest -q -n 2 -m "$marks" --durations=8 2>&1 | tee build/pytest.log
status=${PIPESTATUS[0]}
[ ${#failed[@]} -eq 0 ] && exit "$status"
exit 1
