#!/bin/sh
# Makes the project's own virtual environment from requirements.lock. Usage: setup.sh VENV
set -eu
cd "$(dirname "$0")/.."
venv=$1
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    echo "Python 3.11, 3.12 or 3.13 is needed; '$python' is not one of them." >&2
    echo "Install it (Debian, Raspberry Pi OS):  sudo apt-get install python3 python3-venv" >&2
    echo "or name another:                       make PYTHON=python3.12 test" >&2
    exit 1
fi
if ! "$python" -m venv "$venv" 2>/dev/null; then
    echo "The venv module is missing. Install it:  sudo apt-get install python3-venv" >&2
    exit 1
fi
echo "installing the pinned dependencies into $venv ..."
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
