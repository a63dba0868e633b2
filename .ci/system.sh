#!/usr/bin/env bash
# Installs, by apt, only those system packages that the named use needs and the machine lacks.
#   .ci/system.sh demo    Python's venv module, and the voice that speaks the clips
#   .ci/system.sh test    that, Chromium, a PostgreSQL server, strace, LibreOffice Calc and Chinese type
set -euo pipefail
cd "$(dirname "$0")/.."

use=${1:?demo or test}
python=${PYTHON:-python3}
missing=()

need() { # package, what it is for, a command that succeeds when it is there
  local package=$1 purpose=$2
  shift 2
  if ! "$@" >/dev/null 2>&1; then
    missing+=("$package")
    echo "system: $package is missing ($purpose)"
  fi
}

has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_postgres() { command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb'; }
has_chinese() { [ -n "$(fc-list :lang=zh family)" ]; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "system: Python 3.11 or later is needed; name one with make PYTHON=python3.x" >&2
  exit 1
}
need python3-venv "a Python environment of our own" "$python" -c 'import venv, ensurepip'
need espeak-ng "spoken words beside the tones" command -v espeak-ng
if [ "$use" = test ]; then
  need chromium "tests of the till and the pages" has_browser
  need postgresql "tests on the second database engine" has_postgres
  need strace "faults in single write and sync calls" command -v strace
  need libreoffice-calc-nogui "forms opened as people open them" command -v soffice
  need fonts-noto-cjk "Chinese type in screenshots" has_chinese
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "system: this machine has no apt-get; please install: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "system: please run as root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

case " ${missing[*]} " in *" postgresql "*)
  # Tests start servers of their own; without this line apt would create and start one for the machine.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' |
      "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  ;;
esac

mkdir -p build
log=build/system.log
echo "system: installing ${missing[*]} (apt's own words go to $log)"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0
  -o Dpkg::Options::=--force-confold)
if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } \
  >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  echo "system: apt could not install ${missing[*]}" >&2
  exit 1
fi
