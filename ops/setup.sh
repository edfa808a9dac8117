#!/bin/sh
# Makes .venv from the hashed lock file named in $1 (requirements.txt or requirements-dev.txt); does nothing when it is up to date.
set -eu
cd "$(dirname "$0")/.."
lock=${1:?usage: ops/setup.sh LOCKFILE}
stamp=.venv/.made-from-$lock
if [ -x .venv/bin/python ] && cmp -s "$lock" "$stamp"; then exit 0; fi

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
if ! [ -x .venv/bin/python ]; then
    python=
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null && supported "$name"; then python=$name; break; fi
    done
    if [ -z "$python" ]; then
        echo "setup: no Python found under the names ${PYTHON:-python3 python3.13 python3.12 python3.11}; wanted 3.11, 3.12 or 3.13." >&2
        echo "Install one, for example with: apt-get install python3 python3-venv" >&2
        exit 2
    fi
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "setup: $python has no venv module; installing python$version-venv" >&2
            apt-get update -qq && apt-get install -y -qq "python$version-venv" >&2
        else
            echo "setup: $python has no venv module. Run: sudo apt-get install python$version-venv" >&2
            exit 2
        fi
    fi
    echo "setup: making .venv with $("$python" --version)" >&2
    rm -rf .venv
    "$python" -m venv .venv
fi
unset PYTHONDONTWRITEBYTECODE
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-setup.txt
echo "setup: installing $lock" >&2
.venv/bin/uv pip install -q --python .venv/bin/python --compile-bytecode --no-deps --require-hashes -r "$lock"
cp "$lock" "$stamp"
