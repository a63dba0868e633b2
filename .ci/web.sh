#!/usr/bin/env bash
# Builds, or checks, the web app in kiosk/web; does nothing while its sources stand still.
#   .ci/web.sh build    fills kiosk/static/app, kiosk/static/auditor and kiosk/static/vendor
#   .ci/web.sh check    type check and tests, where the app has them
set -euo pipefail
cd "$(dirname "$0")/.."
use=${1:?build or check}

if [ ! -f kiosk/web/package.json ]; then
  echo "web: kiosk/web is not there, so there is nothing to $use"
  exit 0
fi

mkdir -p build
digest() { sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1; }
is() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

packages=$(printf '%s\0' kiosk/web/package.json kiosk/web/package-lock.json kiosk/web/.npmrc | digest)
# The catalogues are sources too: the till's sentences come from them.
sources=$(find kiosk/web kiosk/locale kiosk/texts.py \
  \( -name node_modules -o -name generated -o -name .vite \) -prune -o \
  -type f ! -name '*.mo' -print0 2>/dev/null | digest)

if [ "$use" = build ] && is build/web-built "$sources" && [ -d kiosk/static/app ] && [ -f kiosk/static/auditor/auditor.html ]; then exit 0; fi
if [ "$use" = check ] && is build/web-checked "$sources"; then
  echo "web: nothing changed since the last good check"
  exit 0
fi

. .ci/node.sh
if ! is build/web-packages "$packages" || [ ! -d kiosk/web/node_modules ]; then
  echo "web: installing the packages of kiosk/web/package-lock.json"
  rm -f build/web-packages
  (cd kiosk/web && npm ci --silent)
  echo "$packages" >build/web-packages
fi

if [ "$use" = build ]; then
  echo "web: building kiosk/static/app and kiosk/static/auditor"
  (cd kiosk/web && npm run --silent build)
  echo "$sources" >build/web-built
else
  (cd kiosk/web && npm run --silent --if-present check && npm run --silent --if-present test)
  echo "$sources" >build/web-checked
fi
