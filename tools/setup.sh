#!/bin/sh
# Fills the virtual environment for `make setup`. It may be interrupted and repeated at any point.
# From the environment: PYTHON, VENV and, optionally, TORCH_INDEX (the index torch is taken from).
set -eu
cd "$(dirname "$0")/.."

pip() { "$VENV/bin/python" -m pip --disable-pip-version-check -qq "$@"; }

# pip writes INSTALLER when a package is complete and renames to ~ what it is about to replace.
drop_half_installed() {
    for package in "$VENV"/lib/python3*/site-packages/*.dist-info; do
        [ ! -d "$package" ] || [ -e "$package/INSTALLER" ] || rm -rf "$package"
    done
    rm -rf "$VENV"/lib/python3*/site-packages/~*
}

# Hundreds of megabytes: on a terminal pip shows how far it is.
install_torch() {
    if [ "$TORCH_INDEX" != "$(cat "$VENV/.torch-index" 2>/dev/null)" ]; then
        pip uninstall --yes torch
        printf '%s\n' "$TORCH_INDEX" >"$VENV/.torch-index"
    fi
    set -- install "torch==$(sed -n 's/^torch==//p' constraints.txt)"
    [ -z "$TORCH_INDEX" ] || set -- "$@" --index-url "$TORCH_INDEX"
    if [ -t 1 ]; then
        "$VENV/bin/python" -m pip --disable-pip-version-check "$@"
    else
        pip "$@"
    fi
}

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11) and 1)' || {
    echo "LIIF Viewer needs Python 3.11 or newer and $PYTHON is not: try make PYTHON=python3.12" >&2
    exit 1
}
echo "Setting up $VENV, once: torch first (hundreds of megabytes) …"
"$PYTHON" -m venv "$VENV"
drop_half_installed
install_torch
echo "… then everything else …"
pip install --constraint constraints.txt setuptools
pip install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
sh tools/system_libraries.sh
